// Package store reads and puts objects of the lake's buckets.
package store

import (
	"context"
	"fmt"
	"io"
	"mime"
	"strings"

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

// Source is an opened object.
type Source struct {
	Body     io.ReadCloser
	Size     int64
	Version  string
	Metadata map[string]string // keys in lower case, values as the sender wrote them
}

// Open opens an object for reading, or that version of it when one is named.
func (s S3) Open(ctx context.Context, bucket, key, version string) (*Source, error) {
	input := &s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String(key)}
	if version != "" {
		input.VersionId = aws.String(version)
	}
	out, err := s.Client.GetObject(ctx, input)
	if err != nil {
		return nil, fmt.Errorf("open the object: %w", err)
	}
	metadata := map[string]string{}
	for name, value := range out.Metadata {
		metadata[strings.ToLower(name)] = said(value)
	}
	return &Source{
		Body: out.Body, Size: aws.ToInt64(out.ContentLength), Version: aws.ToString(out.VersionId), Metadata: metadata,
	}, nil
}

// said is the value of metadata as its sender wrote it: S3 returns what is not ASCII encoded for mail, by RFC 2047
// ("Working with object metadata" in the Amazon S3 user guide). What cannot be decoded was no such value.
func said(value string) string {
	decoded, err := new(mime.WordDecoder).DecodeHeader(value)
	if err != nil {
		return value
	}
	return decoded
}
