package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	gluetypes "github.com/aws/aws-sdk-go-v2/service/glue/types"
	"github.com/aws/aws-sdk-go-v2/service/lakeformation"
	"github.com/aws/aws-sdk-go-v2/service/lakeformation/types"
	"github.com/stretchr/testify/require"
)

const (
	role     = "arn:aws:iam::123456789012:role/"
	function = role + "governance-function-role"
)

// lake is a Lake Formation with grants by the name of what they are on, and the memory of what was taken.
type lake struct {
	settings types.DataLakeSettings
	granted  map[string]map[string][]types.Permission // by name and principal
	open     map[string]bool                          // databases whose new tables are IAM's
	stubborn bool                                     // revoking changes nothing
	refuse   error                                    // of reading the settings
	broken   error                                    // of putting them
	put      int
	taken    *Taken
}

func (l *lake) GetDataLakeSettings(
	context.Context, *lakeformation.GetDataLakeSettingsInput, ...func(*lakeformation.Options),
) (*lakeformation.GetDataLakeSettingsOutput, error) {
	settings := l.settings
	settings.DataLakeAdmins = slices.Clone(settings.DataLakeAdmins)
	return &lakeformation.GetDataLakeSettingsOutput{DataLakeSettings: &settings}, l.refuse
}

// PutDataLakeSettings replaces everything but the defaults that are left out.
func (l *lake) PutDataLakeSettings(
	_ context.Context, in *lakeformation.PutDataLakeSettingsInput, _ ...func(*lakeformation.Options),
) (*lakeformation.PutDataLakeSettingsOutput, error) {
	if l.broken != nil {
		return nil, l.broken
	}
	l.put++
	before := l.settings
	l.settings = *in.DataLakeSettings
	if l.settings.CreateDatabaseDefaultPermissions == nil {
		l.settings.CreateDatabaseDefaultPermissions = before.CreateDatabaseDefaultPermissions
	}
	if l.settings.CreateTableDefaultPermissions == nil {
		l.settings.CreateTableDefaultPermissions = before.CreateTableDefaultPermissions
	}
	return &lakeformation.PutDataLakeSettingsOutput{}, nil
}

func nameOf(resource *types.Resource) string {
	if resource.Database != nil {
		return *resource.Database.Name
	}
	return *resource.Table.DatabaseName + "." + *resource.Table.Name
}

func (l *lake) ListPermissions(
	_ context.Context, in *lakeformation.ListPermissionsInput, _ ...func(*lakeformation.Options),
) (*lakeformation.ListPermissionsOutput, error) {
	out := &lakeformation.ListPermissionsOutput{}
	for arn, permissions := range l.granted[nameOf(in.Resource)] {
		out.PrincipalResourcePermissions = append(out.PrincipalResourcePermissions, types.PrincipalResourcePermissions{
			Principal: principal(arn), Resource: in.Resource, Permissions: permissions,
		})
	}
	return out, nil
}

func (l *lake) GrantPermissions(
	_ context.Context, in *lakeformation.GrantPermissionsInput, _ ...func(*lakeformation.Options),
) (*lakeformation.GrantPermissionsOutput, error) {
	if !slices.ContainsFunc(l.settings.DataLakeAdmins,
		func(admin types.DataLakePrincipal) bool { return *admin.DataLakePrincipalIdentifier == function }) {
		return nil, errors.New("insufficient Lake Formation permissions")
	}
	if l.granted[nameOf(in.Resource)] == nil {
		l.granted[nameOf(in.Resource)] = map[string][]types.Permission{}
	}
	l.granted[nameOf(in.Resource)][*in.Principal.DataLakePrincipalIdentifier] = in.Permissions
	return &lakeformation.GrantPermissionsOutput{}, nil
}

func (l *lake) RevokePermissions(
	_ context.Context, in *lakeformation.RevokePermissionsInput, _ ...func(*lakeformation.Options),
) (*lakeformation.RevokePermissionsOutput, error) {
	if *in.Principal.DataLakePrincipalIdentifier != anyIAM {
		return nil, errors.New("not to be touched")
	}
	if !l.stubborn {
		delete(l.granted[nameOf(in.Resource)], anyIAM)
	}
	return &lakeformation.RevokePermissionsOutput{}, nil
}

func (l *lake) GetDatabase(
	_ context.Context, in *glue.GetDatabaseInput, _ ...func(*glue.Options),
) (*glue.GetDatabaseOutput, error) {
	database := &gluetypes.Database{
		Name: in.Name, Description: aws.String("of " + *in.Name), Parameters: map[string]string{"a": "b"},
	}
	if l.open[*in.Name] {
		database.CreateTableDefaultPermissions = []gluetypes.PrincipalPermissions{{
			Principal:   &gluetypes.DataLakePrincipal{DataLakePrincipalIdentifier: aws.String(anyIAM)},
			Permissions: []gluetypes.Permission{gluetypes.PermissionAll},
		}}
	}
	return &glue.GetDatabaseOutput{Database: database}, nil
}

// UpdateDatabase is IAM's to allow while it has the database, and Lake Formation's afterwards, which lets the function
// do no such thing.
func (l *lake) UpdateDatabase(
	_ context.Context, in *glue.UpdateDatabaseInput, _ ...func(*glue.Options),
) (*glue.UpdateDatabaseOutput, error) {
	if _, open := l.granted[*in.Name][anyIAM]; !open {
		return nil, errors.New("insufficient Lake Formation permissions")
	}
	if in.DatabaseInput.CreateTableDefaultPermissions == nil {
		return &glue.UpdateDatabaseOutput{}, nil // what is left out stays
	}
	if *in.DatabaseInput.Description != "of "+*in.Name || in.DatabaseInput.Parameters["a"] != "b" {
		return nil, errors.New("the rest of the database is lost")
	}
	delete(l.open, *in.Name)
	return &glue.UpdateDatabaseOutput{}, nil
}

func (l *lake) Load(context.Context) (*Taken, error)      { return l.taken, nil }
func (l *lake) Save(_ context.Context, taken Taken) error { l.taken = &taken; return nil }
func (l *lake) Forget(context.Context) error              { l.taken = nil; return nil }
func (l *lake) run(t *testing.T, request string) (Response, error) {
	t.Helper()
	var decoded Request
	require.NoError(t, json.Unmarshal([]byte(request), &decoded))
	h := &Handler{
		Settings: l, Grants: l, Catalog: l, Memory: l, Logger: slog.New(slog.NewJSONHandler(&bytes.Buffer{}, nil)),
	}
	return h.Handle(context.Background(), decoded)
}

func (l *lake) must(t *testing.T, request string) Response {
	t.Helper()
	response, err := l.run(t, request)
	require.NoError(t, err)
	return response
}

func TestHandleWantsOneThing(t *testing.T) {
	for _, request := range []string{`{}`, `{"administrators":{},"catalog":{}}`} {
		_, err := (&lake{}).run(t, request)
		require.EqualError(t, err, "want administrators or catalog")
	}
}
