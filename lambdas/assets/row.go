package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"mime"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/unicode/norm"

	"dataplatform/contracts"
	"dataplatform/lambdas/assets/internal/inspect"
	"dataplatform/lambdas/internal/s3event"
)

// States of a version.
const (
	statePresent      = "present"
	stateDeleteMarker = "delete_marker"
	stateRemoved      = "removed"
)

// noVersion is what S3 itself calls the version of objects in a bucket without versions.
const noVersion = "null"

// assetRow is a row of raw.assets: what one event says about one version of one object.
type assetRow struct {
	ObjectKey      string  `json:"object_key"`
	VersionID      string  `json:"version_id"`
	Sequencer      string  `json:"sequencer"`
	EventName      string  `json:"event_name"`
	EventTime      string  `json:"event_time"`
	State          string  `json:"state"`
	ProductID      *string `json:"product_id,omitempty"`
	Kind           *string `json:"kind,omitempty"`
	MediaType      *string `json:"media_type,omitempty"`
	SizeBytes      *int64  `json:"size_bytes,omitempty"`
	SHA256         *string `json:"sha256,omitempty"`
	ImageFormat    *string `json:"image_format,omitempty"`
	Width          *int    `json:"width,omitempty"`
	Height         *int    `json:"height,omitempty"`
	Orientation    *int    `json:"orientation,omitempty"`
	PerceptualHash *string `json:"perceptual_hash,omitempty"`
	HashMethod     *string `json:"perceptual_hash_method,omitempty"`
	ThumbnailKey   *string `json:"thumbnail_key,omitempty"`
	TextEncoding   *string `json:"text_encoding,omitempty"`
	TextKind       *string `json:"text_kind,omitempty"`
	LineCount      *int64  `json:"line_count,omitempty"`
	WordCount      *int64  `json:"word_count,omitempty"`
	CharacterCount *int64  `json:"character_count,omitempty"`
}

func newRow(event s3event.Event) assetRow {
	row := assetRow{
		ObjectKey: event.Key, VersionID: event.Version, Sequencer: event.Sequencer, EventName: event.Name,
		EventTime: event.Time.UTC().Format("2006-01-02T15:04:05.000Z"),
	}
	if row.VersionID == "" {
		row.VersionID = noVersion
	}
	if row.Sequencer == "" {
		// S3 promises one for puts and deletes only. Those it makes begin with the second of the event, in hexadecimal.
		row.Sequencer = fmt.Sprintf("00%08X%08X", event.Time.Unix(), event.Time.Nanosecond())
	}
	return row
}

// id is the row's identity, the same for every delivery of the event.
func (r *assetRow) id() string {
	sum := sha256.Sum256([]byte(strings.Join([]string{r.ObjectKey, r.VersionID, r.Sequencer}, "\x00")))
	return hex.EncodeToString(sum[:])
}

const (
	productMetadata = "product-id"
	maxProductID    = 128 // characters, as in the contract
)

// productFolder is the folder of a product's assets.
var productFolder = regexp.MustCompile(`^` + Dataset + `/products/([^/]+)/.`)

// product takes the product's id from the object's metadata or else from its key, composed: systems write one name in
// several forms.
func (r *assetRow) product(key string, metadata map[string]string) error {
	id := productName(words(metadata[productMetadata]))
	if folder := productFolder.FindStringSubmatch(key); id == "" && folder != nil {
		id = productName(folder[1])
	}
	if utf8.RuneCountInString(id) > maxProductID {
		return &inspect.Fault{
			Reason: contracts.ReasonInvalidValue,
			Detail: fmt.Sprintf("the product id has more than %d characters", maxProductID),
		}
	}
	if id != "" {
		r.ProductID = &id
	}
	return nil
}

func productName(name string) string { return strings.TrimSpace(norm.NFC.String(name)) }

// words decodes what senders encoded themselves, in any charset (RFC 2047); what S3 encodes the store has decoded. What
// cannot be decoded stays as it is.
func words(text string) string {
	decoder := mime.WordDecoder{CharsetReader: func(charset string, from io.Reader) (io.Reader, error) {
		encoding, err := htmlindex.Get(charset)
		if err != nil {
			return nil, err
		}
		return encoding.NewDecoder().Reader(from), nil
	}}
	decoded, err := decoder.DecodeHeader(text)
	if err != nil {
		return text
	}
	return decoded
}

func (r *assetRow) fill(size int64, digest string, content inspect.Content) {
	r.SizeBytes, r.SHA256, r.Kind, r.MediaType = &size, &digest, &content.Kind, &content.MediaType
	if image := content.Image; image != nil {
		r.ImageFormat, r.Width, r.Height, r.Orientation = &image.Format, &image.Width, &image.Height, &image.Orientation
		if image.Hash != "" {
			r.PerceptualHash, r.HashMethod = &image.Hash, new(inspect.HashMethod)
		}
	}
	if text := content.Text; text != nil {
		r.TextEncoding, r.TextKind = &text.Encoding, &text.Kind
		r.LineCount, r.WordCount, r.CharacterCount = &text.Lines, &text.Words, &text.Characters
	}
}

// arrival is the time by which rows are filed and runs find them, to the second as the ledger keeps it.
func arrival(event s3event.Event) time.Time { return event.Time.Truncate(time.Second) }

type digest struct{ hash.Hash }

func newDigest() digest { return digest{sha256.New()} }

func (d digest) hex() string { return hex.EncodeToString(d.Sum(nil)) }
