package main

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	gluetypes "github.com/aws/aws-sdk-go-v2/service/glue/types"
	"github.com/aws/aws-sdk-go-v2/service/lakeformation"
	"github.com/aws/aws-sdk-go-v2/service/lakeformation/types"
)

// anyIAM is the group of whoever IAM lets. While it has a grant on a table, Lake Formation protects nothing of it.
const anyIAM = "IAM_ALLOWED_PRINCIPALS"

// SettingsGetter reads the account's settings.
type SettingsGetter interface {
	GetDataLakeSettings(ctx context.Context, in *lakeformation.GetDataLakeSettingsInput, opts ...func(*lakeformation.Options)) (*lakeformation.GetDataLakeSettingsOutput, error)
}

// SettingsPutter replaces the account's settings.
type SettingsPutter interface {
	PutDataLakeSettings(ctx context.Context, in *lakeformation.PutDataLakeSettingsInput, opts ...func(*lakeformation.Options)) (*lakeformation.PutDataLakeSettingsOutput, error)
}

// Lister tells what is granted.
type Lister interface {
	ListPermissions(ctx context.Context, in *lakeformation.ListPermissionsInput, opts ...func(*lakeformation.Options)) (*lakeformation.ListPermissionsOutput, error)
}

// Revoker takes a grant back.
type Revoker interface {
	RevokePermissions(ctx context.Context, in *lakeformation.RevokePermissionsInput, opts ...func(*lakeformation.Options)) (*lakeformation.RevokePermissionsOutput, error)
}

// Databases reads and replaces what the catalog says of a database.
type Databases interface {
	GetDatabase(ctx context.Context, in *glue.GetDatabaseInput, opts ...func(*glue.Options)) (*glue.GetDatabaseOutput, error)
	UpdateDatabase(ctx context.Context, in *glue.UpdateDatabaseInput, opts ...func(*glue.Options)) (*glue.UpdateDatabaseOutput, error)
}

// Handler revokes what IAMAllowedPrincipals has. Doing it again changes nothing.
type Handler struct {
	Settings SettingsGetter
	Close    SettingsPutter
	List     Lister
	Revoke   Revoker
	Catalog  Databases
	Logger   *slog.Logger
}

// Request is what the deployment sends.
type Request struct {
	// Databases are the tables by database; without any, only what new ones are given is closed.
	Databases map[string][]string `json:"databases"`
	// Lifecycle is set by the provider when the function is invoked over the whole life of the resource.
	Lifecycle struct {
		Action string `json:"action"` // create, update or delete
	} `json:"tf"`
}

// Response says what was open.
type Response struct {
	Revoked         int  `json:"revoked"`
	ClosedDefaults  bool `json:"closedDefaults"`
	ClosedDatabases int  `json:"closedDatabases"`
}

// Handle closes what new databases and tables would be given, in the account and in each database, revokes what there is, and looks
// again: a grant that is still there fails the deployment.
func (h *Handler) Handle(ctx context.Context, request Request) (Response, error) {
	logger := h.Logger
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		logger = logger.With("requestId", lc.AwsRequestID)
	}
	if request.Lifecycle.Action == "delete" {
		return Response{}, nil
	}
	response, err := h.close(ctx, request)
	if err != nil {
		logger.Error("the catalog is not closed", "error", err)
		return Response{}, err
	}
	logger.Info("the catalog is closed", "revoked", response.Revoked, "closedDefaults", response.ClosedDefaults, "closedDatabases", response.ClosedDatabases)
	return response, nil
}

func (h *Handler) close(ctx context.Context, request Request) (Response, error) {
	var response Response
	var err error
	if response.ClosedDefaults, err = h.closeDefaults(ctx); err != nil {
		return Response{}, err
	}
	// While IAM still decides: afterwards only who may alter a database in Lake Formation's eyes could.
	for _, database := range slices.Sorted(maps.Keys(request.Databases)) {
		closed, err := h.closeDatabase(ctx, database)
		if err != nil {
			return Response{}, err
		}
		if closed {
			response.ClosedDatabases++
		}
	}
	for _, resource := range resources(request) {
		granted, err := h.granted(ctx, resource)
		if err != nil {
			return Response{}, err
		}
		for _, grant := range granted {
			if _, err := h.Revoke.RevokePermissions(ctx, &lakeformation.RevokePermissionsInput{
				Principal: grant.Principal, Resource: grant.Resource,
				Permissions: grant.Permissions, PermissionsWithGrantOption: grant.PermissionsWithGrantOption,
			}); err != nil {
				return Response{}, fmt.Errorf("revoke %v on %s: %w", grant.Permissions, name(resource), err)
			}
			response.Revoked++
		}
		if left, err := h.granted(ctx, resource); err != nil {
			return Response{}, err
		} else if len(left) > 0 {
			return Response{}, fmt.Errorf("%s still has %v on %s", anyIAM, left[0].Permissions, name(resource))
		}
	}
	return response, nil
}

