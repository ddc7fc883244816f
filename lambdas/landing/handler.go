package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/klauspost/compress/gzip"

	"dataplatform/contracts"
	"dataplatform/lambdas/internal/emf"
	"dataplatform/lambdas/internal/layout"
	"dataplatform/lambdas/internal/ledger"
	"dataplatform/lambdas/internal/redelivery"
	"dataplatform/lambdas/internal/store"
	"dataplatform/lambdas/landing/internal/inspect"
)

// arrivalMetadata is the object metadata with which a historical import says when its content arrived.
const arrivalMetadata = "arrival"

// Opener opens a file for reading.
type Opener interface {
	Open(ctx context.Context, file File) (*store.Source, error)
}

// Putter stores one object and returns its version.
type Putter interface {
	Put(ctx context.Context, object store.Object) (version string, err error)
}

// Copier copies a file's bytes as they are.
type Copier interface {
	Copy(ctx context.Context, file File, bucket, key string) error
}

// Finder says whether the ledger has a file.
type Finder interface {
	Find(ctx context.Context, dataset, digest string) (bool, error)
}

// Recorder puts a file into the ledger; it returns false when it is there already.
type Recorder interface {
	Record(ctx context.Context, entry ledger.Entry) (bool, error)
}

// Returner lets a failed message come again before the queue would.
type Returner interface {
	Return(ctx context.Context, message events.SQSMessage) error
}

// Handler takes in the files that notifications tell of. Every step can be repeated: names follow from the content, and
// the ledger, written last, has a file once.
type Handler struct {
	Datasets  map[string]*contracts.Contract // raw contracts of landing datasets, by dataset
	Limits    Limits
	RawBucket string
	GoLive    time.Time // no table shows what arrived before
	Open      Opener
	Put       Putter
	Copy      Copier
	Find      Finder
	Record    Recorder
	Return    Returner
	Metrics   emf.Writer
	Logger    *slog.Logger
	Now       func() time.Time
}

// Handle takes in the files of every message and reports the messages that must come again.
func (h *Handler) Handle(ctx context.Context, event events.SQSEvent) (events.SQSEventResponse, error) {
	logger := h.Logger
	requestID := ""
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		requestID = lc.AwsRequestID
		logger = logger.With("requestId", requestID)
	}
	response := events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}}
	totals := tally{}
	within, cancel := redelivery.Within(ctx)
	defer cancel()
	for _, message := range event.Records {
		if err := h.message(within, logger, message.Body, totals); err != nil {
			logger.Error("a message is returned to the queue", "messageId", message.MessageId, "error", err)
			response.BatchItemFailures = append(response.BatchItemFailures,
				events.SQSBatchItemFailure{ItemIdentifier: message.MessageId})
			if err := h.Return.Return(ctx, message); err != nil {
				logger.Error("a message comes again when its visibility timeout is over", "error", err)
			}
		}
	}
	if err := totals.report(h.Metrics, h.Now(), requestID, len(response.BatchItemFailures)); err != nil {
		logger.Error("metrics cannot be written", "error", err)
	}
	return response, nil
}

func (h *Handler) message(ctx context.Context, logger *slog.Logger, body string, totals tally) error {
	files, err := parseNotification(body)
	if err != nil {
		return err
	}
	for _, file := range files {
		if err := h.file(ctx, logger.With("file", file.URI()), file, totals); err != nil {
			return fmt.Errorf("%s: %w", file.URI(), err)
		}
	}
	return nil
}

// file takes in one file.
func (h *Handler) file(ctx context.Context, logger *slog.Logger, file File, totals tally) error {
	opened, err := h.Open.Open(ctx, file)
	if err != nil {
		return err
	}
	defer func() { _ = opened.Body.Close() }() // only read
	if file.Version == "" {
		file.Version = opened.Version
	}
	file.Size = opened.Size
	temporary, err := os.CreateTemp("", "landing-*.gz")
	if err != nil {
		return err
	}
	defer func() { _ = temporary.Close() }()
	// At once: what a time-out or a crash leaves would fill the disk of the invocations after it.
	if err := os.Remove(temporary.Name()); err != nil {
		return err
	}

	dataset := file.prefix()
	contract := h.Datasets[dataset]
	if contract == nil {
		dataset = contracts.UnknownDataset
	}
	content, err := spool(opened.Body, opened.Size, contract, h.Limits, temporary)
	if err != nil {
		return err
	}
	arrival, problem := h.arrival(file, opened.Metadata)
	if problem != "" && !content.fault.Bad() {
		content.fault.Reason, content.fault.Detail = contracts.ReasonInvalidValue, problem
	}
	if ended := content.from.Ended(arrival); ended.Bad() && !content.fault.Bad() {
		content.fault = ended
	}
	counts := totals.of(dataset)
	counts.received++
	counts.bytesReceived += opened.Size
	if content.fault.Bad() {
		logger.Warn("the file is quarantined", "reason", content.fault.Reason, "error", content.fault.Detail)
		counts.quarantined[content.fault.Reason]++
		return h.quarantine(ctx, file, dataset, contract, content, arrival)
	}
	known, err := h.Find.Find(ctx, dataset, content.digest)
	if err != nil {
		return err
	}
	if known {
		logger.Info("the content is known", "digest", content.digest)
		counts.known++
		return nil
	}
	stored, err := h.store(ctx, file, folder(contract, content), content, arrival, temporary)
	if err != nil {
		return err
	}
	if !stored { // by another invocation, since we looked
		counts.known++
		return nil
	}
	logger.Info("the file is stored", "digest", content.digest, "arrival", arrival)
	counts.stored++
	return nil
}

