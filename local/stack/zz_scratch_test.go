//go:build scratch

package stack

import (
	"os"
	"testing"
	"path/filepath"
	"encoding/json"

	"dataplatform/platform"
	"github.com/stretchr/testify/require"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func TestScratch(t *testing.T) {
	t.Chdir("/work/main"); var prog pulumi.RunFunc = platform.Deploy
	o, err := Prepare(t.Context(), "/work/main", filepath.Join(t.TempDir(), "s"), prog, os.Stderr)
	require.NoError(t, err)
	p, err := Start(t.Context(), o)
	require.NoError(t, err)
	defer func() {
		b, _ := os.ReadFile(p.EmulatorLog()); os.WriteFile("/tmp/f/emulator.log", b, 0o644)
		require.NoError(t, p.Close()); t.Log("after", descendants(os.Getpid())) }()
	show := func(op Operation, err error) {
		b, _ := json.MarshalIndent(op, "", " ")
		t.Log(string(b))
		if err != nil { t.Fatal(err) }
	}
	op, err := p.Up(t.Context())
	op.Changes = nil
	show(op, err)
	if os.Getenv("UPONLY") == "" {
	op, err = p.UpAgain(t.Context())
	show(op, err)
	}
	op, err = p.Destroy(t.Context())
	op.Changes = nil
	show(op, err)
	left, err := p.Left(t.Context())
	t.Log(left, err, p.PeakMemory()/1e6)
}
