package replay

import (
	"encoding/base64"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestDiscardedIsReadAsWhatLambdaPuts: it is a batch of one record, whose event has what the function asks for.
func TestDiscardedIsReadAsWhatLambdaPuts(t *testing.T) {
	at := time.Date(2026, 1, 31, 10, 0, 0, 250_000_000, time.UTC)
	text, err := Discarded("shardId-000000000000", "42", "arn:aws:kinesis:eu-west-1:1:stream/s", []byte("{}"), at)
	require.NoError(t, err)
	batch, event, err := parse(text, "")
	require.NoError(t, err)
	assert.Equal(t, Batch{
		Condition: "RecordAgeExceeded", Shard: "shardId-000000000000", Records: 1, FirstArrival: at.Local(),
		LastArrival: at.Local(),
	}, batch)
	var read struct{ Records []kinesisRecord }
	require.NoError(t, json.Unmarshal(event, &read))
	require.Len(t, read.Records, 1)
	record := read.Records[0]
	assert.Equal(t, []string{"shardId-000000000000:42", "aws:kinesis", "arn:aws:kinesis:eu-west-1:1:stream/s", "42",
		base64.StdEncoding.EncodeToString([]byte("{}"))},
		[]string{record.EventID, record.Source, record.SourceARN, record.Kinesis.Sequence, record.Kinesis.Data})
}
