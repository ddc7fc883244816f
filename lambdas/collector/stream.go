package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// What a request to Kinesis holds, keys counted (Amazon Kinesis Data Streams API Reference, PutRecords): of its 10 MiB
// this takes half, which all versions of the quota admit.
const (
	maxRecordBytes  = 1 << 20
	maxCallBytes    = 5 << 20
	maxCallRecords  = 500
	tries           = 6
	firstPause      = 50 * time.Millisecond
	putTime         = 6 * time.Second // below the function's own limit, so that the sender gets an answer
	partitionLength = 32
)

var errThrottled = errors.New("the stream is throttled")

// line is an event as it is put, beside others of its visitor.
type line struct {
	key  string
	text []byte
}

// lineOf writes an event. Events of one visitor have one key.
func lineOf(visitor string, event any) line {
	written, err := json.Marshal(event)
	if err != nil { // of values that came from JSON none is
		written = []byte("null")
	}
	if visitor == "" {
		return line{hashed(string(written))[:partitionLength], written}
	}
	return line{hashed(visitor)[:partitionLength], written}
}

// record is one of the stream's.
type record struct {
	key  string
	data []byte
}

func (r record) size() int { return len(r.key) + len(r.data) }

// recordsOf puts the events of each visitor into one record, in their order, or into several where one has no room:
// a record is taken whole or not at all, so that what is repeated overtakes nothing. An event that has no room alone is
// packed, and quarantined by who reads the stream; where that is not enough, only its beginning is: cut counts these.
func recordsOf(lines []line) (records []record, cut int) {
	open := map[string]int{}
	for _, line := range lines {
		if len(line.key)+len(line.text) > maxRecordBytes {
			packed, whole := pack(line)
			if !whole {
				cut++
			}
			delete(open, line.key)
			records = append(records, packed)
			continue
		}
		at, isOpen := open[line.key]
		if !isOpen || records[at].size()+1+len(line.text) > maxRecordBytes {
			open[line.key] = len(records)
			records = append(records, record{line.key, line.text})
			continue
		}
		records[at].data = append(append(records[at].data, '\n'), line.text...)
	}
	return records, cut
}

func pack(l line) (packed record, whole bool) {
	var buffer bytes.Buffer
	writer := gzip.NewWriter(&buffer)
	_, err := writer.Write(l.text)
	if err = errors.Join(err, writer.Close()); err == nil && len(l.key)+buffer.Len() <= maxRecordBytes {
		return record{l.key, buffer.Bytes()}, true
	}
	return record{l.key, l.text[:maxRecordBytes/2]}, false
}

// Putter is the part of Kinesis that this needs.
type Putter interface {
	PutRecords(context.Context, *kinesis.PutRecordsInput, ...func(*kinesis.Options)) (*kinesis.PutRecordsOutput, error)
}

// Stream takes records.
type Stream struct {
	Client Putter
	ARN    string
}

// Put puts records, those of one key one after the other, and repeats what is refused. It counts the repeats, and
// returns an error when the stream has not taken everything.
func (s Stream) Put(ctx context.Context, pending []record) (repeated int, err error) {
	ctx, cancel := context.WithTimeout(ctx, putTime)
	defer cancel()
	pause := firstPause
	for try := 1; len(pending) > 0; {
		taken, later := next(pending)
		refused, err := s.put(ctx, taken)
		pending = append(refused, later...)
		if err == nil {
			continue
		}
		repeated += len(refused)
		if try++; try > tries {
			return repeated, err
		}
		select {
		case <-ctx.Done():
			return repeated, err
		case <-time.After(pause/2 + rand.N(pause)):
		}
		pause *= 2
	}
	return repeated, nil
}

// next are the records of one call, the first of each key, and those of later ones.
func next(pending []record) (taken, later []record) {
	keys, size := map[string]bool{}, 0
	for _, record := range pending {
		if keys[record.key] || len(taken) == maxCallRecords || size+record.size() > maxCallBytes {
			keys[record.key] = true // nothing of the key overtakes it
			later = append(later, record)
			continue
		}
		keys[record.key] = true
		size += record.size()
		taken = append(taken, record)
	}
	return taken, later
}

// put makes one call and returns the records that it did not take, and why.
func (s Stream) put(ctx context.Context, records []record) (refused []record, err error) {
	entries := make([]types.PutRecordsRequestEntry, 0, len(records))
	for _, record := range records {
		entries = append(entries, types.PutRecordsRequestEntry{PartitionKey: aws.String(record.key), Data: record.data})
	}
	out, err := s.Client.PutRecords(ctx, &kinesis.PutRecordsInput{StreamARN: aws.String(s.ARN), Records: entries})
	var throttled *types.ProvisionedThroughputExceededException
	switch {
	case errors.As(err, &throttled):
		return records, fmt.Errorf("%w: %w", errThrottled, err)
	case err != nil:
		return records, err
	case len(out.Records) != len(records):
		return records, fmt.Errorf("%d records put, %d answered", len(records), len(out.Records))
	}
	for i, answer := range out.Records {
		code := aws.ToString(answer.ErrorCode)
		if code == "" {
			continue
		}
		refused = append(refused, records[i])
		if err = fmt.Errorf("%s: %s", code, aws.ToString(answer.ErrorMessage)); code == throttled.ErrorCode() {
			err = errThrottled
		}
	}
	return refused, err
}
