package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/lakeformation"
)

// anyIAM is the group of whoever IAM lets. While it has a grant on a table, Lake Formation protects nothing of it.
const anyIAM = "IAM_ALLOWED_PRINCIPALS"

// Settings reads the account's settings and replaces them as a whole.
type Settings interface {
	GetDataLakeSettings(
		ctx context.Context, in *lakeformation.GetDataLakeSettingsInput, opts ...func(*lakeformation.Options),
	) (*lakeformation.GetDataLakeSettingsOutput, error)
	PutDataLakeSettings(
		ctx context.Context, in *lakeformation.PutDataLakeSettingsInput, opts ...func(*lakeformation.Options),
	) (*lakeformation.PutDataLakeSettingsOutput, error)
}

// Grants tells what is granted, grants and takes back.
type Grants interface {
	ListPermissions(
		ctx context.Context, in *lakeformation.ListPermissionsInput, opts ...func(*lakeformation.Options),
	) (*lakeformation.ListPermissionsOutput, error)
	GrantPermissions(
		ctx context.Context, in *lakeformation.GrantPermissionsInput, opts ...func(*lakeformation.Options),
	) (*lakeformation.GrantPermissionsOutput, error)
	RevokePermissions(
		ctx context.Context, in *lakeformation.RevokePermissionsInput, opts ...func(*lakeformation.Options),
	) (*lakeformation.RevokePermissionsOutput, error)
}

// Databases reads and replaces what the catalog says of a database.
type Databases interface {
	GetDatabase(
		ctx context.Context, in *glue.GetDatabaseInput, opts ...func(*glue.Options),
	) (*glue.GetDatabaseOutput, error)
	UpdateDatabase(
		ctx context.Context, in *glue.UpdateDatabaseInput, opts ...func(*glue.Options),
	) (*glue.UpdateDatabaseOutput, error)
}

// Memory keeps what was taken of the account's settings until a destroy gives it back. Load answers nil when nothing
// was.
type Memory interface {
	Load(ctx context.Context) (*Taken, error)
	Save(ctx context.Context, taken Taken) error
	Forget(ctx context.Context) error
}

// Handler changes of Lake Formation what no resource of the provider changes rightly. Doing it again changes nothing.
type Handler struct {
	Settings Settings
	Grants   Grants
	Catalog  Databases
	Memory   Memory
	Logger   *slog.Logger
}

// Request is what the deployment sends: who shall administer the lake, or which databases are closed.
type Request struct {
	Administrators *Administrators `json:"administrators"`
	Catalog        *Catalog        `json:"catalog"`
	// Lifecycle is set by the provider when the function is invoked over the whole life of the resource.
	Lifecycle struct {
		Action string `json:"action"` // create, update or delete
	} `json:"tf"`
}

// Response says what was changed.
type Response struct {
	Settings bool `json:"settings"`
	Granted  int  `json:"granted"`
	Revoked  int  `json:"revoked"`
	Closed   int  `json:"closed"` // databases
}

// Handle does what the request is for.
func (h *Handler) Handle(ctx context.Context, request Request) (Response, error) {
	logger := h.Logger
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		logger = logger.With("requestId", lc.AwsRequestID)
	}
	response, err := h.handle(ctx, request)
	if err != nil {
		logger.Error("Lake Formation is not as it should be", "error", err)
		return Response{}, err
	}
	logger.Info("Lake Formation is as it should be",
		"settings", response.Settings, "granted", response.Granted, "revoked", response.Revoked,
		"closed", response.Closed)
	return response, nil
}

func (h *Handler) handle(ctx context.Context, request Request) (Response, error) {
	destroyed := request.Lifecycle.Action == "delete"
	switch {
	case (request.Administrators == nil) == (request.Catalog == nil):
		return Response{}, errors.New("want administrators or catalog")
	case request.Catalog != nil && destroyed:
		return Response{}, nil // what is granted on a table ends with it; until then who deploys may drop it
	case request.Catalog != nil:
		return h.close(ctx, *request.Catalog)
	}
	change := h.take
	if destroyed {
		change = h.giveBack
	}
	changed, err := change(ctx, *request.Administrators)
	if err != nil {
		return Response{}, fmt.Errorf("the account's settings: %w", err)
	}
	return Response{Settings: changed}, nil
}
