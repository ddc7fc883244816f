package warehouse_test

import (
	"fmt"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/components/warehouse"
	"dataplatform/internal/graph"
	"dataplatform/internal/pulumitest"
	"dataplatform/policies"
)

const (
	roleARN     = "arn:aws:iam::123456789012:role/warehouse"
	keyARN      = "arn:aws:kms:eu-west-1:123456789012:key/logs"
	databaseARN = "arn:aws:glue:eu-west-1:123456789012:database/shop_curated"
)

func args() *warehouse.Args {
	return &warehouse.Args{
		Prefix: "shop-test", Region: "eu-west-1", CatalogDatabase: "shop_curated", RoleARN: pulumi.String(roleARN),
		VPCID: pulumi.String("vpc-1"), SubnetIDs: pulumi.ToStringArray([]string{"subnet-a", "subnet-b", "subnet-c"}),
		BaseRPU: 8, MaxRPU: 16, RPUHoursPerDay: 4, LogRetentionDays: 14, LogKeyARN: pulumi.String(keyARN),
	}
}

func TestWarehouseIsPrivateAndCapped(t *testing.T) {
	rec := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		_, err := warehouse.New(ctx, "warehouse", args())
		return err
	})
	rec.AssertNoOrphans(t)
	workgroup := rec.One(t, "aws:redshiftserverless/workgroup:Workgroup", "warehouse")
	assert.InDelta(t, 8, workgroup.Number(t, "baseCapacity"), 0)
	assert.InDelta(t, 16, workgroup.Number(t, "maxCapacity"), 0)
	assert.Equal(t, false, workgroup.Value("publiclyAccessible"))
	assert.True(t, workgroup.True("enhancedVpcRouting"))
	assert.Equal(t, []any{"subnet-a", "subnet-b", "subnet-c"}, workgroup.Value("subnetIds"))
	assert.Equal(t, []any{map[string]any{"parameterKey": "require_ssl", "parameterValue": "true"}},
		workgroup.Value("configParameters"))
	assert.False(t, rec.One(t, "aws:ec2/securityGroup:SecurityGroup", "warehouse").Has("ingress"), "nothing comes in")

	limit := rec.One(t, "aws:redshiftserverless/usageLimit:UsageLimit", "warehouse")
	assert.InDelta(t, 4, limit.Number(t, "amount"), 0)
	assert.Equal(t, "daily", limit.String(t, "period"))
	assert.Equal(t, "deactivate", limit.String(t, "breachAction"))

	namespace := rec.One(t, "aws:redshiftserverless/namespace:Namespace", "warehouse")
	assert.True(t, namespace.True("manageAdminPassword"), "no password in the state")
	assert.False(t, namespace.Has("adminUserPassword"))
	assert.Equal(t, []any{roleARN}, namespace.Value("iamRoles"))
}

func TestTheWarehousesLogsEnd(t *testing.T) {
	rec := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		_, err := warehouse.New(ctx, "warehouse", args())
		return err
	})
	namespace := rec.One(t, "aws:redshiftserverless/namespace:Namespace", "warehouse")
	exports, ok := namespace.Value("logExports").([]any)
	require.True(t, ok)
	require.Len(t, exports, 3)
	for _, export := range exports {
		group := rec.One(t, "aws:cloudwatch/logGroup:LogGroup", fmt.Sprintf("warehouse-%s", export))
		assert.Equal(t, fmt.Sprintf("/aws/redshift/%s/%s", namespace.String(t, "namespaceName"), export),
			group.String(t, "name"))
		assert.InDelta(t, 14, group.Number(t, "retentionInDays"), 0)
		assert.Equal(t, keyARN, group.String(t, "kmsKeyId"))
		assert.True(t, namespace.WaitsFor(group), "Redshift makes a group that is not there, without an end")
	}
}

// statements are those of a warehouse with a role, in the order in which they have to run.
func statements(t *testing.T, role string) []pulumitest.Resource {
	t.Helper()
	rec := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		give := args()
		give.RoleARN = pulumi.String(role)
		_, err := warehouse.New(ctx, "warehouse", give)
		return err
	})
	var found []pulumitest.Resource
	for _, noun := range []string{"drop", "schema", "usage"} {
		found = append(found, rec.One(t, "aws:redshiftdata/statement:Statement", "warehouse-"+noun))
	}
	return found
}

