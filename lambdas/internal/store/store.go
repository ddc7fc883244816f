// Package store puts objects into the lake's buckets.
package store

import (
	"context"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Content types of what the functions write.
const (
	Gzip    = "application/gzip"
	Parquet = "application/vnd.apache.parquet"
)

// Object is what is to be stored.
type Object struct {
	Bucket      string
	Key         string
	ContentType string
	Body        io.ReadSeeker
	// Tiered puts the object straight into Intelligent-Tiering, as everything in the raw bucket is.
	Tiered bool
}

// S3 stores objects in S3.
type S3 struct{ Client *s3.Client }

// Put writes the object, replacing one of the same key, and returns its version id ("" in a bucket without versions).
func (s S3) Put(ctx context.Context, object Object) (string, error) {
	input := &s3.PutObjectInput{
		Bucket:      aws.String(object.Bucket),
		Key:         aws.String(object.Key),
		ContentType: aws.String(object.ContentType),
		Body:        object.Body,
	}
	if object.Tiered {
		input.StorageClass = types.StorageClassIntelligentTiering
	}
	output, err := s.Client.PutObject(ctx, input)
	if err != nil {
		return "", fmt.Errorf("put s3://%s/%s: %w", object.Bucket, object.Key, err)
	}
	return aws.ToString(output.VersionId), nil
}
