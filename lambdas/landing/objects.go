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

// One request copies at most 5 GB, and a part of an upload, of which there are 10,000, is as large at most ("Copying,
// moving, and renaming objects" and "Multipart upload limits" in the Amazon S3 user guide).
const (
	maxCopy  = 5 << 30
	copyPart = 1 << 30
)

// objects reads and copies the landing bucket's objects.
type objects struct{ client *s3.Client }

func (o objects) Open(ctx context.Context, file File) (*store.Source, error) {
	return store.S3{Client: o.client}.Open(ctx, file.Bucket, file.Key, file.Version)
}

// Copy copies within S3, all but the source's tags: they would have to be read and written, too.
func (o objects) Copy(ctx context.Context, file File, bucket, key string) error {
	var err error
	if file.Size > maxCopy {
		err = o.copyInParts(ctx, file, bucket, key)
	} else {
		_, err = o.client.CopyObject(ctx, &s3.CopyObjectInput{
			Bucket: aws.String(bucket), Key: aws.String(key), CopySource: aws.String(copySource(file)),
			StorageClass: types.StorageClassIntelligentTiering, MetadataDirective: types.MetadataDirectiveCopy,
			TaggingDirective: types.TaggingDirectiveReplace,
		})
	}
	if err != nil {
		return fmt.Errorf("copy %s to s3://%s/%s: %w", file.URI(), bucket, key, err)
	}
	return nil
}

// copyInParts copies what is too large for one request. An upload that ends half-way goes with the bucket's lifecycle.
func (o objects) copyInParts(ctx context.Context, file File, bucket, key string) error {
	upload, err := o.client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{
		Bucket: &bucket, Key: &key, StorageClass: types.StorageClassIntelligentTiering,
	})
	if err != nil {
		return err
	}
	var parts []types.CompletedPart
	for start := int64(0); start < file.Size; start += copyPart {
		number := aws.Int32(int32(len(parts) + 1))
		part, err := o.client.UploadPartCopy(ctx, &s3.UploadPartCopyInput{
			Bucket: &bucket, Key: &key, UploadId: upload.UploadId, PartNumber: number,
			CopySource:      aws.String(copySource(file)),
			CopySourceRange: aws.String(fmt.Sprintf("bytes=%d-%d", start, min(start+copyPart, file.Size)-1)),
		})
		if err != nil {
			return err
		}
		parts = append(parts, types.CompletedPart{PartNumber: number, ETag: part.CopyPartResult.ETag})
	}
	_, err = o.client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
		Bucket: &bucket, Key: &key, UploadId: upload.UploadId,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
	})
	return err
}

// copySource names the file's version as S3 reads it: the way that it writes keys in notifications, a "+" is a space.
func copySource(file File) string {
	from := strings.ReplaceAll((&url.URL{Path: file.Bucket + "/" + file.Key}).EscapedPath(), "+", "%2B")
	if file.Version != "" {
		from += "?versionId=" + url.QueryEscape(file.Version)
	}
	return from
}
