package load

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"dataplatform/contracts"
)

// ObjectPutter is the part of the S3 client that sending needs.
type ObjectPutter interface {
	PutObject(context.Context, *s3.PutObjectInput, ...func(*s3.Options)) (*s3.PutObjectOutput, error)
}

// FileSender drops files into the landing bucket and books their lines.
type FileSender struct {
	Client ObjectPutter
	Bucket string
	Ledger *Ledger
}

// ReadFolder reads the CSV and JSON files below a folder (gzipped ones too) for a dataset, in the order of their names.
// A file arrives at the end of its last event hour before the time given when the dataset has a column InvoiceDate, one
// of whose lines no time can be read with the newest of the others; without such a column, at the time given.
func ReadFolder(dir, dataset string, arrival time.Time) ([]Drop, error) {
	contract, err := rawContract(dataset)
	if err != nil {
		return nil, err
	}
	timed := slices.Index(contract.Headers()[0].Columns, salesHeader[colTime])
	var drops []Drop
	var newest time.Time
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !dataFile.MatchString(path) {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		drop := Drop{Name: filepath.ToSlash(name), Content: content, Arrival: arrival}
		if timed >= 0 {
			drop.Arrival = endOfLastHour(contract, drop.unpacked(), timed, arrival)
			if drop.Arrival.After(newest) {
				newest = drop.Arrival
			}
		}
		drops = append(drops, drop)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(drops) == 0 {
		return nil, fmt.Errorf("%s: no CSV or JSON files in %s", dataset, dir)
	}
	if timed >= 0 && newest.IsZero() {
		return nil, fmt.Errorf("%s: no line of the files in %s has a time that can be read", dataset, dir)
	}
	for i := range drops {
		if drops[i].Arrival.IsZero() {
			drops[i].Arrival = newest
		}
	}
	return drops, nil
}

// dataFile is a file that a source may write, by its name.
var dataFile = regexp.MustCompile(`(?i)\.(csv|json|jsonl|ndjson)(\.gz)?$`)

// rawContract says what a dataset's files are like.
func rawContract(dataset string) (*contracts.Contract, error) {
	set, err := contracts.Load()
	if err != nil {
		return nil, err
	}
	contract, ok := set.Get(contracts.LayerRaw + "." + dataset)
	if !ok {
		return nil, fmt.Errorf("no contract %s.%s", contracts.LayerRaw, dataset)
	}
	return contract, nil
}

// Put drops files of a dataset, with the arrival time that a historical import states.
func (s *FileSender) Put(ctx context.Context, dataset string, drops []Drop) error {
	contract, err := rawContract(dataset)
	if err != nil {
		return err
	}
	for _, drop := range drops {
		key := dataset + "/" + drop.Name
		if _, err := s.Client.PutObject(ctx, &s3.PutObjectInput{
			Bucket: &s.Bucket, Key: &key, Body: bytes.NewReader(drop.Content),
			Metadata: map[string]string{"arrival": drop.Arrival.UTC().Format(time.RFC3339)},
		}); err != nil {
			return fmt.Errorf("put %s: %w", key, err)
		}
		s.book(contract, key, drop)
	}
	return nil
}

func (s *FileSender) book(contract *contracts.Contract, key string, drop Drop) {
	content := drop.unpacked()
	s.Ledger.Merge(&Ledger{
		Files: []File{{Dataset: contract.Dataset, Key: key, Digest: Digest(content), Arrival: drop.Arrival}},
		Lines: Lines(contract, content),
	})
}
