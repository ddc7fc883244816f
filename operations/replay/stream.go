package replay

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// streamPayload is about how many bytes one invocation gets: Lambda takes 6 MB ("Lambda quotas").
const streamPayload = 4 << 20

// Kinesis is the part of its client that reading a stream again needs.
type Kinesis interface {
	ListShards(context.Context, *kinesis.ListShardsInput, ...func(*kinesis.Options)) (*kinesis.ListShardsOutput, error)
	GetShardIterator(
		context.Context, *kinesis.GetShardIteratorInput, ...func(*kinesis.Options),
	) (*kinesis.GetShardIteratorOutput, error)
	GetRecords(context.Context, *kinesis.GetRecordsInput, ...func(*kinesis.Options)) (*kinesis.GetRecordsOutput, error)
}

// Stream reads a stream again, for as long as it keeps its records, and gives the function those that raw has not: what
// the mapping gave up and could not even send to the on-failure destination. A second mapping would store every record
// once more, also those that an erasure has rewritten.
type Stream struct {
	*Quarantine
	Kinesis Kinesis
	// Dataset that the stream carries, Name of the stream.
	Dataset, Name string
	// Pause between two reads of a shard, which Kinesis lets be read five times a second.
	Pause time.Duration
}

// ShardRead is what a shard holds of the hours that were read again.
type ShardRead struct {
	Shard string `json:"shard"`
	// Records of the hours, and how many of them raw had not.
	Records int `json:"records"`
	Missing int `json:"missing"`
	// Oldest is the arrival of the first record that the shard still has.
	Oldest time.Time `json:"oldest,omitzero"`
}

// StreamRead is what reading a stream again came to.
type StreamRead struct {
	From   time.Time   `json:"from"`
	To     time.Time   `json:"to"`
	Shards []ShardRead `json:"shards"`
	// Stored is how many records the function has stored.
	Stored int `json:"stored"`
	// Hours of arrival of the missing records.
	Hours []Span `json:"-"`
}

// Missing is how many records raw had not.
func (r StreamRead) Missing() int {
	missing := 0
	for _, shard := range r.Shards {
		missing += shard.Missing
	}
	return missing
}

// Print writes a line a shard, and the sum.
func (r StreamRead) Print(w io.Writer) error {
	for _, shard := range r.Shards {
		fmt.Fprintf(w, "%s: %d records, %d not in raw\n", shard.Shard, shard.Records, shard.Missing)
		if shard.Oldest.Sub(r.From) > time.Hour {
			fmt.Fprintf(w, "%s: nothing before %s, which the stream does not keep or never had\n", shard.Shard,
				shard.Oldest.UTC().Format(time.RFC3339))
		}
	}
	_, err := fmt.Fprintf(w, "%s to %s: %d records not in raw, %d stored now\n", r.From.UTC().Format(time.RFC3339),
		r.To.UTC().Format(time.RFC3339), r.Missing(), r.Stored)
	return err
}

// Read reads the records that arrived in [from, to) and gives the function those that are missing, or, dry, only counts
// them. It can be repeated at any point.
func (s *Stream) Read(ctx context.Context, from, to time.Time, dry bool) (read StreamRead, err error) {
	read = StreamRead{From: from, To: to}
	known, err := s.stored(ctx, from, to)
	if err != nil {
		return read, err
	}
	hours := map[time.Time]bool{}
	defer func() { read.Hours = spans(hours) }()
	for ask := (&kinesis.ListShardsInput{StreamName: &s.Name}); ask != nil; {
		page, err := s.Kinesis.ListShards(ctx, ask)
		if err != nil {
			return read, fmt.Errorf("shards of %s: %w", s.Name, err)
		}
		for _, shard := range page.Shards {
			one := &shardReader{Stream: s, known: known, dry: dry, hours: hours}
			err := one.read(ctx, aws.ToString(shard.ShardId), from, to)
			read.Shards, read.Stored = append(read.Shards, one.ShardRead), read.Stored+one.stored
			if err != nil {
				return read, fmt.Errorf("%s of %s: %w", one.Shard, s.Name, err)
			}
		}
		ask = nil
		if page.NextToken != nil { // which names the stream, too
			ask = &kinesis.ListShardsInput{NextToken: page.NextToken}
		}
	}
	return read, nil
}

// place is an hour of arrivals of a shard.
type place struct {
	shard string
	hour  time.Time
}

// stored are the ranges of sequence numbers that raw has. An object holds all records of its range that arrived in its
// hour; an invocation over two hours writes one object into each, and either may be missing.
func (s *Stream) stored(ctx context.Context, from, to time.Time) (map[place][][2]string, error) {
	known := map[place][][2]string{}
	for hour := from.UTC().Truncate(time.Hour); hour.Before(to); hour = hour.Add(time.Hour) {
		found, err := s.objects(ctx, arrivedIn(s.Dataset, hour), Selection{})
		if err != nil {
			return nil, err
		}
		for _, o := range found {
			rest, last, ok := cutLast(o.id, "-")
			shard, first, more := cutLast(rest, "-")
			if !ok || !more {
				return nil, fmt.Errorf("the key %s does not say which records it holds", o.key)
			}
			at := place{shard, hour}
			known[at] = append(known[at], [2]string{first, last})
		}
	}
	return known, nil
}

