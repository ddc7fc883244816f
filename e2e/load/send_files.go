package load

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
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

// ReadFolder reads the CSV files of a folder (gzipped ones too) for a dataset. A file arrives at the end of its last
// event hour before the time given when the dataset has a column InvoiceDate, else at that time.
func ReadFolder(dir, dataset string, arrival time.Time) ([]Drop, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.csv*"))
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("%s: no CSV files in %s", dataset, dir)
	}
	contract, err := rawContract(dataset)
	if err != nil {
		return nil, err
	}
	timed := slices.Index(contract.Headers()[0].Columns, salesHeader[colTime])
	var drops []Drop
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		drop := Drop{Name: filepath.Base(path), Content: content, Arrival: arrival}
		if timed >= 0 {
			plain, err := readMaybeGzipped(path)
			if err != nil {
				return nil, err
			}
			if drop.Arrival, err = endOfLastHour(plain, timed, arrival); err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
		}
		drops = append(drops, drop)
	}
	return drops, nil
}

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
	content, err := drop.plain()
	if err != nil {
		content = drop.Content // a file that does not unpack is named by the bytes as they came
	}
	s.Ledger.Merge(&Ledger{
		Files: []File{{Dataset: contract.Dataset, Key: key, Digest: Digest(content), Arrival: drop.Arrival}},
		Lines: Lines(contract, content),
	})
}
