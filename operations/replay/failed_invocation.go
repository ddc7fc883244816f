package replay

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
)

// failedInvocation is what Lambda puts into a bucket that is a stream mapping's failure destination.
type failedInvocation struct {
	RequestContext struct {
		Condition string `json:"condition"`
	} `json:"requestContext"`
	Batch *struct {
		Shard   string `json:"shardId"`
		Records int    `json:"batchSize"`
	} `json:"KinesisBatchInfo"`
	// Payload is the event as text. Queues and topics get a record without it.
	Payload *string `json:"payload"`
}

// kinesisEvent is the part of the function's event that gives its records their identity.
type kinesisEvent struct {
	Records []struct {
		EventID string `json:"eventID"`
		// Source is the ARN of the stream.
		Source  string `json:"eventSourceARN"`
		Kinesis struct {
			// Arrival is in seconds since the epoch.
			Arrival float64 `json:"approximateArrivalTimestamp"`
		} `json:"kinesis"`
	} `json:"Records"`
}

// parse takes an invocation record apart into what it says and the event in it, byte for byte but for the stream, which
// becomes streamARN: the function takes events of its own stream only, and a batch may be of one that is gone.
func parse(text []byte, streamARN string) (Batch, []byte, error) {
	var record failedInvocation
	if err := json.Unmarshal(text, &record); err != nil {
		return Batch{}, nil, fmt.Errorf("is not an invocation record: %w", err)
	}
	if record.Batch == nil {
		return Batch{}, nil, errors.New("is not the invocation record of a stream: it has no KinesisBatchInfo")
	}
	if record.Payload == nil {
		return Batch{}, nil, errors.New("has no payload: only the position in the stream was kept")
	}
	var event kinesisEvent
	if err := json.Unmarshal([]byte(*record.Payload), &event); err != nil {
		return Batch{}, nil, fmt.Errorf("has a payload that is not an event: %w", err)
	}
	if len(event.Records) == 0 || len(event.Records) != record.Batch.Records {
		return Batch{}, nil,
			fmt.Errorf("says that it has %d records, its payload has %d", record.Batch.Records, len(event.Records))
	}
	batch := Batch{Condition: record.RequestContext.Condition, Shard: record.Batch.Shard, Records: len(event.Records)}
	payload := *record.Payload
	for i, one := range event.Records {
		if one.Source != "" && streamARN != "" && one.Source != streamARN {
			payload = strings.ReplaceAll(payload, `"`+one.Source+`"`, `"`+streamARN+`"`)
		}
		if shard, _, ok := strings.Cut(one.EventID, ":"); !ok || shard != record.Batch.Shard {
			return Batch{}, nil, fmt.Errorf("has a record %d with the id %q, which is not of shard %s", i, one.EventID,
				record.Batch.Shard)
		}
		at := time.UnixMilli(int64(math.Round(one.Kinesis.Arrival * 1000)))
		if i == 0 || at.Before(batch.FirstArrival) {
			batch.FirstArrival = at
		}
		if i == 0 || at.After(batch.LastArrival) {
			batch.LastArrival = at
		}
	}
	return batch, []byte(payload), nil
}

// Discarded is what Lambda would put into the on-failure destination of a batch of one record.
func Discarded(shard, sequence, streamARN string, data []byte, arrival time.Time) ([]byte, error) {
	record := kinesisRecord{
		EventID: shard + ":" + sequence, Source: "aws:kinesis", Name: "aws:kinesis:record", SourceARN: streamARN,
	}
	record.Kinesis.PartitionKey, record.Kinesis.Sequence = "replay", sequence
	record.Kinesis.Data = base64.StdEncoding.EncodeToString(data)
	record.Kinesis.Arrival = json.Number(fmt.Sprintf("%d.%03d", arrival.Unix(), arrival.Nanosecond()/1e6))
	event, err := json.Marshal(map[string]any{"Records": []any{record}})
	if err != nil {
		return nil, err
	}
	return json.Marshal(map[string]any{
		"requestContext":   map[string]any{"condition": "RecordAgeExceeded"},
		"KinesisBatchInfo": map[string]any{"shardId": shard, "batchSize": 1}, "payload": string(event),
	})
}