// shardReader reads one shard.
type shardReader struct {
	*Stream
	ShardRead
	known  map[place][][2]string
	dry    bool
	hours  map[time.Time]bool
	stored int

	waiting []kinesisRecord // for an invocation
	size    int
}

func (s *shardReader) read(ctx context.Context, shard string, from, to time.Time) error {
	s.Shard = shard
	start, err := s.Kinesis.GetShardIterator(ctx, &kinesis.GetShardIteratorInput{
		StreamName: &s.Name, ShardId: &shard, ShardIteratorType: types.ShardIteratorTypeAtTimestamp, Timestamp: &from,
	})
	if err != nil {
		return err
	}
	for next := start.ShardIterator; next != nil; {
		page, err := s.Kinesis.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: next})
		if err != nil {
			return err
		}
		for _, record := range page.Records {
			if !aws.ToTime(record.ApproximateArrivalTimestamp).Before(to) {
				return s.flush(ctx)
			}
			if err := s.take(ctx, record); err != nil {
				return err
			}
		}
		if len(page.Records) == 0 && aws.ToInt64(page.MillisBehindLatest) == 0 {
			break
		}
		next = page.NextShardIterator // none at the end of a shard that was split or merged
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(s.Pause):
		}
	}
	return s.flush(ctx)
}

// take counts a record and keeps it for an invocation when raw has it not.
func (s *shardReader) take(ctx context.Context, record types.Record) error {
	arrival, sequence := aws.ToTime(record.ApproximateArrivalTimestamp).UTC(), aws.ToString(record.SequenceNumber)
	if s.Records == 0 {
		s.Oldest = arrival
	}
	s.Records++
	hour := arrival.Truncate(time.Hour)
	if slices.ContainsFunc(s.known[place{s.Shard, hour}], func(span [2]string) bool {
		return compareNumbers(span[0], sequence) <= 0 && compareNumbers(sequence, span[1]) <= 0
	}) {
		return nil
	}
	s.Missing++
	s.hours[hour] = true
	if s.dry {
		return nil
	}
	one := kinesisRecord{
		EventID: s.Shard + ":" + sequence, Source: "aws:kinesis", Name: "aws:kinesis:record", SourceARN: s.StreamARN,
	}
	one.Kinesis.PartitionKey, one.Kinesis.Sequence = aws.ToString(record.PartitionKey), sequence
	one.Kinesis.Data = base64.StdEncoding.EncodeToString(record.Data)
	one.Kinesis.Arrival = json.Number(fmt.Sprintf("%d.%03d", arrival.Unix(), arrival.Nanosecond()/1e6))
	size := len(one.Kinesis.Data) + len(one.Kinesis.PartitionKey) + 512
	if s.size+size > streamPayload {
		if err := s.flush(ctx); err != nil {
			return err
		}
	}
	s.waiting, s.size = append(s.waiting, one), s.size+size
	return nil
}

// flush gives the function the waiting records, and what it returns again, as the mapping does.
func (s *shardReader) flush(ctx context.Context) error {
	for len(s.waiting) > 0 {
		done, err := s.invokeOnce(ctx)
		if err != nil {
			return err
		}
		s.stored, s.waiting = s.stored+done, s.waiting[done:]
	}
	s.waiting, s.size = nil, 0
	return nil
}

// invokeOnce returns how many of the waiting records the function has stored.
func (s *shardReader) invokeOnce(ctx context.Context) (int, error) {
	event, err := json.Marshal(map[string]any{"Records": s.waiting})
	if err != nil {
		return 0, err
	}
	name := s.FunctionNames[s.Dataset]
	answer, err := s.Functions.Invoke(ctx, &lambda.InvokeInput{FunctionName: &name, Payload: event})
	if err != nil {
		return 0, err
	}
	if answer.FunctionError != nil {
		return 0, fmt.Errorf("function %s: %s: %s", name, *answer.FunctionError, answer.Payload)
	}
	var refused partialError
	switch err := stored(answer.Payload); {
	case err == nil:
		return len(s.waiting), nil
	case !errors.As(err, &refused):
		return 0, fmt.Errorf("function %s: %w", name, err)
	}
	done := slices.IndexFunc(s.waiting, func(r kinesisRecord) bool { return r.Kinesis.Sequence == refused.from })
	if done < 1 {
		return 0, fmt.Errorf("function %s: %w", name, refused)
	}
	return done, nil
}
