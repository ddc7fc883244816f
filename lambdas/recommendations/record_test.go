package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
)

// TestTheRecordFitsItsContract: a run that passed, and one that came to nothing, are rows of features.model_runs.
func TestTheRecordFitsItsContract(t *testing.T) {
	set, err := contracts.LoadWithFeatures()
	require.NoError(t, err)
	contract, ok := set.Get("features.model_runs")
	require.True(t, ok)
	columns, required := map[string]bool{}, []string{}
	for _, column := range contract.Columns {
		columns[column.Name] = true
		if column.Required {
			required = append(required, column.Name)
		}
	}
	assert.Equal(t, contract.Prefix(), runsPrefix)
	for _, name := range figureNames {
		assert.True(t, columns[name], "no column %s", name)
	}
	b := newBench(t)
	nothing := State{
		Run: step[Run](t, b, "begin", State{}), Failure: Failure{Error: "States.TaskFailed", Cause: "no objects"},
	}
	refusedOne := nothing
	refusedOne.Training, refusedOne.Gate = Training{Model: "s3://m", Metrics: good()},
		Verdict{Reasons: []string{"too bad", "too few"}}
	for outcome, state := range map[string]State{failed: nothing, refused: refusedOne} {
		row := finish(t, b, state, outcome)
		for name := range row {
			assert.True(t, columns[name], "%s: %s is no column", outcome, name)
		}
		for _, name := range required {
			assert.NotEmpty(t, row[name], "%s: %s", outcome, name)
		}
		assert.Equal(t, outcome, row["status"])
	}
}