// closeDefaults empties what new databases and tables are given. The provider leaves empty lists out of its request, and what
// is left out stays as it was.
func (h *Handler) closeDefaults(ctx context.Context) (bool, error) {
	got, err := h.Settings.GetDataLakeSettings(ctx, &lakeformation.GetDataLakeSettingsInput{})
	if err != nil {
		return false, fmt.Errorf("read the settings: %w", err)
	}
	settings := got.DataLakeSettings
	if settings == nil {
		return false, fmt.Errorf("read the settings: the answer is empty")
	}
	if len(settings.CreateDatabaseDefaultPermissions) == 0 && len(settings.CreateTableDefaultPermissions) == 0 {
		return false, nil
	}
	settings.CreateDatabaseDefaultPermissions = []types.PrincipalPermissions{}
	settings.CreateTableDefaultPermissions = []types.PrincipalPermissions{}
	if _, err := h.Close.PutDataLakeSettings(ctx, &lakeformation.PutDataLakeSettingsInput{DataLakeSettings: settings}); err != nil {
		return false, fmt.Errorf("close the settings: %w", err)
	}
	return true, nil
}

// closeDatabase empties what new tables of a database are given. A database keeps what the settings said when it was made, and the
// provider can't send an empty list (AWS Lake Formation Developer Guide, "Change the default permission model").
func (h *Handler) closeDatabase(ctx context.Context, name string) (bool, error) {
	got, err := h.Catalog.GetDatabase(ctx, &glue.GetDatabaseInput{Name: aws.String(name)})
	if err != nil {
		return false, fmt.Errorf("read the database %s: %w", name, err)
	}
	database := got.Database
	if database == nil {
		return false, fmt.Errorf("read the database %s: the answer is empty", name)
	}
	if len(database.CreateTableDefaultPermissions) == 0 {
		return false, nil
	}
	if _, err := h.Catalog.UpdateDatabase(ctx, &glue.UpdateDatabaseInput{Name: aws.String(name), DatabaseInput: &gluetypes.DatabaseInput{
		Name: database.Name, Description: database.Description, LocationUri: database.LocationUri, Parameters: database.Parameters,
		CreateTableDefaultPermissions: []gluetypes.PrincipalPermissions{},
	}}); err != nil {
		return false, fmt.Errorf("close the database %s: %w", name, err)
	}
	return true, nil
}

func (h *Handler) granted(ctx context.Context, resource *types.Resource) ([]types.PrincipalResourcePermissions, error) {
	principal := &types.DataLakePrincipal{DataLakePrincipalIdentifier: aws.String(anyIAM)}
	var found []types.PrincipalResourcePermissions
	pages := lakeformation.NewListPermissionsPaginator(h.List, &lakeformation.ListPermissionsInput{Principal: principal, Resource: resource})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list what is granted on %s: %w", name(resource), err)
		}
		for _, grant := range page.PrincipalResourcePermissions {
			if grant.Principal != nil && aws.ToString(grant.Principal.DataLakePrincipalIdentifier) == anyIAM {
				found = append(found, grant)
			}
		}
	}
	return found, nil
}

// resources are the databases and tables of a request, in order.
func resources(request Request) []*types.Resource {
	var all []*types.Resource
	for _, database := range slices.Sorted(maps.Keys(request.Databases)) {
		all = append(all, &types.Resource{Database: &types.DatabaseResource{Name: aws.String(database)}})
		for _, table := range slices.Sorted(slices.Values(request.Databases[database])) {
			all = append(all, &types.Resource{Table: &types.TableResource{DatabaseName: aws.String(database), Name: aws.String(table)}})
		}
	}
	return all
}

func name(resource *types.Resource) string {
	if resource.Database != nil {
		return aws.ToString(resource.Database.Name)
	}
	return aws.ToString(resource.Table.DatabaseName) + "." + aws.ToString(resource.Table.Name)
}
