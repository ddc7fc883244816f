package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"dataplatform/lambdas/clicks/internal/batch"
	"dataplatform/lambdas/internal/emf"
	"dataplatform/lambdas/internal/store"
)

// parallelPuts bounds how many objects of a batch are written at once.
const parallelPuts = 8

// Putter stores one object.
type Putter interface {
	Put(ctx context.Context, object store.Object) (version string, err error)
}

// Marker notes that raw got something of an hour of arrivals, so that a run takes the hour, also one that had its run
// already.
type Marker interface {
	Mark(ctx context.Context, hour time.Time, by string) error
}

// Handler stores the events of Kinesis records. It implements lambda.Handler to get the payload's bytes undecoded.
type Handler struct {
	Processor       *batch.Processor
	Store           Putter
	Hours           Marker
	StreamARN       string // whose events are taken
	RawBucket       string
	ProcessedBucket string
	Metrics         emf.Writer
	Logger          *slog.Logger
	Now             func() time.Time

	mu sync.Mutex // the processor keeps memory between invocations
}

// response names the record from which Lambda continues; what precedes it counts as done. See "Reporting batch item
// failures for Lambda functions with Kinesis" in the AWS Lambda developer guide.
type response struct {
	Failures []failure `json:"batchItemFailures"`
}

type failure struct {
	Sequence string `json:"itemIdentifier"`
}

// Invoke stores the records of one invocation. Quarantine and processed rows are written before raw rows, so that a raw
// row implies that its other row exists, and the marks of the hours after them: a run between the two has the rows and
// is repeated for nothing, one between a mark and its rows would take the mark for done. When an object cannot be
// written, raw gets the records before the first one concerned and Lambda goes on from there; the others may by then
// have rows under this batch's key, which carry the same identity as those of the retry.
func (h *Handler) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	logger := h.Logger
	requestID := ""
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		requestID = lc.AwsRequestID
		logger = logger.With("requestId", requestID)
	}
	shards, err := h.open(payload)
	if err != nil {
		logger.Error("the event cannot be read", "error", err)
		return nil, err
	}
	answer := response{Failures: []failure{}}
	var total summary
	for _, shard := range shards {
		done, err := h.storeShard(ctx, logger, requestID, shard, &total)
		if err != nil {
			logger.Error("the batch cannot be built", "error", err)
			return nil, err
		}
		if done < shard.Records() {
			answer.Failures = append(answer.Failures, failure{shard.Sequence(done)})
		}
	}
	if err := h.report(requestID, &total); err != nil {
		logger.Error("metrics cannot be written", "error", err)
	}
	return json.Marshal(answer)
}

// open reads an event and refuses one of another stream, before anything of it is stored: its sequence numbers would be
// identities here, too.
func (h *Handler) open(payload []byte) ([]batch.Shard, error) {
	shards, err := h.Processor.Open(payload)
	if err != nil {
		return nil, err
	}
	for _, shard := range shards {
		if other, ok := shard.From(h.StreamARN); !ok {
			return nil, fmt.Errorf("a record is of %q: events of the stream %s alone are taken", other, h.StreamARN)
		}
	}
	return shards, nil
}

// storeShard returns how many of the shard's records are stored completely, with their hours marked.
func (h *Handler) storeShard(
	ctx context.Context, logger *slog.Logger, requestID string, shard batch.Shard, total *summary,
) (int, error) {
	built, err := h.Processor.Build(shard, shard.Records())
	if err != nil {
		return 0, err
	}
	done := built.Records
	if done < shard.Records() {
		logger.Warn("the batch expands to too much at once; the rest is returned to the stream",
			"records", shard.Records(), "taken", done)
	}
	failed := h.putAll(ctx, logger, built, done)
	if failed == done {
		failed = h.putRaw(ctx, logger, built.Raw, done)
	} else if failed > 0 {
		// Everything else about the records before the failed one is stored: raw may have them.
		if built, err = h.Processor.Build(shard, failed); err != nil {
			return 0, err
		}
		failed = h.putRaw(ctx, logger, built.Raw, failed)
	}
	if failed > 0 && !h.mark(ctx, logger, requestID, built.Raw, failed) {
		failed = 0
	}
	if failed < done {
		total.returned += shard.Records() - failed
		logger.Warn("records are returned to the stream", "sequenceNumber", shard.Sequence(failed),
			"records", shard.Records(), "stored", failed)
		if built, err = h.Processor.Build(shard, failed); err != nil { // for what is counted
			return 0, err
		}
	}
	for _, raised := range built.Counts.Panics {
		logger.Error("a record is quarantined, for the code fails on it", "error", raised)
	}
	total.add(built, h.Now())
	return failed, nil
}

// putAll writes the quarantine and processed objects and returns the lowest record with a row in one that failed, else
// done.
func (h *Handler) putAll(ctx context.Context, logger *slog.Logger, built *batch.Batch, done int) int {
	var objects []store.Object
	var first []int
	for _, object := range built.Quarantine {
		objects, first = append(objects, h.object(h.RawBucket, store.Gzip, object)), append(first, object.First)
	}
	for _, object := range built.Processed {
		objects, first = append(objects, h.object(h.ProcessedBucket, store.Parquet, object)),
			append(first, object.First)
	}
	errs := make([]error, len(objects))
	slots := make(chan struct{}, parallelPuts)
	var wait sync.WaitGroup
	for i := range objects {
		wait.Add(1)
		slots <- struct{}{}
		go func() {
			defer wait.Done()
			_, errs[i] = h.Store.Put(ctx, objects[i])
			<-slots
		}()
	}
	wait.Wait()
	failed := done
	for i, err := range errs {
		if err != nil {
			logger.Error("an object cannot be written", "error", err)
			failed = min(failed, first[i])
		}
	}
	return failed
}

// putRaw writes the raw objects and returns the lowest record with a row in one that failed, else done.
func (h *Handler) putRaw(ctx context.Context, logger *slog.Logger, objects []batch.Object, done int) int {
	failed := done
	for _, object := range objects {
		rows := h.object(h.RawBucket, store.Gzip, object)
		rows.Once = true
		if _, err := h.Store.Put(ctx, rows); err != nil {
			logger.Error("an object cannot be written", "error", err)
			failed = min(failed, object.First)
		}
	}
	return failed
}

// mark notes the hours of the raw objects that hold records before the stored-th; it returns false when one could not
// be noted.
func (h *Handler) mark(
	ctx context.Context, logger *slog.Logger, requestID string, objects []batch.Object, stored int,
) bool {
	by := h.Now().UTC().Format(time.RFC3339Nano) + "/" + requestID
	for _, object := range objects { // one an hour
		if object.First >= stored {
			continue
		}
		if err := h.Hours.Mark(ctx, object.Hour, by); err != nil {
			logger.Error("an hour cannot be marked", "error", err)
			return false
		}
	}
	return true
}

func (h *Handler) object(bucket, contentType string, object batch.Object) store.Object {
	return store.Object{
		Bucket: bucket, Key: object.Key, ContentType: contentType,
		Body: bytes.NewReader(object.Body), Tiered: bucket == h.RawBucket,
	}
}
