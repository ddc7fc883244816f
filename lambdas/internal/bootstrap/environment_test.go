package bootstrap

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEnvironment(t *testing.T) {
	t.Setenv("A_BUCKET", "b")
	t.Setenv("A_SIZE", "1024")
	t.Setenv("A_LIMIT", "72h")
	var vars Environment
	assert.Equal(t, "b", vars.String("A_BUCKET"))
	assert.EqualValues(t, 1024, vars.Bytes("A_SIZE"))
	t.Setenv("A_SIDE", "256")
	assert.EqualValues(t, 256, vars.Number("A_SIDE"))
	assert.Equal(t, 72*time.Hour, vars.Duration("A_LIMIT"))
	var parsed string
	vars.Parse("A_BUCKET", func(text string) error { parsed = text; return nil })
	assert.Equal(t, "b", parsed)
	require.NoError(t, vars.Err())
}

func TestEnvironmentReportsEveryMistake(t *testing.T) {
	t.Setenv("A_BUCKET", "")
	t.Setenv("A_SIZE", "1k")
	t.Setenv("B_SIZE", "0")
	t.Setenv("A_LIMIT", "3 days")
	var vars Environment
	vars.String("A_BUCKET")
	vars.Bytes("A_SIZE")
	vars.Bytes("B_SIZE")
	t.Setenv("A_SIDE", "-1")
	vars.Number("A_SIDE")
	vars.Duration("A_LIMIT")
	vars.Duration("B_LIMIT")
	vars.Parse("A_SIDE", func(string) error { return errors.New("no colour") })
	vars.Parse("A_BUCKET", func(string) error { return errors.New("not reached") })
	require.EqualError(t, vars.Err(), `A_BUCKET is not set
A_SIZE: "1k" is not a positive number of bytes
B_SIZE: "0" is not a positive number of bytes
A_SIDE: "-1" is not a positive number
A_LIMIT: "3 days" is not a positive duration
B_LIMIT is not set
A_SIDE: no colour
A_BUCKET is not set`)
}
