package toolchain

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func newSetup(t *testing.T) (*Setup, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	return &Setup{Root: t.TempDir(), Cache: t.TempDir(), Log: &log}, &log
}

func write(t *testing.T, path, content string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
}

func TestEnsureMakesAToolOnceForItsInputs(t *testing.T) {
	s, _ := newSetup(t)
	write(t, filepath.Join(s.Root, "in", "file"), "one")
	made := 0
	sample := tool{name: "sample", texts: []string{"v1"}, paths: []string{"in"},
		make: func(_ context.Context, dir string) error {
			made++
			return os.WriteFile(filepath.Join(dir, "result"), nil, 0o644)
		}}
	ensure := func() string {
		dir, err := s.ensure(t.Context(), sample)
		require.NoError(t, err)
		require.FileExists(t, filepath.Join(dir, "result"))
		return dir
	}
	first := ensure()
	require.Equal(t, first, ensure())
	require.Equal(t, 1, made)

	write(t, filepath.Join(s.Root, "in", "file"), "two")
	require.NotEqual(t, first, ensure(), "another content is another thing")
	sample.texts = []string{"v2"}
	ensure()
	require.Equal(t, 3, made)

	write(t, filepath.Join(s.Root, "in", "some_test.go"), "tests are no input")
	ensure()
	require.Equal(t, 3, made)
}

func TestEnsureStartsAgainAfterAFailureAndAfterAnInterruption(t *testing.T) {
	s, _ := newSetup(t)
	fail := errors.New("no network")
	sample := tool{name: "sample", make: func(_ context.Context, dir string) error {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "half"), nil, 0o644))
		return fail
	}}
	_, err := s.ensure(t.Context(), sample)
	require.ErrorIs(t, err, fail)
	dir, err := s.folder(sample)
	require.NoError(t, err)
	require.NoDirExists(t, dir)

	// As a killed process leaves it: files, no marker.
	write(t, filepath.Join(dir, "half"), "")
	sample.make = func(_ context.Context, dir string) error {
		require.NoFileExists(t, filepath.Join(dir, "half"))
		return nil
	}
	_, err = s.ensure(t.Context(), sample)
	require.NoError(t, err)
}

func TestConcurrentSetupsMakeAToolOnce(t *testing.T) {
	s, _ := newSetup(t)
	var made sync.Map
	sample := tool{name: "sample", make: func(context.Context, string) error {
		_, twice := made.LoadOrStore("made", true)
		require.False(t, twice)
		time.Sleep(300 * time.Millisecond)
		return nil
	}}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			other := &Setup{Root: s.Root, Cache: s.Cache, Log: &bytes.Buffer{}}
			_, err := other.ensure(t.Context(), sample)
			require.NoError(t, err)
		})
	}
	group.Wait()
}

func TestWhatIsCompiledIsMadeBesideTheRest(t *testing.T) {
	s, _ := newSetup(t)
	meeting := make(chan struct{})
	meet := func(ctx context.Context, _ string) error {
		select {
		case meeting <- struct{}{}:
		case <-meeting:
		case <-ctx.Done():
		}
		return ctx.Err()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	ensure := func(sample tool) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := s.ensure(ctx, sample)
			return err
		}
	}
	require.NoError(t, together(ctx,
		ensure(tool{name: "fetched", make: meet}), ensure(tool{name: "compiled", make: meet, compiled: true})))
}

func TestTheFirstFailureEndsTheOthersAndIsReported(t *testing.T) {
	broken := errors.New("no network")
	require.Equal(t, broken, together(t.Context(),
		func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		},
		func(context.Context) error { return broken }))
	require.NoError(t, together(t.Context(), func(context.Context) error { return nil }))
}

func TestPruneKeepsWhatWasUsedLately(t *testing.T) {
	s, _ := newSetup(t)
	old, recent := filepath.Join(s.Cache, "sample-old"), filepath.Join(s.Cache, "sample-recent")
	write(t, filepath.Join(old, marker), "")
	write(t, filepath.Join(recent, marker), "")
	long := time.Now().Add(-unusedAfter - time.Hour)
	require.NoError(t, os.Chtimes(filepath.Join(old, marker), long, long))
	_, err := s.ensure(t.Context(), tool{name: "sample", make: func(context.Context, string) error { return nil }})
	require.NoError(t, err)
	require.NoDirExists(t, old)
	require.DirExists(t, recent)
}

