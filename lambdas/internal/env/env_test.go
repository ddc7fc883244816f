package env

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestReader(t *testing.T) {
	t.Setenv("A_BUCKET", "b")
	t.Setenv("A_SIZE", "1024")
	t.Setenv("A_LIMIT", "72h")
	var vars Reader
	assert.Equal(t, "b", vars.String("A_BUCKET"))
	assert.EqualValues(t, 1024, vars.Bytes("A_SIZE"))
	t.Setenv("A_SIDE", "256")
	assert.EqualValues(t, 256, vars.Number("A_SIDE"))
	assert.Equal(t, 72*time.Hour, vars.Duration("A_LIMIT"))
	require.NoError(t, vars.Err())
}

func TestReaderReportsEveryMistake(t *testing.T) {
	t.Setenv("A_BUCKET", "")
	t.Setenv("A_SIZE", "1k")
	t.Setenv("B_SIZE", "0")
	t.Setenv("A_LIMIT", "3 days")
	var vars Reader
	vars.String("A_BUCKET")
	vars.Bytes("A_SIZE")
	vars.Bytes("B_SIZE")
	t.Setenv("A_SIDE", "-1")
	vars.Number("A_SIDE")
	vars.Duration("A_LIMIT")
	vars.Duration("B_LIMIT")
	require.EqualError(t, vars.Err(), `A_BUCKET is not set
A_SIZE: "1k" is not a positive number of bytes
B_SIZE: "0" is not a positive number of bytes
A_SIDE: "-1" is not a positive number
A_LIMIT: "3 days" is not a positive duration
B_LIMIT is not set`)
}