// TestTheSchemaFollowsItsRole: a statement's every input replaces it, and what runs again is followed by the rest.
func TestTheSchemaFollowsItsRole(t *testing.T) {
	got := statements(t, roleARN)
	for i, sql := range []string{
		"DROP SCHEMA IF EXISTS curated",
		"CREATE EXTERNAL SCHEMA IF NOT EXISTS curated FROM DATA CATALOG DATABASE 'shop_curated' REGION 'eu-west-1' IAM_ROLE default",
		"GRANT USAGE ON SCHEMA curated TO PUBLIC",
	} {
		assert.Equal(t, sql, got[i].String(t, "sql"))
		assert.LessOrEqual(t, len(got[i].String(t, "statementName")), 500, "Redshift Data API ExecuteStatement")
		if i > 0 {
			assert.True(t, got[i].WaitsFor(got[i-1]), sql)
			assert.Contains(t, got[i].String(t, "statementName"), got[i-1].Outputs["id"].StringValue(),
				"runs again after it: %s", sql)
		}
	}
	other := statements(t, roleARN+"-2")
	assert.NotEqual(t, got[0].String(t, "statementName"), other[0].String(t, "statementName"),
		"another role drops the schema first")
	assert.Equal(t, got[0].String(t, "statementName"), statements(t, roleARN)[0].String(t, "statementName"))
}

func TestAWSMayAddParametersToTheWorkgroup(t *testing.T) {
	rec := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		_, err := warehouse.New(ctx, "warehouse", args())
		return err
	})
	assert.Equal(t, []string{"configParameters"},
		rec.One(t, "aws:redshiftserverless/workgroup:Workgroup", "warehouse").IgnoreChanges)
}

func TestReaderReadsTheCatalogAndNoData(t *testing.T) {
	rec := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		_, err := warehouse.NewReader(ctx, "warehouse", &warehouse.ReaderArgs{
			AccountID: graph.Account, DatabaseARN: pulumi.String(databaseARN), Tables: []string{"sales_hourly"},
		})
		return err
	})
	rec.AssertNoOrphans(t)
	grants, err := policies.Parse(rec.One(t, "aws:iam/rolePolicy:RolePolicy", "warehouse-grants").String(t, "policy"))
	require.NoError(t, err)
	assert.Empty(t, policies.Lint(grants))
	for _, tt := range []struct {
		action, resource string
		want             policies.Decision
	}{
		{"glue:GetTable", "arn:aws:glue:eu-west-1:123456789012:table/shop_curated/sales_hourly", policies.Allowed},
		{"glue:GetTable", "arn:aws:glue:eu-west-1:123456789012:table/shop_curated/sessions", policies.NotAllowed},
		{"glue:UpdateTable",
			"arn:aws:glue:eu-west-1:123456789012:table/shop_curated/sales_hourly", policies.NotAllowed},
		{"lakeformation:GetDataAccess", "*", policies.Allowed},
		{"s3:GetObject", "arn:aws:s3:::curated/sales_hourly/data/a", policies.NotAllowed},
	} {
		got, err := policies.Evaluate(policies.Request{Principal: roleARN, Action: tt.action, Resource: tt.resource},
			grants)
		require.NoError(t, err)
		assert.Equal(t, tt.want, got, "%s on %s", tt.action, tt.resource)
	}
	trust, err := policies.Parse(rec.One(t, "aws:iam/role:Role", "warehouse-role").String(t, "assumeRolePolicy"))
	require.NoError(t, err)
	assert.Empty(t, policies.Lint(trust), "for this account only")
}

func TestNewRejects(t *testing.T) {
	for want, change := range map[string]func(*warehouse.Args){
		"Prefix is required":          func(a *warehouse.Args) { a.Prefix = "" },
		"Region is required":          func(a *warehouse.Args) { a.Region = "" },
		"CatalogDatabase is required": func(a *warehouse.Args) { a.CatalogDatabase = "" },
		"RoleARN is required":         func(a *warehouse.Args) { a.RoleARN = nil },
		"VPCID is required":           func(a *warehouse.Args) { a.VPCID = nil },
		"SubnetIDs are required":      func(a *warehouse.Args) { a.SubnetIDs = nil },
		"BaseRPU 12: want":            func(a *warehouse.Args) { a.BaseRPU = 12 },
		"MaxRPU 0: want":              func(a *warehouse.Args) { a.MaxRPU = 0 },
		"MaxRPU 520: want":            func(a *warehouse.Args) { a.MaxRPU = 520 },
		"LogRetentionDays 0: want":    func(a *warehouse.Args) { a.LogRetentionDays = 0 },
		"LogKeyARN is required":       func(a *warehouse.Args) { a.LogKeyARN = nil },
		"RPUHoursPerDay 0: want":      func(a *warehouse.Args) { a.RPUHoursPerDay = 0 },
	} {
		give := args()
		change(give)
		rec, err := pulumitest.RunErr(
			func(ctx *pulumi.Context) error { _, err := warehouse.New(ctx, "w", give); return err },
		)
		require.ErrorContains(t, err, want)
		assert.Empty(t, rec.All())
	}
	_, err := pulumitest.RunErr(func(ctx *pulumi.Context) error { _, err := warehouse.New(ctx, "w", nil); return err })
	require.ErrorContains(t, err, "args are required")
	_, err = pulumitest.RunErr(
		func(ctx *pulumi.Context) error { _, err := warehouse.NewReader(ctx, "w", nil); return err },
	)
	require.ErrorContains(t, err, "AccountID, DatabaseARN and Tables are required")
}
