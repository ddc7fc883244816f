package main

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/lakeformation/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const catalog = `{"catalog":{"admins":["arn:aws:iam::123456789012:role/a","arn:aws:iam::123456789012:role/b"],"databases":{
	"shop_raw":{"tables":["clicks","sales"],"views":["clicks_daily"]},"shop_curated":{}}}}`

func all() []types.Permission { return []types.Permission{types.PermissionAll} }

func closable() *lake {
	return &lake{
		settings: types.DataLakeSettings{DataLakeAdmins: []types.DataLakePrincipal{*principal(function)}},
		granted: map[string]map[string][]types.Permission{
			"shop_raw": {anyIAM: all()}, "shop_raw.clicks": {role + "job": all(), anyIAM: all()},
			"another.table": {anyIAM: all()},
		},
		open: map[string]bool{"shop_raw": true, "another": true},
	}
}

func TestHandleClosesTheCatalogOnce(t *testing.T) {
	l := closable()
	assert.Equal(t, Response{Granted: 10, Revoked: 2, Closed: 1}, l.must(t, catalog))
	assert.Equal(t, map[string]bool{"another": true}, l.open, "new tables of the stack's databases are closed, too")
	both := func(permissions ...types.Permission) map[string][]types.Permission {
		return map[string][]types.Permission{role + "a": permissions, role + "b": permissions}
	}
	clicks := both("ALTER", "DESCRIBE", "DROP")
	clicks[role+"job"] = all()
	assert.Equal(t, map[string]map[string][]types.Permission{
		"shop_raw":     both("ALTER", "CREATE_TABLE", "DESCRIBE", "DROP"),
		"shop_curated": both("ALTER", "CREATE_TABLE", "DESCRIBE", "DROP"), "shop_raw.clicks": clicks,
		"shop_raw.sales": both("ALTER", "DESCRIBE", "DROP"), "shop_raw.clicks_daily": both("ALL"),
		"another.table": {anyIAM: all()},
	}, l.granted, "whoever deploys next may change and drop; others' grants and tables stay as they are")

	assert.Equal(t, Response{Granted: 10}, l.must(t, catalog), "a second time finds nothing open")
	assert.Zero(t, l.put)
}

func TestHandleFailsWhileAnythingIsOpen(t *testing.T) {
	l := closable()
	l.stubborn = true
	_, err := l.run(t, catalog)
	require.EqualError(t, err, "IAM_ALLOWED_PRINCIPALS still has [ALL] on shop_raw")
	l = closable()
	l.settings.DataLakeAdmins = nil
	_, err = l.run(t, catalog)
	require.ErrorContains(t, err, "grant "+role+"a [ALTER CREATE_TABLE DESCRIBE DROP] on shop_curated: ")
}

func TestHandleLeavesADestroyedCatalogAlone(t *testing.T) {
	l := closable()
	assert.Equal(t, Response{},
		l.must(t, `{"catalog":{"admins":["a"],"databases":{"shop_raw":{}}},"tf":{"action":"delete"}}`))
	assert.Equal(t, closable().granted, l.granted)
}
