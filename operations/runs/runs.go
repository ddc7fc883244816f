// Package runs reads what the stages of a pipeline reported of an execution.
package runs

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"dataplatform/contracts"
	"dataplatform/policies"
)

// Objects is the part of the S3 client that reading reports needs.
type Objects interface {
	s3.ListObjectsV2APIClient
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
}

// Counts are identities, as a stage writes them.
type Counts struct {
	Received    int `json:"received"`
	Processed   int `json:"processed"`
	Duplicates  int `json:"duplicates"`
	Quarantined int `json:"quarantined"`
	Lost        int `json:"lost"`
}

func (c Counts) String() string {
	return fmt.Sprintf("received %d = processed %d + duplicates %d + quarantined %d", c.Received, c.Processed,
		c.Duplicates, c.Quarantined)
}

// Add adds others' counts.
func (c *Counts) Add(other Counts) {
	c.Received += other.Received
	c.Processed += other.Processed
	c.Duplicates += other.Duplicates
	c.Quarantined += other.Quarantined
	c.Lost += other.Lost
}

// Reported is what an execution has reported so far.
type Reported struct {
	// Counts of the first stage; nil when it has not come so far.
	Counts *Counts
	// Done are the pieces whose last stage has reported: one, or of a backfill one a chunk.
	Done int
}

// Read adds up an execution's reports: one document a stage, or of a backfill one a chunk and stage.
func Read(
	ctx context.Context, objects Objects, bucket string, pipeline contracts.Pipeline, execution string,
) (Reported, error) {
	first, last := "/process.json", "/curate.json"
	if pipeline.Streaming {
		first = last
	}
	var found Reported
	prefix := policies.RunsPrefix(pipeline.Name) + execution
	pages := s3.NewListObjectsV2Paginator(objects, &s3.ListObjectsV2Input{Bucket: &bucket, Prefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return found, fmt.Errorf("list s3://%s/%s: %w", bucket, prefix, err)
		}
		for _, object := range page.Contents {
			key := aws.ToString(object.Key)
			if strings.HasSuffix(key, last) {
				found.Done++
			}
			if !strings.HasSuffix(key, first) {
				continue
			}
			if found.Counts == nil {
				found.Counts = &Counts{}
			}
			if err := add(ctx, objects, bucket, key, found.Counts); err != nil {
				return found, err
			}
		}
	}
	return found, nil
}

func add(ctx context.Context, objects Objects, bucket, key string, sum *Counts) error {
	object, err := objects.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return fmt.Errorf("s3://%s/%s: %w", bucket, key, err)
	}
	defer object.Body.Close()
	var report struct {
		Datasets map[string]Counts `json:"datasets"`
	}
	if err := json.NewDecoder(object.Body).Decode(&report); err != nil {
		return fmt.Errorf("s3://%s/%s: %w", bucket, key, err)
	}
	for _, counts := range report.Datasets {
		sum.Add(counts)
	}
	return nil
}