// arrival is when the file counts as arrived, to the second: when it was put, or, for a historical import, what its
// metadata says, which must be RFC 3339, on GoLive or later, and not in the future. Everything after landing takes it
// as it is.
func (h *Handler) arrival(file File, metadata map[string]string) (arrival time.Time, problem string) {
	arrival = file.Time.Truncate(time.Second)
	said, ok := metadata[arrivalMetadata]
	if !ok {
		return arrival, ""
	}
	at, err := time.Parse(time.RFC3339, said)
	if err != nil {
		return arrival, fmt.Sprintf("the metadata arrival=%q is not an RFC 3339 time", said)
	}
	if at.After(h.Now()) {
		return arrival, fmt.Sprintf("the metadata arrival=%q is in the future", said)
	}
	if at.Before(h.GoLive) {
		return arrival, fmt.Sprintf("the metadata arrival=%q is before %s, the setting catalog.goLive", said,
			h.GoLive.Format(time.DateOnly))
	}
	return at.UTC().Truncate(time.Second), ""
}

// place is where a file of a dataset lies in raw.
type place struct{ dataset, folder string }

// folder is that of the files that are alike for Athena. A table's SerDe reads lines of one format: other lines of JSON
// lie below json/, where a table of their own may look, what no SerDe of text can take apart below whole/, and what has
// another source's columns below its name. Columns are known by their place: files of another version's header may have
// a folder, too. None is within a partition of the dataset's table.
func folder(contract *contracts.Contract, content spooled) place {
	own := map[contracts.Format]string{
		contracts.FormatCSV: inspect.CSV, contracts.FormatJSONLines: inspect.JSON,
	}[contract.Format]
	switch {
	case content.from.Mapping != "":
		return place{contract.Dataset, contract.Dataset + "/" + content.from.Mapping}
	case content.spread:
		return place{contract.Dataset, contract.Dataset + "/whole"}
	case content.format != own:
		return place{contract.Dataset, contract.Dataset + "/json"}
	case content.from.Header.Folder != "":
		return place{contract.Dataset, contract.Dataset + "/" + content.from.Header.Folder}
	}
	return place{contract.Dataset, contract.Dataset}
}

// store writes the content to raw, then the ledger.
func (h *Handler) store(
	ctx context.Context, file File, place place, content spooled, arrival time.Time, packed io.ReadSeeker,
) (bool, error) {
	if _, err := packed.Seek(0, io.SeekStart); err != nil {
		return false, err
	}
	key := layout.Raw(place.folder, arrival, content.digest+"."+content.format+".gz")
	version, err := h.Put.Put(ctx, store.Object{
		Bucket: h.RawBucket, Key: key, ContentType: store.Gzip, Body: packed, Tiered: true, Once: true,
	})
	if err != nil {
		return false, err
	}
	return h.Record.Record(ctx, ledger.Entry{
		Dataset: place.dataset, ID: content.digest, Arrival: arrival, Format: content.format, Size: content.size,
		Records: content.records, Mapping: content.from.Mapping, Columns: content.from.Columns, Bucket: h.RawBucket,
		Key: key, Version: version, Source: ledger.Source{Bucket: file.Bucket, Key: file.Key, Version: file.Version},
	})
}

// quarantineRow is a row of the quarantine table.
type quarantineRow struct {
	Identity        string `json:"identity"`
	Source          string `json:"source"`
	Error           string `json:"error"`
	ArrivalTime     string `json:"arrival_time"`
	ContractVersion string `json:"contract_version,omitempty"`
	PayloadURI      string `json:"payload_uri"`
}

// quarantine keeps the file as it was sent and writes the row that tells of it.
func (h *Handler) quarantine(
	ctx context.Context, file File, dataset string, contract *contracts.Contract, content spooled, arrival time.Time,
) error {
	kept := layout.QuarantineFile(dataset, content.original)
	if err := h.Copy.Copy(ctx, file, h.RawBucket, kept); err != nil {
		return err
	}
	row := quarantineRow{
		Identity:    content.original + ":0",
		Source:      file.URI(),
		Error:       content.fault.Detail,
		ArrivalTime: arrival.Format("2006-01-02T15:04:05.000Z"),
		PayloadURI:  "s3://" + h.RawBucket + "/" + kept,
	}
	if contract != nil {
		row.ContractVersion = contract.Version
	}
	text, err := json.Marshal(row)
	if err != nil {
		return err
	}
	var body bytes.Buffer
	packed := gzip.NewWriter(&body)
	if _, err := packed.Write(append(text, '\n')); err != nil {
		return err
	}
	if err := packed.Close(); err != nil {
		return err
	}
	_, err = h.Put.Put(ctx, store.Object{
		Bucket: h.RawBucket, Key: layout.Quarantine(dataset, content.fault.Reason, arrival, content.original),
		ContentType: store.Gzip, Body: bytes.NewReader(body.Bytes()), Tiered: true,
	})
	return err
}
