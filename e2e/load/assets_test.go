package load

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// versioned keeps the size of every version put or deleted.
type versioned struct{ sizes []string }

func (v *versioned) next(key string, size int) *string {
	v.sizes = append(v.sizes, fmt.Sprint(key, " ", size))
	version := fmt.Sprint("v", len(v.sizes))
	return &version
}

func (v *versioned) PutObject(
	_ context.Context, in *s3.PutObjectInput, _ ...func(*s3.Options),
) (*s3.PutObjectOutput, error) {
	body, err := io.ReadAll(in.Body)
	return &s3.PutObjectOutput{VersionId: v.next(*in.Key+in.Metadata["product-id"], len(body))}, err
}

func (v *versioned) DeleteObject(
	_ context.Context, in *s3.DeleteObjectInput, _ ...func(*s3.Options),
) (*s3.DeleteObjectOutput, error) {
	return &s3.DeleteObjectOutput{VersionId: v.next(*in.Key, -1)}, nil
}

func TestAssetSender(t *testing.T) {
	client, ledger := &versioned{}, &Ledger{}
	path := filepath.Join(t.TempDir(), "b c")
	require.NoError(t, os.WriteFile(path, []byte("12345"), 0o644))
	require.NoError(t,
		(&AssetSender{Client: client, Bucket: "raw", Ledger: ledger}).Send(context.Background(), []AssetDrop{
			{Key: "a", Content: []byte("123"), Product: "!"}, {Key: "b c", Path: path}, {Key: "a", Delete: true},
		}))
	assert.Equal(t, []string{"assets/a! 3", "assets/b c 5", "assets/a -1"}, client.sizes)
	assert.Equal(t, []Asset{{Identity: "assets/a?versionId=v1"}, {Identity: "assets/b c?versionId=v2"},
		{Identity: "assets/a?versionId=v3"}}, ledger.Assets)
}

func TestReadAssets(t *testing.T) {
	dir := t.TempDir()
	_, err := ReadAssets(dir)
	require.ErrorContains(t, err, "no files")
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "products", "1"), 0o755))
	for _, name := range []string{"a+b.txt", "products/1/x.jpg"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), nil, 0o644))
	}
	drops, err := ReadAssets(dir)
	require.NoError(t, err)
	require.Len(t, drops, 2)
	assert.Equal(t, []string{"a+b.txt", "products/1/x.jpg"}, []string{drops[0].Key, drops[1].Key})
}

func TestGenerateAssets(t *testing.T) {
	drops, expected, err := GenerateAssets(1, 20, 1<<10)
	require.NoError(t, err)
	again, _, err := GenerateAssets(1, 20, 1<<10)
	require.NoError(t, err)
	assert.Equal(t, drops, again, "a seed makes the same")
	assert.Len(t, drops, expected.Received)
	assert.Equal(t, expected.Received, expected.Processed+expected.Quarantined)
	contents, sizes := map[string]bool{}, 0
	for _, drop := range drops[:20] {
		assert.False(t, contents[string(drop.Content)], "%s is the copy of another", drop.Key)
		contents[string(drop.Content)] = true
		sizes += len(drop.Content)
	}
	assert.InDelta(t, 100_000, sizes/20, 20_000, "bytes a photo")
}
