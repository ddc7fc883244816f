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
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// lake is a Lake Formation with grants by the name of what they are on.
type lake struct {
	settings types.DataLakeSettings
	granted  map[string][]string // name: principals
	open     map[string]bool     // databases whose new tables are IAM's
	stubborn bool                // revoking changes nothing
	refuse   error
	put      int
}

func (l *lake) GetDataLakeSettings(context.Context, *lakeformation.GetDataLakeSettingsInput, ...func(*lakeformation.Options)) (*lakeformation.GetDataLakeSettingsOutput, error) {
	settings := l.settings
	return &lakeformation.GetDataLakeSettingsOutput{DataLakeSettings: &settings}, l.refuse
}

func (l *lake) PutDataLakeSettings(_ context.Context, in *lakeformation.PutDataLakeSettingsInput, _ ...func(*lakeformation.Options)) (*lakeformation.PutDataLakeSettingsOutput, error) {
	l.put++
	l.settings = *in.DataLakeSettings
	return &lakeformation.PutDataLakeSettingsOutput{}, nil
}

func (l *lake) ListPermissions(_ context.Context, in *lakeformation.ListPermissionsInput, _ ...func(*lakeformation.Options)) (*lakeformation.ListPermissionsOutput, error) {
	out := &lakeformation.ListPermissionsOutput{}
	for _, principal := range l.granted[name(in.Resource)] {
		out.PrincipalResourcePermissions = append(out.PrincipalResourcePermissions, types.PrincipalResourcePermissions{
			Principal: &types.DataLakePrincipal{DataLakePrincipalIdentifier: aws.String(principal)}, Resource: in.Resource, Permissions: []types.Permission{types.PermissionAll},
		})
	}
	return out, nil
}

func (l *lake) RevokePermissions(_ context.Context, in *lakeformation.RevokePermissionsInput, _ ...func(*lakeformation.Options)) (*lakeformation.RevokePermissionsOutput, error) {
	if aws.ToString(in.Principal.DataLakePrincipalIdentifier) != anyIAM {
		return nil, errors.New("not to be touched")
	}
	if !l.stubborn {
		var kept []string
		for _, principal := range l.granted[name(in.Resource)] {
			if principal != anyIAM {
				kept = append(kept, principal)
			}
		}
		l.granted[name(in.Resource)] = kept
	}
	return &lakeformation.RevokePermissionsOutput{}, nil
}

func (l *lake) GetDatabase(_ context.Context, in *glue.GetDatabaseInput, _ ...func(*glue.Options)) (*glue.GetDatabaseOutput, error) {
	database := &gluetypes.Database{Name: in.Name, Description: aws.String("of " + *in.Name), Parameters: map[string]string{"a": "b"}}
	if l.open[*in.Name] {
		database.CreateTableDefaultPermissions = []gluetypes.PrincipalPermissions{{
			Principal: &gluetypes.DataLakePrincipal{DataLakePrincipalIdentifier: aws.String(anyIAM)}, Permissions: []gluetypes.Permission{gluetypes.PermissionAll},
		}}
	}
	return &glue.GetDatabaseOutput{Database: database}, nil
}

// UpdateDatabase is IAM's to allow while it has the database, and Lake Formation's afterwards, which lets the function do no such thing.
func (l *lake) UpdateDatabase(_ context.Context, in *glue.UpdateDatabaseInput, _ ...func(*glue.Options)) (*glue.UpdateDatabaseOutput, error) {
	if !slices.Contains(l.granted[*in.Name], anyIAM) {
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

func open() types.DataLakeSettings {
	everybody := []types.PrincipalPermissions{{
		Principal: &types.DataLakePrincipal{DataLakePrincipalIdentifier: aws.String(anyIAM)}, Permissions: []types.Permission{types.PermissionAll},
	}}
	return types.DataLakeSettings{
		DataLakeAdmins:                   []types.DataLakePrincipal{{DataLakePrincipalIdentifier: aws.String("arn:aws:iam::123456789012:role/admin")}},
		CreateDatabaseDefaultPermissions: everybody, CreateTableDefaultPermissions: everybody,
	}
}

func run(t *testing.T, l *lake, request string) (Response, error) {
	t.Helper()
	var decoded Request
	require.NoError(t, json.Unmarshal([]byte(request), &decoded))
	h := &Handler{Settings: l, Close: l, List: l, Revoke: l, Catalog: l, Logger: slog.New(slog.NewJSONHandler(&bytes.Buffer{}, nil))}
	return h.Handle(context.Background(), decoded)
}

const request = `{"databases":{"shop_raw":["clicks","sales"],"shop_curated":[]}}`

func TestHandleClosesTheCatalogOnce(t *testing.T) {
	l := &lake{settings: open(), granted: map[string][]string{
		"shop_raw": {anyIAM}, "shop_raw.clicks": {"arn:aws:iam::123456789012:role/job", anyIAM}, "another.table": {anyIAM},
	}, open: map[string]bool{"shop_raw": true, "another": true}}
	got, err := run(t, l, request)
	require.NoError(t, err)
	assert.Equal(t, Response{Revoked: 2, ClosedDefaults: true, ClosedDatabases: 1}, got)
	assert.Equal(t, map[string]bool{"another": true}, l.open, "new tables of the stack's databases are closed, too")
	assert.Equal(t, map[string][]string{
		"shop_raw": nil, "shop_raw.clicks": {"arn:aws:iam::123456789012:role/job"}, "another.table": {anyIAM},
	}, l.granted, "others' grants and tables stay as they are")
	assert.NotNil(t, l.settings.CreateTableDefaultPermissions, "an empty list is sent, not left out")
	assert.Empty(t, l.settings.CreateTableDefaultPermissions)
	assert.Len(t, l.settings.DataLakeAdmins, 1, "the rest of the settings stays")

	got, err = run(t, l, request)
	require.NoError(t, err)
	assert.Equal(t, Response{}, got, "a second time changes nothing")
	assert.Equal(t, 1, l.put)
}

func TestHandleFailsWhileAnythingIsOpen(t *testing.T) {
	_, err := run(t, &lake{granted: map[string][]string{"shop_raw.sales": {anyIAM}}, stubborn: true}, request)
	require.EqualError(t, err, "IAM_ALLOWED_PRINCIPALS still has [ALL] on shop_raw.sales")
	_, err = run(t, &lake{refuse: errors.New("denied")}, request)
	require.EqualError(t, err, "read the settings: denied")
}

func TestHandleLeavesADestroyedStackAlone(t *testing.T) {
	l := &lake{settings: open(), granted: map[string][]string{"shop_raw": {anyIAM}}}
	got, err := run(t, l, `{"databases":{"shop_raw":[]},"tf":{"action":"delete"}}`)
	require.NoError(t, err)
	assert.Equal(t, Response{}, got)
	assert.Equal(t, []string{anyIAM}, l.granted["shop_raw"])
	assert.Zero(t, l.put)
}
