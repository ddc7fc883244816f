// Package store reads and puts objects of the lake's buckets.
package store

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
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
	// Once refuses a gzipped object where one of its key is there with other content, and leaves that as it is where it
	// has the same. Without it the object replaces one of its key.
	Once bool
}

// trailerTag is the tag with the last eight bytes of a gzipped object, which are the checksum and the length of what is
// packed: they cost nothing, and another release of the compressor leaves them alone. It is a tag and no metadata,
// because who may read tags need not be allowed to read objects.
const (
	trailerTag    = "gzip-trailer"
	trailerLength = 8
)

// ErrOtherContent is of an object that is written once and is there already, with other content.
var ErrOtherContent = errors.New("it is there already, with other content, and is written once")

// S3 stores objects in S3.
type S3 struct{ Client *s3.Client }

// Put writes the object and returns its version id ("" in a bucket without versions).
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
	var content string
	if object.Once {
		var err error
		if content, err = trailer(object.Body); err != nil {
			return "", fmt.Errorf("trailer of s3://%s/%s: %w", object.Bucket, object.Key, err)
		}
		input.IfNoneMatch, input.Tagging = aws.String("*"), aws.String(trailerTag+"="+content)
	}
	output, err := s.Client.PutObject(ctx, input)
	var refused smithy.APIError
	if object.Once && errors.As(err, &refused) && refused.ErrorCode() == "PreconditionFailed" {
		return s.same(ctx, object, content)
	}
	if err != nil {
		return "", fmt.Errorf("put s3://%s/%s: %w", object.Bucket, object.Key, err)
	}
	return aws.ToString(output.VersionId), nil
}

// trailer reads the last bytes of a body, in hex, and leaves it at its beginning.
func trailer(body io.ReadSeeker) (string, error) {
	last := make([]byte, trailerLength)
	if _, err := body.Seek(-trailerLength, io.SeekEnd); err != nil {
		return "", err
	}
	if _, err := io.ReadFull(body, last); err != nil {
		return "", err
	}
	_, err := body.Seek(0, io.SeekStart)
	return hex.EncodeToString(last), err
}

// same returns the version of the object that is there in the place of one that is written once: an earlier try wrote
// it, or somebody something else. One without the tag stays as it is: an erasure took something out of it, or it was
// written before there was a tag.
func (s S3) same(ctx context.Context, object Object, content string) (string, error) {
	there, err := s.Client.GetObjectTagging(ctx, &s3.GetObjectTaggingInput{
		Bucket: aws.String(object.Bucket), Key: aws.String(object.Key),
	})
	if err != nil {
		return "", fmt.Errorf("compare s3://%s/%s: %w", object.Bucket, object.Key, err)
	}
	for _, tag := range there.TagSet {
		if aws.ToString(tag.Key) == trailerTag && aws.ToString(tag.Value) != content {
			return "", fmt.Errorf("put s3://%s/%s: %w", object.Bucket, object.Key, ErrOtherContent)
		}
	}
	return aws.ToString(there.VersionId), nil
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
