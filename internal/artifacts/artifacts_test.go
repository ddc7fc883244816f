package artifacts

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"debug/elf"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

var elfMachines = map[string]elf.Machine{"arm64": elf.EM_AARCH64, "amd64": elf.EM_X86_64}

// repository is the root seen from this package.
const repository = "../.."

func TestEveryShippedFunctionIsOfItsArchitecture(t *testing.T) {
	require.NoError(t, Build(t.Context(), repository, io.Discard))
	names, err := functions(repository)
	require.NoError(t, err)
	for _, arch := range Architectures {
		for _, name := range names {
			packed, err := os.ReadFile(filepath.Join(repository, Folder, "lambda", arch, name+".zip"))
			require.NoError(t, err)
			requireBootstrap(t, packed, arch)
		}
	}
}

func requireBootstrap(t *testing.T, packed []byte, arch string) {
	t.Helper()
	reader, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	require.NoError(t, err)
	require.Len(t, reader.File, 1)
	file := reader.File[0]
	require.Equal(t, "bootstrap", file.Name)
	require.Equal(t, os.FileMode(0o755), file.Mode().Perm(), "the runtime must be able to execute it")
	open, err := file.Open()
	require.NoError(t, err)
	content, err := io.ReadAll(open)
	require.NoError(t, err)
	binary, err := elf.NewFile(bytes.NewReader(content))
	require.NoError(t, err)
	require.Equal(t, elfMachines[arch], binary.Machine)
	for _, segment := range binary.Progs {
		require.NotEqual(t, elf.PT_INTERP, segment.Type, "it must not need the host's C library")
	}
}

// project makes a repository with one function that needs only the standard
// library.
func project(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for name, content := range map[string]string{
		"go.mod":                           "module sample\n\ngo 1.25\n",
		"lambdas/hello/main.go":            "package main\n\nfunc main() { println(\"hello\") }\n",
		"glue-scripts/dataplatform/job.py": "VALUE = 1\n",
		"glue-scripts/dataplatform/__pycache__/job.cpython-311.pyc": "left out",
		"sagemaker-scripts/train.py":                                "VALUE = 1\n",
		"sagemaker-scripts/recommender/model.py":                    "VALUE = 2\n",
		"sagemaker-scripts/requirements.txt":                        "numpy==1.26.4\n",
		"sagemaker-scripts/README.md":                               "left out",
		"sagemaker-scripts/tests/test_train.py":                     "left out",
	} {
		path := filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
	}
	return root
}

func TestFunctionsAreByteIdentical(t *testing.T) {
	one, two := project(t), project(t)
	for _, arch := range Architectures {
		first, err := buildFunction(t.Context(), one, "hello", arch)
		require.NoError(t, err)
		requireBootstrap(t, first, arch)
		second, err := buildFunction(t.Context(), two, "hello", arch)
		require.NoError(t, err)
		require.True(t, bytes.Equal(first, second), "the folder it was built in must not show")
	}
}

func TestBuildMakesOnlyWhatChanged(t *testing.T) {
	root := project(t)
	build := func() string {
		var log bytes.Buffer
		require.NoError(t, Build(t.Context(), root, &log))
		return log.String()
	}
	require.Contains(t, build(), "lambda/arm64/hello.zip")
	require.Empty(t, build(), "nothing changed")

	source := filepath.Join(root, "lambdas/hello/main.go")
	require.NoError(t, os.WriteFile(source, []byte("package main\n\nfunc main() { println(\"bye\") }\n"), 0o644))
	require.Contains(t, build(), "lambda/arm64/hello.zip")

	require.NoError(t, os.Remove(filepath.Join(root, "build/lambda/amd64/hello.zip")))
	require.Contains(t, build(), "lambda/amd64/hello.zip")
}

func TestModelSourceIsByteIdenticalAndHoldsWhatRuns(t *testing.T) {
	var archives [][]byte
	for range 2 {
		root := project(t)
		require.NoError(t, buildModelSource(root, io.Discard))
		packed, err := os.ReadFile(filepath.Join(root, Folder, modelArchive))
		require.NoError(t, err)
		archives = append(archives, packed)
	}
	require.True(t, bytes.Equal(archives[0], archives[1]))
	zipped, err := gzip.NewReader(bytes.NewReader(archives[0]))
	require.NoError(t, err)
	var names []string
	for files := tar.NewReader(zipped); ; {
		header, err := files.Next()
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
		names = append(names, header.Name)
	}
	require.Equal(t, []string{"recommender/model.py", "requirements.txt", "train.py"}, names)
}

func TestLibraryHoldsSourcesAndContractsOnly(t *testing.T) {
	root := project(t)
	require.NoError(t, buildLibrary(root, io.Discard))
	packed, err := os.ReadFile(filepath.Join(root, Folder, libraryArchive))
	require.NoError(t, err)
	reader, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	require.NoError(t, err)
	var names []string
	for _, file := range reader.File {
		names = append(names, file.Name)
	}
	require.Equal(t, []string{"dataplatform/contracts.json", "dataplatform/job.py"}, names)
}