func TestDoShowsOutputOfAFailureOnly(t *testing.T) {
	s, log := newSetup(t)
	require.NoError(t, s.do(t.Context(), run{title: "quiet", argv: []string{"sh", "-c", "echo chatter"}}))
	require.Empty(t, log.String())
	err := s.do(t.Context(), run{title: "loud", argv: []string{"sh", "-c", "echo the reason >&2; exit 3"}})
	require.ErrorContains(t, err, "loud: sh -c")
	require.ErrorContains(t, err, "the reason")
}

func TestDoEndsChildrenWithTheContext(t *testing.T) {
	s, _ := newSetup(t)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	start := time.Now()
	// The shell's child would hold the output open for a minute.
	err := s.do(ctx, run{title: "slow", argv: []string{"sh", "-c", "sleep 60 & wait"}})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Less(t, time.Since(start), 5*time.Second)
}

func TestCheckSumsReportsEveryDifference(t *testing.T) {
	dir, list := t.TempDir(), filepath.Join(t.TempDir(), "sums")
	write(t, filepath.Join(dir, "good.jar"), "good")
	write(t, filepath.Join(dir, "changed.jar"), "changed")
	write(t, filepath.Join(dir, "extra.jar"), "extra")
	sum, err := fileSum(filepath.Join(dir, "good.jar"))
	require.NoError(t, err)
	lines := []string{sum + "  good.jar", strings.Repeat("0", 64) + "  changed.jar",
		strings.Repeat("1", 64) + "  absent.jar"}
	write(t, list, strings.Join(lines, "\n")+"\n")
	err = checkSums(list, dir)
	for _, name := range []string{"changed.jar has", "extra.jar has", "absent.jar is listed"} {
		require.ErrorContains(t, err, name)
	}
	require.NotContains(t, err.Error(), "good.jar")
}

func TestPrerequisitesAreReportedTogether(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	t.Setenv("JAVA_HOME", "")
	_, err := FindHost(t.Context())
	require.ErrorContains(t, err, "Go is missing")
	require.ErrorContains(t, err, "Python 3.11")
}

func TestAtLeast(t *testing.T) {
	minimum := [3]int{3, 220, 0}
	for version, want := range map[string]bool{
		"v3.220.0": true, "v3.219.9": false, "3.258.0": true, "v4.0.0": true, "v3.220.1-alpha.1": true,
		"v2.999.0": false, "nonsense": false, "": false,
	} {
		require.Equal(t, want, atLeast(version, minimum), version)
	}
}

func TestSDKVersionComesFromTheModule(t *testing.T) {
	s, _ := newSetup(t)
	write(t, filepath.Join(s.Root, "go.mod"),
		"module x\n\nrequire (\n\tgithub.com/pulumi/pulumi-aws/sdk/v6 v6.83.2\n)\n")
	version, err := s.SDKVersion()
	require.NoError(t, err)
	require.Equal(t, "6.83.2", version)
}

func TestTrainingIsMadeOfItsFilesAndOfNoneOfTheOthers(t *testing.T) {
	s, _ := newSetup(t)
	for _, file := range []string{buildFile, requirementsFile, trainingFile, scriptsFile} {
		write(t, filepath.Join(s.Root, file), "")
	}
	folders := func() (string, string) {
		python, err := s.folder(s.venv())
		require.NoError(t, err)
		training, err := s.folder(s.training())
		require.NoError(t, err)
		return python, training
	}
	python, training := folders()
	for _, file := range []string{trainingFile, scriptsFile} {
		write(t, filepath.Join(s.Root, file), file)
		same, other := folders()
		require.Equal(t, python, same, file)
		require.NotEqual(t, training, other, file)
		training = other
	}
	require.NotContains(t, All, Training, "only who asks for it pays for it")
	_, err := s.Ensure(t.Context(), "nothing")
	require.ErrorContains(t, err, "provider, ml")
}
