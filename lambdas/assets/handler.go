package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"dataplatform/contracts"
	"dataplatform/lambdas/assets/internal/inspect"
	"dataplatform/lambdas/internal/emf"
	"dataplatform/lambdas/internal/ledger"
	"dataplatform/lambdas/internal/redelivery"
	"dataplatform/lambdas/internal/s3event"
	"dataplatform/lambdas/internal/store"
)

// Dataset is what the function serves; its folder in raw holds the objects.
const Dataset = "assets"

// ErrGone says that an object's version is not there any more.
var ErrGone = errors.New("the version is gone")

// Opener opens an object, or returns ErrGone.
type Opener interface {
	Open(ctx context.Context, bucket, key, version string) (*store.Source, error)
}

// Putter stores one object and returns its version.
type Putter interface {
	Put(ctx context.Context, object store.Object) (version string, err error)
}

// Recorder puts an entry into the ledger; it returns false when it is there already.
type Recorder interface {
	Record(ctx context.Context, entry ledger.Entry) (bool, error)
}

// Returner lets a failed message come again before the queue would.
type Returner interface {
	Return(ctx context.Context, message events.SQSMessage) error
}

// Limits bound one object. Memory is bounded by them: a file is kept on disk, and decoded only within inspect's limits.
type Limits struct {
	MaxBytes int64
	inspect.Limits
}

// Handler writes a row for every event of an object below the dataset's folder. Every step can be repeated: names
// follow from the event and the content, and the ledger, written last, has a row once.
type Handler struct {
	Contract        *contracts.Contract // of the rows
	Limits          Limits
	RawBucket       string
	ProcessedBucket string // of the thumbnails
	Open            Opener
	Put             Putter
	Record          Recorder
	Return          Returner
	Metrics         emf.Writer
	Logger          *slog.Logger
	Now             func() time.Time
}

// Handle takes in the events of every message and reports the messages that must come again.
func (h *Handler) Handle(ctx context.Context, event events.SQSEvent) (events.SQSEventResponse, error) {
	logger, requestID := h.Logger, ""
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		requestID = lc.AwsRequestID
		logger = logger.With("requestId", requestID)
	}
	response := events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}}
	counts := &counts{rows: map[string]int{}, quarantined: map[string]int{}}
	within, cancel := redelivery.Within(ctx)
	defer cancel()
	for _, message := range event.Records {
		if err := h.message(within, logger, message.Body, counts); err != nil {
			logger.Error("a message is returned to the queue", "messageId", message.MessageId, "error", err)
			response.BatchItemFailures = append(response.BatchItemFailures,
				events.SQSBatchItemFailure{ItemIdentifier: message.MessageId})
			if err := h.Return.Return(ctx, message); err != nil {
				logger.Error("a message comes again when its visibility timeout is over", "error", err)
			}
		}
	}
	if err := counts.report(h.Metrics, h.Now(), requestID, len(response.BatchItemFailures)); err != nil {
		logger.Error("metrics cannot be written", "error", err)
	}
	return response, nil
}

func (h *Handler) message(ctx context.Context, logger *slog.Logger, body string, counts *counts) error {
	happened, err := s3event.Parse(body)
	if err != nil {
		return err
	}
	for _, event := range happened {
		if err := h.event(ctx, logger.With("asset", event.URI()), event, counts); err != nil {
			return fmt.Errorf("%s of %s: %w", event.Name, event.URI(), err)
		}
	}
	return nil
}

func (h *Handler) event(ctx context.Context, logger *slog.Logger, event s3event.Event, counts *counts) error {
	row := newRow(event)
	switch {
	case event.Folder() && event.Created():
		return nil
	case event.Created():
		row.State = statePresent
	case event.DeleteMarker():
		row.State = stateDeleteMarker
	case event.Removed():
		row.State = stateRemoved
	default: // the bucket is not asked for others
		return nil
	}
	counts.received++
	if row.State == statePresent {
		err := h.inspect(ctx, event, &row, counts)
		var found *inspect.Fault
		switch {
		case errors.As(err, &found):
			logger.Warn("the asset is quarantined", "reason", found.Reason, "error", found.Detail)
			counts.quarantined[found.Reason]++
			return h.quarantine(ctx, event, row, found)
		case errors.Is(err, ErrGone):
			// Removed between the event and now. The removal's own event says so too, if its message comes through.
			row = newRow(event)
			row.State = stateRemoved
		case err != nil:
			return err
		}
	}
	if err := h.store(ctx, event, row); err != nil {
		return err
	}
	logger.Info("the asset has a row", "state", row.State)
	counts.rows[row.State]++
	return nil
}

// inspect fills the row from the object, and stores the thumbnail.
func (h *Handler) inspect(ctx context.Context, event s3event.Event, row *assetRow, counts *counts) error {
	if event.Size > h.Limits.MaxBytes {
		return h.tooLarge(event.Size)
	}
	opened, err := h.Open.Open(ctx, event.Bucket, event.Key, event.Version)
	if err != nil {
		return err
	}
	defer func() { _ = opened.Body.Close() }() // only read
	if opened.Size > h.Limits.MaxBytes {
		return h.tooLarge(opened.Size)
	}
	if err := row.product(event.Key, opened.Metadata); err != nil {
		return err
	}
	file, err := os.CreateTemp("", "asset-*")
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	// At once: what a time-out or a crash leaves would fill the disk of the invocations after it.
	if err := os.Remove(file.Name()); err != nil {
		return err
	}
	digest, err := download(file, opened)
	if err != nil {
		return err
	}
	counts.bytesReceived += opened.Size
	content, err := inspect.File(file, opened.Size, h.Limits.Limits)
	if err != nil {
		return err
	}
	row.fill(opened.Size, digest, content)
	if content.Image == nil || len(content.Image.Thumbnail) == 0 {
		return nil
	}
	return h.putThumbnail(ctx, row, content.Image)
}

func (h *Handler) tooLarge(size int64) error {
	return &inspect.Fault{
		Reason: contracts.ReasonFileTooLarge,
		Detail: fmt.Sprintf("the object has %d bytes, %d are allowed", size, h.Limits.MaxBytes),
	}
}

// download writes the object to the file and returns its digest. A lost connection must not pass for a truncated file.
func download(file io.Writer, opened *store.Source) (string, error) {
	hash := newDigest()
	n, err := io.Copy(io.MultiWriter(file, hash), io.LimitReader(opened.Body, opened.Size+1))
	if err != nil {
		return "", fmt.Errorf("read the object: %w", err)
	}
	if n != opened.Size {
		return "", fmt.Errorf("read the object: got %d of %d bytes", n, opened.Size)
	}
	return hash.hex(), nil
}
