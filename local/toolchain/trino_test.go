package toolchain

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOfTrinoTheJarsAreUnpackedAndSharedOnesOnce(t *testing.T) {
	fetched, dir := t.TempDir(), t.TempDir()
	file, err := os.Create(filepath.Join(fetched, "trino-server-core-9.tar.gz"))
	require.NoError(t, err)
	zipped := gzip.NewWriter(file)
	packed := tar.NewWriter(zipped)
	for name, text := range map[string]string{
		"server-9/lib/main.jar": "main", "server-9/bin/launcher": "no", "server-9/plugin/geo/geo.jar": "no",
	} {
		require.NoError(t, packed.WriteHeader(&tar.Header{Name: name, Size: int64(len(text)), Mode: 0o644}))
		_, err := packed.Write([]byte(text))
		require.NoError(t, err)
	}
	require.NoError(t, packed.Close())
	require.NoError(t, zipped.Close())
	require.NoError(t, file.Close())
	for _, plugin := range []string{"hive", "iceberg"} {
		file, err := os.Create(filepath.Join(fetched, "trino-"+plugin+"-9.zip"))
		require.NoError(t, err)
		packed := zip.NewWriter(file)
		for _, name := range []string{"shared-1.jar", plugin + ".jar", "NOTICE"} {
			entry, err := packed.Create("trino-" + plugin + "-9/" + name)
			require.NoError(t, err)
			_, err = entry.Write([]byte(name))
			require.NoError(t, err)
		}
		require.NoError(t, packed.Close())
		require.NoError(t, file.Close())
	}

	require.NoError(t, unpackTrino(fetched, dir))

	var files []string
	require.NoError(t, filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			name, _ := filepath.Rel(dir, path)
			files = append(files, name)
		}
		return err
	}))
	require.Equal(t, []string{
		"lib/main.jar", "plugin/hive/hive.jar", "plugin/hive/shared-1.jar", "plugin/iceberg/iceberg.jar",
		"plugin/iceberg/shared-1.jar",
	}, files)
	first, err := os.Stat(filepath.Join(dir, "plugin/hive/shared-1.jar"))
	require.NoError(t, err)
	second, err := os.Stat(filepath.Join(dir, "plugin/iceberg/shared-1.jar"))
	require.NoError(t, err)
	require.True(t, os.SameFile(first, second))
}
