package stack

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/auto/events"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/stretchr/testify/require"
)

const bucketURN = "urn:pulumi:local::dataplatform::dataplatform:storage:Layer$aws:s3/bucketV2:BucketV2::raw"

func meta(op apitype.OpType, diffs ...string) apitype.StepEventMetadata {
	return apitype.StepEventMetadata{Op: op, URN: bucketURN, Type: "aws:s3/bucketV2:BucketV2", Diffs: diffs}
}

func gather(sent ...apitype.EngineEvent) *operationReport {
	stream, over := make(chan events.EngineEvent), make(chan struct{})
	go func() {
		for _, event := range sent {
			stream <- events.EngineEvent{EngineEvent: event}
		}
		close(over)
	}()
	return follow(stream, over)
}

func before(m apitype.StepEventMetadata) apitype.EngineEvent {
	return apitype.EngineEvent{ResourcePreEvent: &apitype.ResourcePreEvent{Metadata: m}}
}

func after(m apitype.StepEventMetadata) apitype.EngineEvent {
	return apitype.EngineEvent{ResOutputsEvent: &apitype.ResOutputsEvent{Metadata: m}}
}

func TestReportNamesWhatChanged(t *testing.T) {
	for name, test := range map[string]struct {
		give []apitype.EngineEvent
		want []Change
	}{
		"unchanged": {give: []apitype.EngineEvent{before(meta(apitype.OpRefresh)), after(meta(apitype.OpSame)),
			after(meta(apitype.OpSame))}},
		"read back different": {
			give: []apitype.EngineEvent{before(meta(apitype.OpRefresh)), after(meta(apitype.OpUpdate, "tags"))},
			want: []Change{{"aws:s3/bucketV2:BucketV2", "raw", "update", []string{"tags"}}},
		},
		"read back different, then put right, counts once": {
			give: []apitype.EngineEvent{
				before(meta(apitype.OpRefresh)), after(meta(apitype.OpUpdate, "tags")),
				before(meta(apitype.OpUpdate, "tags")), after(meta(apitype.OpUpdate, "tags")),
			},
			want: []Change{{"aws:s3/bucketV2:BucketV2", "raw", "update", []string{"tags"}}},
		},
		"gone": {
			give: []apitype.EngineEvent{before(meta(apitype.OpRefresh)), after(meta(apitype.OpDelete)),
				before(meta(apitype.OpCreate))},
			want: []Change{{"aws:s3/bucketV2:BucketV2", "raw", "delete", nil}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := gather(test.give...).operation()
			require.Equal(t, test.want, o.Changes)
			require.Equal(t, 1, o.Resources)
		})
	}
}

func TestReportPrefersTheEnginesDiagnostics(t *testing.T) {
	failed := errors.New("exit status 255 and a screenful of text")
	require.Equal(t, failed, gather().explain(failed))
	a := gather(apitype.EngineEvent{DiagnosticEvent: &apitype.DiagnosticEvent{
		URN: bucketURN, Severity: "error", Message: "  BucketAlreadyExists\n",
	}})
	require.EqualError(t, a.explain(failed), "aws:s3/bucketV2:BucketV2 raw: BucketAlreadyExists")
}

func TestReportNamesARefusalOnce(t *testing.T) {
	diagnostic := func(urn, message string) apitype.EngineEvent {
		return apitype.EngineEvent{
			DiagnosticEvent: &apitype.DiagnosticEvent{URN: urn, Severity: "error", Message: message},
		}
	}
	const stackURN = "urn:pulumi:local::dataplatform::pulumi:pulumi:Stack::dataplatform-local"
	a := gather(diagnostic(bucketURN+"\n", "logged"), diagnostic(bucketURN, "BucketAlreadyExists"),
		diagnostic("", "a resource failed to register"), diagnostic(stackURN, "update failed"))
	require.Equal(t, []Refusal{{"aws:s3/bucketV2:BucketV2", "raw", "BucketAlreadyExists"}}, a.operation().Refused)
	alone := gather(diagnostic(stackURN, "the program failed"))
	require.Equal(t, []Refusal{{stackType, "dataplatform-local", "the program failed"}}, alone.operation().Refused)
}

func TestInventoryBeyond(t *testing.T) {
	before := Inventory{"s3": {"kept"}, "kms": {"default"}}
	now := Inventory{"s3": {"new", "kept"}, "sqs": {"queue"}}
	require.Equal(t, []string{"s3 new", "sqs queue"}, now.beyond(before))
	require.Empty(t, before.beyond(before))
}

func TestLayProjectCopiesSettingsAndLinksTheRest(t *testing.T) {
	root, dir := t.TempDir(), filepath.Join(t.TempDir(), "project")
	for _, name := range []string{"Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.prod.yaml", ".gitignore",
		"build/lambda.zip"} {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(root, name), []byte(name), 0o644))
	}
	require.NoError(t, layProject(root, dir, "dev"))
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	require.Equal(t, []string{"Pulumi.dev.yaml", "Pulumi.yaml", "build"}, names)
	require.FileExists(t, filepath.Join(dir, "build", "lambda.zip"))

	require.NoError(t, os.WriteFile(filepath.Join(dir, "Pulumi.dev.yaml"), []byte("written by the engine"), 0o644))
	kept, err := os.ReadFile(filepath.Join(root, "Pulumi.dev.yaml"))
	require.NoError(t, err)
	require.Equal(t, "Pulumi.dev.yaml", string(kept))
}

func TestEnvironmentHidesARealAccount(t *testing.T) {
	p := &Platform{Endpoint: "http://127.0.0.1:5000"}
	env := p.Environment()
	for _, name := range []string{"AWS_PROFILE", "AWS_SESSION_TOKEN"} {
		value, set := env[name]
		require.True(t, set, name)
		require.Empty(t, value, name)
	}
	require.Equal(t, "http://127.0.0.1:5000", env["AWS_ENDPOINT_URL"])
}

// TestAForeignPlatformIsFoundAgain by the command that takes it down, with its stack, though no process of ours runs.
func TestAForeignPlatformIsFoundAgain(t *testing.T) {
	options := Options{Root: t.TempDir(), StateDir: filepath.Join(t.TempDir(), "state"), Stack: "prod"}
	p, err := Connect(options, "http://127.0.0.1:4566")
	require.NoError(t, err)
	require.NoError(t, p.SaveRunning())
	found, err := Attach(Options{Root: options.Root})
	require.NoError(t, err)
	require.True(t, found.Foreign())
	require.Equal(t, "http://127.0.0.1:4566", found.Endpoint)
	require.Equal(t, "prod", found.options.Stack)
	require.NoError(t, found.Close())
	require.NoDirExists(t, options.StateDir)
}
