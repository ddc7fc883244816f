// Package everywhere looks for a customer in every version of every object, whatever it is packed in.
package everywhere

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
)

// holds is run by the emulator's Python; it knows nothing of how an erasure finds a customer.
//
//go:embed holds.py
var holds string

// Found are the versions that hold a customer, each bucket/key, of so many that were looked at.
type Found struct {
	Looked int      `json:"looked"`
	Found  []string `json:"found"`
}

// Look looks for the number of a customer, and for texts, in all buckets of an endpoint. What it complains of goes to
// log.
func Look(ctx context.Context, python, endpoint string, log io.Writer, number string, texts ...string) (Found, error) {
	command := exec.CommandContext(ctx, python, append([]string{"-c", holds, endpoint, number}, texts...)...)
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, log
	if err := command.Run(); err != nil {
		return Found{}, fmt.Errorf("looking everywhere: %w", err)
	}
	var found Found
	return found, json.Unmarshal(out.Bytes(), &found)
}
