package main

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/lambdas/clicks/internal/sample"
)

// A record of another stream has sequence numbers of its own: they would be taken for identities of this one's.
func TestInvokeRejectsEventsOfOtherStreams(t *testing.T) {
	f := newFixture(t)
	own := sample.Payload(shardName, 1, arrival, good, good)
	for _, payload := range [][]byte{
		bytes.ReplaceAll(own, []byte(stream), []byte(stream+"-2")),
		bytes.Replace(own, []byte(stream), []byte(strings.Replace(stream, "123456789012", "210987654321", 1)), 1),
		bytes.ReplaceAll(own, []byte(`"eventSourceARN":"`+stream+`"`), []byte(`"awsRegion":"eu-west-1"`)),
	} {
		_, err := f.handler.Invoke(context.Background(), payload)
		require.ErrorContains(t, err, "events of the stream "+stream+" alone are taken")
	}
	assert.Empty(t, f.store.objects)
	assert.Empty(t, f.invoke(t, own))
}
