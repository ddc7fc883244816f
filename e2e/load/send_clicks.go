package load

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// A PutRecords request takes at most 500 records and 10 MiB (Kinesis Data Streams API reference), of which half is
// used.
const (
	putRecords = 500
	putBytes   = 5 << 20
)

// putAttempts bounds how often records that the stream refused are put again.
const putAttempts = 20

// StreamPutter is the part of the Kinesis client that sending needs.
type StreamPutter interface {
	PutRecords(context.Context, *kinesis.PutRecordsInput, ...func(*kinesis.Options)) (*kinesis.PutRecordsOutput, error)
}

// ClickSender puts records to a stream and books them.
type ClickSender struct {
	Client StreamPutter
	Stream string
	Ledger *Ledger
	// OnSent is called with the entries of every accepted request; nil for nobody.
	OnSent func([]Click)

	partition int
}

// Generated sends all of a generator's events at rate events a second; rate 0 sends as fast as the stream takes them.
func (s *ClickSender) Generated(ctx context.Context, g *Generator, rate int) error {
	start, total := time.Now(), g.Remaining()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for g.Remaining() > 0 {
		due := putRecords
		if rate > 0 {
			due = int(time.Since(start).Seconds()*float64(rate)) - (total - g.Remaining())
		}
		if due > 0 {
			if err := s.Put(ctx, g.Take(due, time.Now())); err != nil {
				return err
			}
		}
		if rate > 0 {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-tick.C:
			}
		}
	}
	return nil
}

// Put sends records, those that the stream throttles again until they are in.
func (s *ClickSender) Put(ctx context.Context, records []Record) error {
	for len(records) > 0 {
		n, size := 0, 0
		for n < len(records) && n < putRecords && size+len(records[n].Data) <= putBytes {
			size += len(records[n].Data)
			n++
		}
		if n == 0 {
			return fmt.Errorf("put to stream %s: a record of %d bytes is over the request limit of %d", s.Stream,
				len(records[0].Data), putBytes)
		}
		if err := s.put(ctx, records[:n]); err != nil {
			return fmt.Errorf("put to stream %s: %w", s.Stream, err)
		}
		records = records[n:]
	}
	return nil
}

func (s *ClickSender) put(ctx context.Context, records []Record) error {
	for attempt := 1; ; attempt++ {
		sentAt := time.Now()
		entries := make([]types.PutRecordsRequestEntry, len(records))
		for i, record := range records {
			s.partition++
			entries[i] = types.PutRecordsRequestEntry{
				Data: record.Data, PartitionKey: aws.String(strconv.Itoa(s.partition)),
			}
		}
		out, err := s.Client.PutRecords(ctx, &kinesis.PutRecordsInput{StreamName: &s.Stream, Records: entries})
		if err != nil {
			return err
		}
		var refused []Record
		var sent []Click
		for i, result := range out.Records {
			if result.ErrorCode != nil {
				refused = append(refused, records[i])
				continue
			}
			for ordinal, id := range records[i].EventIDs {
				sent = append(sent, Click{
					Identity: fmt.Sprintf("%s:%s:%d", aws.ToString(result.ShardId), aws.ToString(result.SequenceNumber),
						ordinal),
					EventID: id, SentAt: sentAt,
				})
			}
		}
		s.Ledger.Clicks = append(s.Ledger.Clicks, sent...)
		if s.OnSent != nil {
			s.OnSent(sent)
		}
		if len(refused) == 0 {
			return nil
		}
		if attempt == putAttempts {
			return fmt.Errorf("%d records were refused %d times", len(refused), putAttempts)
		}
		records = refused
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Duration(attempt) * 50 * time.Millisecond):
		}
	}
}
