package report

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAColdStartThatNobodyMadeIsNoRecallOfZero(t *testing.T) {
	made := 0.25
	for want, run := range map[string]Recommendations{
		"nobody bought a product that was new": {},
		"of products that were new 0.250":      {ColdStartRecallAt20: &made},
	} {
		var runReport bytes.Buffer
		run.print(&runReport)
		require.Contains(t, runReport.String(), want)
	}
	text, err := json.Marshal(Recommendations{})
	require.NoError(t, err)
	require.Contains(t, string(text), `"coldStartRecallAt20":null`, "the key is there for who reads the report")
}
