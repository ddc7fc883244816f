package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/klauspost/compress/gzip"

	"dataplatform/lambdas/assets/internal/inspect"
	"dataplatform/lambdas/internal/layout"
	"dataplatform/lambdas/internal/ledger"
	"dataplatform/lambdas/internal/s3event"
	"dataplatform/lambdas/internal/store"
)

// rowsFormat is what the ledger calls an object of rows.
const rowsFormat = "rows"

// store writes the row, then the ledger.
func (h *Handler) store(ctx context.Context, event s3event.Event, row assetRow) error {
	id, at := row.id(), arrival(event)
	key := layout.Rows(Dataset, at, id)
	body, size, err := packed(row)
	if err != nil {
		return err
	}
	version, err := h.putRaw(ctx, key, body)
	if err != nil {
		return err
	}
	_, err = h.Record.Record(ctx, ledger.Entry{
		Dataset: Dataset, ID: id, Arrival: at, Format: rowsFormat, Size: size, Records: 1, Bucket: h.RawBucket,
		Key: key, Version: version, Source: ledger.Source{Bucket: event.Bucket, Key: event.Key, Version: row.VersionID},
	})
	return err
}

func (h *Handler) putRaw(ctx context.Context, key string, body []byte) (string, error) {
	return h.Put.Put(ctx,
		store.Object{Bucket: h.RawBucket, Key: key, ContentType: store.Gzip, Body: bytes.NewReader(body), Tiered: true})
}

// putThumbnail stores the thumbnail under its image's digest: equal images share it, whatever their names.
func (h *Handler) putThumbnail(ctx context.Context, row *assetRow, image *inspect.Image) error {
	key := layout.Thumbnail(*row.SHA256, h.Limits.ThumbnailSide, image.Extension)
	mediaType := map[string]string{"jpg": "image/jpeg", "png": "image/png"}[image.Extension]
	if _, err := h.Put.Put(ctx, store.Object{
		Bucket: h.ProcessedBucket, Key: key, ContentType: mediaType, Body: bytes.NewReader(image.Thumbnail),
	}); err != nil {
		return err
	}
	row.ThumbnailKey = &key
	return nil
}

// quarantineRow is a row of the quarantine table.
type quarantineRow struct {
	Identity        string `json:"identity"`
	Source          string `json:"source"`
	Error           string `json:"error"`
	ArrivalTime     string `json:"arrival_time"`
	ContractVersion string `json:"contract_version"`
	PayloadURI      string `json:"payload_uri"`
}

// quarantine writes the row that tells of an object. The bytes are where they were put: nobody may change a version in
// raw.
func (h *Handler) quarantine(ctx context.Context, event s3event.Event, row assetRow, found *inspect.Fault) error {
	body, _, err := packed(quarantineRow{
		Identity: fmt.Sprintf("%s?versionId=%s", row.ObjectKey, row.VersionID), Source: event.URI(),
		Error: found.Detail, ArrivalTime: row.EventTime, ContractVersion: h.Contract.Version, PayloadURI: event.URI(),
	})
	if err != nil {
		return err
	}
	_, err = h.putRaw(ctx, layout.Quarantine(Dataset, found.Reason, arrival(event), row.id()), body)
	return err
}

// packed is a row as a gzipped line, the same bytes every time, and the length of the line.
func packed(row any) ([]byte, int64, error) {
	line, err := json.Marshal(row)
	if err != nil {
		return nil, 0, err
	}
	line = append(line, '\n')
	var body bytes.Buffer
	zip := gzip.NewWriter(&body)
	if _, err := zip.Write(line); err != nil {
		return nil, 0, err
	}
	if err := zip.Close(); err != nil {
		return nil, 0, err
	}
	return body.Bytes(), int64(len(line)), nil
}
