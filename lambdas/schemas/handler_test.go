package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// registry holds versions as the service does; a definition that begins with "breaking" fails its check.
type registry struct {
	versions []string // "schema definition", in the order of registration
	looks    int      // at a version until its check is done
	pending  int
}

func (r *registry) status(version string) types.SchemaVersionStatus {
	if r.pending > 0 {
		r.pending--
		return types.SchemaVersionStatusPending
	}
	if bytes.Contains([]byte(version), []byte(" breaking")) {
		return types.SchemaVersionStatusFailure
	}
	return types.SchemaVersionStatusAvailable
}

func (r *registry) RegisterSchemaVersion(
	_ context.Context, in *glue.RegisterSchemaVersionInput, _ ...func(*glue.Options),
) (*glue.RegisterSchemaVersionOutput, error) {
	if aws.ToString(in.SchemaId.RegistryName) != "shop" || in.SchemaId.SchemaArn != nil {
		return nil, errors.New("no such registry")
	}
	version := aws.ToString(in.SchemaId.SchemaName) + " " + aws.ToString(in.SchemaDefinition)
	at := slices.Index(r.versions, version)
	if at < 0 {
		at, r.versions = len(r.versions), append(r.versions, version)
		r.pending = r.looks
	}
	return &glue.RegisterSchemaVersionOutput{
		SchemaVersionId: aws.String(version), VersionNumber: aws.Int64(int64(at + 2)), Status: r.status(version),
	}, nil
}

// GetSchemaVersion takes no id: the function's role may look at its own schemas, and an id does not say whose version
// it is.
func (r *registry) GetSchemaVersion(
	_ context.Context, in *glue.GetSchemaVersionInput, _ ...func(*glue.Options),
) (*glue.GetSchemaVersionOutput, error) {
	if in.SchemaVersionId != nil || in.SchemaId == nil || in.SchemaVersionNumber == nil {
		return nil, errors.New("AccessDeniedException: not authorized to perform glue:GetSchemaVersion on resource: *")
	}
	at := aws.ToInt64(in.SchemaVersionNumber.VersionNumber) - 2
	if at < 0 || at >= int64(len(r.versions)) ||
		!strings.HasPrefix(r.versions[at], aws.ToString(in.SchemaId.SchemaName)+" ") {
		return nil, errors.New("EntityNotFoundException")
	}
	return &glue.GetSchemaVersionOutput{Status: r.status(r.versions[at])}, nil
}

func TestHandle(t *testing.T) {
	const request = `{"registry":"shop","versions":[{"schema":"a","definition":"1"},{"schema":"a","definition":"2"},{"schema":"b","definition":"1"}]}`
	for _, test := range []struct {
		name     string
		request  string
		registry registry
		want     int
		err      string
		versions []string
	}{
		{name: "in order", request: request, want: 3, versions: []string{"a 1", "a 2", "b 1"}},
		{name: "waits for the check", request: request, registry: registry{looks: 3}, want: 3, versions: []string{"a 1",
			"a 2", "b 1"}},
		{
			name: "again", request: request, registry: registry{versions: []string{"a 1", "a 2", "b 1"}}, want: 3,
			versions: []string{"a 1", "a 2", "b 1"},
		},
		{name: "nothing", request: `{"registry":"shop","versions":[]}`},
		{name: "the resource goes",
			request: `{"registry":"shop","versions":[{"schema":"a","definition":"1"}],"tf":{"action":"delete"}}`},
		{
			name:     "a version that breaks readers",
			request:  `{"registry":"shop","versions":[{"schema":"a","definition":"breaking"},{"schema":"a","definition":"3"}]}`,
			registry: registry{looks: 1},
			err:      "version 2 of schema a is not compatible with the ones before: the registry says FAILURE",
			versions: []string{"a breaking"},
		},
		{
			name: "another registry", request: `{"registry":"other","versions":[{"schema":"a","definition":"1"}]}`,
			err: "register a version of schema a: no such registry",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			var log bytes.Buffer
			handler := &Handler{
				Register: &test.registry, Get: &test.registry, Logger: slog.New(slog.NewJSONHandler(&log, nil)),
			}
			var request Request
			require.NoError(t, json.Unmarshal([]byte(test.request), &request))
			got, err := handler.Handle(context.Background(), request)
			if test.err != "" {
				require.EqualError(t, err, test.err)
				assert.Contains(t, log.String(), `"level":"ERROR"`)
			} else {
				require.NoError(t, err)
			}
			assert.Equal(t, test.want, got.Accepted)
			assert.Equal(t, test.versions, test.registry.versions)
		})
	}
}

func TestHandleEndsWithItsTime(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	pending := &registry{looks: 1 << 30}
	handler := &Handler{Register: pending, Get: pending, Logger: slog.New(slog.DiscardHandler), Wait: 1 << 40}
	_, err := handler.Handle(ctx, Request{Registry: "shop", Versions: []Version{{Schema: "a", Definition: "1"}}})
	require.ErrorIs(t, err, context.Canceled)
}
