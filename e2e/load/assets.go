package load

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// assetsDataset is the folder of raw that objects are put into.
const assetsDataset = "assets"

// AssetDrop is one object to put below the assets' folder, or one to delete.
type AssetDrop struct {
	Key     string // below the folder
	Content []byte
	Path    string // of the content, instead of Content
	Product string // in the object's metadata; "" for none
	Delete  bool
}

// AssetClient is the part of the S3 client that sending assets needs.
type AssetClient interface {
	ObjectPutter
	DeleteObject(context.Context, *s3.DeleteObjectInput, ...func(*s3.Options)) (*s3.DeleteObjectOutput, error)
}

// AssetSender puts objects into raw and books their versions.
type AssetSender struct {
	Client AssetClient
	Bucket string
	Ledger *Ledger
}

// ReadAssets lists the files of a folder and those below it.
func ReadAssets(dir string) ([]AssetDrop, error) {
	var drops []AssetDrop
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		below, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		drops = append(drops, AssetDrop{Key: filepath.ToSlash(below), Path: path})
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(drops) == 0 {
		return nil, fmt.Errorf("%s: no files in %s", assetsDataset, dir)
	}
	return drops, nil
}

// Send does what the drops say, in order.
func (s *AssetSender) Send(ctx context.Context, drops []AssetDrop) error {
	for _, drop := range drops {
		version, err := s.send(ctx, drop)
		if err != nil {
			return fmt.Errorf("%s: %w", drop.Key, err)
		}
		s.Ledger.Assets = append(s.Ledger.Assets,
			Asset{Identity: assetsDataset + "/" + drop.Key + "?versionId=" + version})
	}
	return nil
}

func (s *AssetSender) send(ctx context.Context, drop AssetDrop) (version string, err error) {
	key := assetsDataset + "/" + drop.Key
	if drop.Delete {
		out, err := s.Client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &s.Bucket, Key: &key})
		if err != nil {
			return "", err
		}
		return versionOf(out.VersionId)
	}
	var body io.ReadSeeker = bytes.NewReader(drop.Content)
	if drop.Path != "" { // it may be larger than memory
		file, err := os.Open(drop.Path)
		if err != nil {
			return "", err
		}
		defer func() { _ = file.Close() }() // only read
		body = file
	}
	input := &s3.PutObjectInput{Bucket: &s.Bucket, Key: &key, Body: body}
	if drop.Product != "" {
		input.Metadata = map[string]string{"product-id": drop.Product}
	}
	out, err := s.Client.PutObject(ctx, input)
	if err != nil {
		return "", err
	}
	return versionOf(out.VersionId)
}

func versionOf(id *string) (string, error) {
	if id == nil {
		return "", fmt.Errorf("the bucket keeps no versions")
	}
	return *id, nil
}
