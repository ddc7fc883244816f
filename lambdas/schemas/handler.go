package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"
)

// Registrar adds a version to a schema; a definition that the schema has already stays the version it is.
type Registrar interface {
	RegisterSchemaVersion(
		ctx context.Context, in *glue.RegisterSchemaVersionInput, opts ...func(*glue.Options),
	) (*glue.RegisterSchemaVersionOutput, error)
}

// Getter tells how a version's check came out.
type Getter interface {
	GetSchemaVersion(
		ctx context.Context, in *glue.GetSchemaVersionInput, opts ...func(*glue.Options),
	) (*glue.GetSchemaVersionOutput, error)
}

// Handler registers versions one after the other. Doing it again changes nothing.
type Handler struct {
	Register Registrar
	Get      Getter
	Logger   *slog.Logger
	Wait     time.Duration // between two looks at a version
}

// Request is what the deployment sends.
type Request struct {
	Registry string `json:"registry"`
	// Versions are in the order in which they follow one another.
	Versions []Version `json:"versions"`
	// Lifecycle is set by the provider when the function is invoked over the whole life of the resource.
	Lifecycle struct {
		Action string `json:"action"` // create, update or delete
	} `json:"tf"`
}

// Version is one version of a schema.
type Version struct {
	Schema     string `json:"schema"`
	Definition string `json:"definition"`
}

// Response says how many versions the registry has accepted, now or before.
type Response struct {
	Accepted int `json:"accepted"`
}

// Handle registers the versions. One that the registry refuses is the function's failure and with it the deployment's;
// what would follow it is not registered.
func (h *Handler) Handle(ctx context.Context, request Request) (Response, error) {
	logger := h.Logger
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		logger = logger.With("requestId", lc.AwsRequestID)
	}
	var response Response
	if request.Lifecycle.Action == "delete" {
		return response, nil
	}
	for _, version := range request.Versions {
		number, err := h.register(ctx, request.Registry, version)
		if err != nil {
			logger.Error("the version is not registered", "schema", version.Schema, "error", err)
			return response, err
		}
		logger.Info("version accepted", "schema", version.Schema, "version", number)
		response.Accepted++
	}
	return response, nil
}

// register adds a version and waits until it has been checked against the ones before.
func (h *Handler) register(ctx context.Context, registry string, version Version) (int64, error) {
	schema := &types.SchemaId{RegistryName: aws.String(registry), SchemaName: aws.String(version.Schema)}
	out, err := h.Register.RegisterSchemaVersion(ctx,
		&glue.RegisterSchemaVersionInput{SchemaId: schema, SchemaDefinition: aws.String(version.Definition)})
	if err != nil {
		return 0, fmt.Errorf("register a version of schema %s: %w", version.Schema, err)
	}
	number, status := aws.ToInt64(out.VersionNumber), out.Status
	for status == types.SchemaVersionStatusPending {
		select {
		case <-ctx.Done():
			return 0, fmt.Errorf("version %d of schema %s was not checked in time: %w", number, version.Schema,
				ctx.Err())
		case <-time.After(h.Wait):
		}
		// By its number in the schema: an id alone names no resource, and IAM would want the right to every schema
		// there is.
		got, err := h.Get.GetSchemaVersion(ctx, &glue.GetSchemaVersionInput{
			SchemaId: schema, SchemaVersionNumber: &types.SchemaVersionNumber{VersionNumber: aws.Int64(number)},
		})
		if err != nil {
			return 0, fmt.Errorf("look at version %d of schema %s: %w", number, version.Schema, err)
		}
		status = got.Status
	}
	if status != types.SchemaVersionStatusAvailable {
		return 0, fmt.Errorf("version %d of schema %s is not compatible with the ones before: the registry says %s",
			number, version.Schema, status)
	}
	return number, nil
}
