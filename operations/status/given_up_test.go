package status

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// The alarm on a batch that was given up is over when no other comes; the batch waits all the same.
func TestBatchesThatWereGivenUpWait(t *testing.T) {
	s := read(t, func(w *world) {
		for key, text := range map[string]string{"a": "", "b": "replayed", "c": ""} {
			w.objects["discarded/aws/lambda/uuid/shard/"+key] = object{now, text}
		}
	})
	assert.Equal(t, 2, s.pipelineOf("clicks").GivenUp)
	assert.Contains(t, printed(t, s),
		"2 batches of clicks were given up and wait; when the cause is gone: dataplatform replay\n")
}
