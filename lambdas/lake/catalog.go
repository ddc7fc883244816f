package main

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	gluetypes "github.com/aws/aws-sdk-go-v2/service/glue/types"
	"github.com/aws/aws-sdk-go-v2/service/lakeformation"
	"github.com/aws/aws-sdk-go-v2/service/lakeformation/types"
)

// Catalog is what is taken out of IAM's hands.
type Catalog struct {
	// Admins are the ARNs of who deploys.
	Admins []string `json:"admins"`
	// Databases by name.
	Databases map[string]Database `json:"databases"`
}

// Database is what a database has.
type Database struct {
	Tables []string `json:"tables"`
	Views  []string `json:"views"`
}

// What who deploys needs. An administrator has no right to change or drop what another made, but may be granted it (AWS
// Lake Formation Developer Guide, "Implicit Lake Formation permissions"); rows are not among it. On views there is no
// ALTER, but ALL, which shows no row of the tables that a view reads (the same, "Lake Formation permissions
// reference").
var (
	onDatabase = []types.Permission{types.PermissionAlter, types.PermissionCreateTable, types.PermissionDescribe,
		types.PermissionDrop}
	onTable = []types.Permission{types.PermissionAlter, types.PermissionDescribe, types.PermissionDrop}
	onView  = []types.Permission{types.PermissionAll}
)

// thing is a database, table or view.
type catalogObject struct {
	name        string
	resource    *types.Resource
	permissions []types.Permission // of who deploys
}

// close lets whoever of the administrators deploys next change and drop what this one made, closes what new tables of
// each database are given, revokes what IAMAllowedPrincipals has, and looks again: a grant that is still there fails
// the deployment.
func (h *Handler) close(ctx context.Context, catalog Catalog) (Response, error) {
	var response Response
	// While IAM still decides: afterwards only who may alter a database in Lake Formation's eyes could.
	for _, database := range slices.Sorted(maps.Keys(catalog.Databases)) {
		closed, err := h.closeDatabase(ctx, database)
		if err != nil {
			return Response{}, err
		}
		if closed {
			response.Closed++
		}
	}
	for _, one := range catalog.objects() {
		for _, admin := range catalog.Admins {
			if _, err := h.Grants.GrantPermissions(ctx, &lakeformation.GrantPermissionsInput{
				Principal: principal(admin), Resource: one.resource, Permissions: one.permissions,
			}); err != nil {
				return Response{}, fmt.Errorf("grant %s %v on %s: %w", admin, one.permissions, one.name, err)
			}
			response.Granted++
		}
		revoked, err := h.revoke(ctx, one)
		if err != nil {
			return Response{}, err
		}
		response.Revoked += revoked
	}
	return response, nil
}

// revoke takes back what IAMAllowedPrincipals has on a thing.
func (h *Handler) revoke(ctx context.Context, one catalogObject) (int, error) {
	open, err := h.open(ctx, one)
	if err != nil {
		return 0, err
	}
	for _, grant := range open {
		if _, err := h.Grants.RevokePermissions(ctx, &lakeformation.RevokePermissionsInput{
			Principal: grant.Principal, Resource: grant.Resource,
			Permissions: grant.Permissions, PermissionsWithGrantOption: grant.PermissionsWithGrantOption,
		}); err != nil {
			return 0, fmt.Errorf("revoke %v on %s: %w", grant.Permissions, one.name, err)
		}
	}
	left, err := h.open(ctx, one)
	if err == nil && len(left) > 0 {
		err = fmt.Errorf("%s still has %v on %s", anyIAM, left[0].Permissions, one.name)
	}
	return len(open), err
}

// open is what IAMAllowedPrincipals has on a thing.
func (h *Handler) open(ctx context.Context, one catalogObject) ([]types.PrincipalResourcePermissions, error) {
	var found []types.PrincipalResourcePermissions
	pages := lakeformation.NewListPermissionsPaginator(h.Grants,
		&lakeformation.ListPermissionsInput{Principal: principal(anyIAM), Resource: one.resource})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list what is granted on %s: %w", one.name, err)
		}
		for _, grant := range page.PrincipalResourcePermissions {
			if grant.Principal != nil && aws.ToString(grant.Principal.DataLakePrincipalIdentifier) == anyIAM {
				found = append(found, grant)
			}
		}
	}
	return found, nil
}

// closeDatabase empties what new tables of a database are given. A database keeps what the settings said when it was
// made, and the provider can't send an empty list (AWS Lake Formation Developer Guide, "Change the default permission
// model").
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
	if _, err := h.Catalog.UpdateDatabase(ctx,
		&glue.UpdateDatabaseInput{Name: aws.String(name), DatabaseInput: &gluetypes.DatabaseInput{
			Name: database.Name, Description: database.Description, LocationUri: database.LocationUri,
			Parameters: database.Parameters, CreateTableDefaultPermissions: []gluetypes.PrincipalPermissions{},
		}}); err != nil {
		return false, fmt.Errorf("close the database %s: %w", name, err)
	}
	return true, nil
}

// things are the databases, tables and views, in order.
func (c Catalog) objects() []catalogObject {
	var all []catalogObject
	for _, database := range slices.Sorted(maps.Keys(c.Databases)) {
		all = append(all, catalogObject{database,
			&types.Resource{Database: &types.DatabaseResource{Name: aws.String(database)}}, onDatabase})
		add := func(names []string, permissions []types.Permission) {
			for _, name := range slices.Sorted(slices.Values(names)) {
				resource := &types.Resource{
					Table: &types.TableResource{DatabaseName: aws.String(database), Name: aws.String(name)},
				}
				all = append(all, catalogObject{database + "." + name, resource, permissions})
			}
		}
		add(c.Databases[database].Tables, onTable)
		add(c.Databases[database].Views, onView)
	}
	return all
}

func principal(arn string) *types.DataLakePrincipal {
	return &types.DataLakePrincipal{DataLakePrincipalIdentifier: aws.String(arn)}
}
