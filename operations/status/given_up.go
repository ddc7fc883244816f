package status

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"dataplatform/operations/replay"
	"dataplatform/policies"
)

// givenUp counts the batches that a stream's mapping gave up and that no replay has stored. Its alarm is over when no
// other comes.
func (r *Reader) givenUp(ctx context.Context) (int, error) {
	bucket, ok := r.Outputs.Buckets["discarded"]
	if !ok {
		return 0, errors.New("the stack's outputs name no bucket of discarded batches: update it")
	}
	waiting := 0
	pages := s3.NewListObjectsV2Paginator(r.Objects,
		&s3.ListObjectsV2Input{Bucket: &bucket, Prefix: aws.String(policies.FailurePrefix)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return 0, fmt.Errorf("discarded batches: %w", err)
		}
		for _, object := range page.Contents {
			tags, err := r.Objects.GetObjectTagging(ctx,
				&s3.GetObjectTaggingInput{Bucket: &bucket, Key: object.Key})
			if err != nil {
				return 0, fmt.Errorf("discarded batch %s: %w", aws.ToString(object.Key), err)
			}
			if !slices.ContainsFunc(tags.TagSet,
				func(tag types.Tag) bool { return aws.ToString(tag.Key) == replay.ReplayedTag }) {
				waiting++
			}
		}
	}
	return waiting, nil
}
