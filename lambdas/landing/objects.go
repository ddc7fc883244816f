package main

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"dataplatform/lambdas/internal/store"
)

// objects reads and copies the landing bucket's objects.
type objects struct{ client *s3.Client }

func (o objects) Open(ctx context.Context, file File) (*store.Source, error) {
	return store.S3{Client: o.client}.Open(ctx, file.Bucket, file.Key, file.Version)
}

// Copy copies within S3; one request copies at most 5 GB ("CopyObject" in the Amazon S3 API reference).
func (o objects) Copy(ctx context.Context, file File, bucket, key string) error {
	_, err := o.client.CopyObject(ctx, &s3.CopyObjectInput{
		Bucket: aws.String(bucket), Key: aws.String(key), CopySource: aws.String(copySource(file)),
		StorageClass: types.StorageClassIntelligentTiering, MetadataDirective: types.MetadataDirectiveCopy,
	})
	if err != nil {
		return fmt.Errorf("copy %s to s3://%s/%s: %w", file.URI(), bucket, key, err)
	}
	return nil
}

// copySource names the file's version as S3 reads it: the way that it writes keys in notifications, a "+" is a space.
func copySource(file File) string {
	from := strings.ReplaceAll((&url.URL{Path: file.Bucket + "/" + file.Key}).EscapedPath(), "+", "%2B")
	if file.Version != "" {
		from += "?versionId=" + url.QueryEscape(file.Version)
	}
	return from
}
