package replay

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Store is the part of the S3 client that replaying quarantine and raw needs.
type Store interface {
	s3.ListObjectsV2APIClient
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
	HeadObject(context.Context, *s3.HeadObjectInput, ...func(*s3.Options)) (*s3.HeadObjectOutput, error)
	CopyObject(context.Context, *s3.CopyObjectInput, ...func(*s3.Options)) (*s3.CopyObjectOutput, error)
	DeleteObject(context.Context, *s3.DeleteObjectInput, ...func(*s3.Options)) (*s3.DeleteObjectOutput, error)
}

// Selection says what to replay.
type Selection struct {
	Dataset string
	// Reason limits quarantine to one; empty means all.
	Reason string
	// From and To bound the hours of arrival, [From, To); zero means unbounded.
	From, To time.Time
}

func (s Selection) holds(hour time.Time) bool {
	return !hour.Before(s.From) && (s.To.IsZero() || hour.Before(s.To))
}

// object is one of raw or quarantine, by its key.
type object struct {
	key, reason, id string
	hour            time.Time // of arrival
	archived        types.ObjectStorageClass
}

// objects lists what lies below a prefix of raw and arrived in the selected hours.
func (q *Quarantine) objects(ctx context.Context, prefix string, within Selection) ([]object, error) {
	var found []object
	pages := s3.NewListObjectsV2Paginator(q.Store, &s3.ListObjectsV2Input{Bucket: &q.Bucket, Prefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list s3://%s/%s: %w", q.Bucket, prefix, err)
		}
		for _, one := range page.Contents {
			o, err := locate(aws.ToString(one.Key))
			if err != nil {
				return nil, err
			}
			if !within.holds(o.hour) {
				continue
			}
			if one.StorageClass == types.ObjectStorageClassGlacier ||
				one.StorageClass == types.ObjectStorageClassDeepArchive {
				o.archived = one.StorageClass
			}
			found = append(found, o)
		}
	}
	return found, nil
}

// ErrArchived says that objects have to be restored before they can be read.
var ErrArchived = errors.New("archived")

// readable refuses a selection of which a part is archived: a replay of the rest would look like one of the whole.
func readable(objects []object) error {
	classes := map[types.ObjectStorageClass]int{}
	first := ""
	for _, o := range objects {
		if o.archived != "" {
			classes[o.archived]++
			if first == "" {
				first = o.key
			}
		}
	}
	if len(classes) == 0 {
		return nil
	}
	return fmt.Errorf("%w: of %d objects %d are in Glacier and %d in Deep Archive, the first: %s; restore them with aws s3api restore-object (bulk: 5 to 12 hours, from Deep Archive 48) or choose other hours",
		ErrArchived, len(objects), classes[types.ObjectStorageClassGlacier],
		classes[types.ObjectStorageClassDeepArchive], first)
}

// locate reads where and when from a key such as
// quarantine/clicks/reason=wrong_type/ingest_date=2026-03-01/ingest_hour=12/<id>.ndjson.gz.
func locate(key string) (object, error) {
	o := object{key: key}
	o.id, _, _ = strings.Cut(path.Base(key), ".")
	date, hour := "", ""
	for _, folder := range strings.Split(path.Dir(key), "/") {
		switch name, value, _ := strings.Cut(folder, "="); name {
		case "reason":
			o.reason = value
		case "ingest_date":
			date = value
		case "ingest_hour":
			hour = value
		}
	}
	var err error
	if o.hour, err = time.Parse("2006-01-02T15", date+"T"+hour); err != nil {
		return object{}, fmt.Errorf("the key %s does not say when its rows arrived", key)
	}
	return o, nil
}

// row is what replaying needs of a row of raw clicks or of quarantine.
type row struct {
	// Of raw clicks.
	Shard    string `json:"shard"`
	Sequence string `json:"sequence_number"`
	Ordinal  int    `json:"ordinal"`
	// Of quarantine.
	Identity   string `json:"identity"`
	Source     string `json:"source"`
	PayloadURI string `json:"payload_uri"`
	// Of both.
	Arrival string  `json:"arrival_time"`
	Payload *string `json:"payload"`
	Base64  []byte  `json:"payload_base64"`
}

// rows reads an object of gzipped lines.
func (q *Quarantine) rows(ctx context.Context, key string) ([]row, error) {
	fail := func(err error) ([]row, error) { return nil, fmt.Errorf("s3://%s/%s: %w", q.Bucket, key, err) }
	packed, err := q.content(ctx, key)
	if err != nil {
		return fail(err)
	}
	text, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return fail(err)
	}
	var found []row
	lines := bufio.NewReader(text)
	for decoder := json.NewDecoder(lines); ; {
		var one row
		if err := decoder.Decode(&one); errors.Is(err, io.EOF) {
			return found, nil
		} else if err != nil {
			return fail(err)
		}
		found = append(found, one)
	}
}

func (q *Quarantine) content(ctx context.Context, key string) ([]byte, error) {
	got, err := q.Store.GetObject(ctx, &s3.GetObjectInput{Bucket: &q.Bucket, Key: &key})
	if err != nil {
		return nil, err
	}
	defer got.Body.Close()
	return io.ReadAll(got.Body)
}

// version tells apart what was written again.
func (q *Quarantine) version(ctx context.Context, key string) (string, error) {
	got, err := q.Store.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &q.Bucket, Key: &key})
	if err != nil {
		return "", fmt.Errorf("s3://%s/%s: %w", q.Bucket, key, err)
	}
	return aws.ToString(got.VersionId), nil
}

// remove takes an object out of sight. The bucket keeps its version for storage.raw.noncurrentDays.
func (q *Quarantine) remove(ctx context.Context, key string) error {
	if _, err := q.Store.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &q.Bucket, Key: &key}); err != nil {
		return fmt.Errorf("remove s3://%s/%s: %w", q.Bucket, key, err)
	}
	return nil
}

// spans joins hours into ranges without gaps, as state machines take them.
func spans(hours map[time.Time]bool) []Span {
	var found []Span
	sorted := make([]time.Time, 0, len(hours))
	for hour := range hours {
		sorted = append(sorted, hour)
	}
	slices.SortFunc(sorted, time.Time.Compare)
	for _, hour := range sorted {
		if n := len(found); n > 0 && found[n-1].End.Equal(hour) {
			found[n-1].End = hour.Add(time.Hour)
			continue
		}
		found = append(found, Span{hour, hour.Add(time.Hour)})
	}
	return found
}

// Span is a range of whole hours, [Start, End).
type Span struct{ Start, End time.Time }
