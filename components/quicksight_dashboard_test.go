package components_test

import (
	"encoding/json"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/analytics/dashboards"
	"dataplatform/components"
	"dataplatform/contracts"
	"dataplatform/governance"
	"dataplatform/internal/graph"
	"dataplatform/internal/pulumitest"
	"dataplatform/policies"
)

const viewerARN = "arn:aws:quicksight:eu-west-1:123456789012:group/default/analysts"

func quickSightDashboardArgs(t *testing.T) *components.QuickSightDashboardArgs {
	t.Helper()
	shop, err := dashboards.Shop()
	require.NoError(t, err)
	return &components.QuickSightDashboardArgs{
		Prefix: "shop_test", AccountID: graph.Account, WorkgroupName: pulumi.String("reports"),
		RoleARN: pulumi.String(roles + "reports"), DatabaseName: "shop_test_curated",
		Contracts: loadContracts(t).Layer(contracts.LayerCurated),
		Readable:  governance.Principal{Rules: governance.Analysts()}.ReadableColumns, Dashboard: shop,
		Viewers: []string{viewerARN},
	}
}

func TestQuickSightDashboardIsOneTemplate(t *testing.T) {
	args := quickSightDashboardArgs(t)
	rec := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		_, err := components.NewQuickSightDashboard(ctx, "reports-dashboard", args)
		return err
	})
	rec.AssertNoOrphans(t)
	stack := rec.One(t, "aws:cloudformation/stack:Stack", "reports-dashboard")
	assert.Equal(t, map[string]any{"Workgroup": "reports", "Role": roles + "reports"}, stack.Value("parameters"))
	text := stack.String(t, "templateBody")
	assert.Less(t, len(text), 51_200, "the most that a template in a request may have (CloudFormation quotas)")
	var template struct {
		Resources map[string]struct {
			Type       string
			Properties map[string]any
		}
	}
	require.NoError(t, json.Unmarshal([]byte(text), &template))
	kinds := map[string]int{}
	for _, resource := range template.Resources {
		kinds[resource.Type]++
		assert.Equal(t, graph.Account, resource.Properties["AwsAccountId"])
	}
	assert.Equal(t, map[string]int{
		"AWS::QuickSight::DataSource": 1, "AWS::QuickSight::DataSet": len(args.Dashboard.Datasets),
		"AWS::QuickSight::Dashboard": 1,
	}, kinds)

	sales := template.Resources["Datasaleshourly"].Properties
	assert.Equal(t, "DIRECT_QUERY", sales["ImportMode"], "a copy in SPICE would be seen whatever Lake Formation says")
	table := sales["PhysicalTableMap"].(map[string]any)["sales-hourly"].(map[string]any)["CustomSql"].(map[string]any)
	assert.Equal(t, "sales_hourly", table["Name"])
	assert.Contains(t, table["Columns"], map[string]any{"Name": "net_revenue", "Type": "DECIMAL"})
	assert.Contains(t, table["Columns"], map[string]any{"Name": "hour_start", "Type": "DATETIME"})
	query := table["SqlQuery"].(string)
	assert.Regexp(t, `^SELECT CAST\(at_timezone\("hour_start", 'UTC'\) AS timestamp\(3\)\) AS "hour_start", .*"net_revenue"`,
		query, "QuickSight has no timestamps with time zone")
	assert.Regexp(t, ` FROM "shop_test_curated"."sales_hourly"$`, query)
	for _, column := range table["Columns"].([]any) {
		assert.NotEmpty(t, column.(map[string]any)["Type"], "%v", column)
	}

	dashboard := template.Resources["Dashboard"].Properties
	assert.Equal(t, args.Dashboard.Version, dashboard["VersionDescription"])
	definition := dashboard["Definition"].(map[string]any)
	assert.Len(t, definition["DataSetIdentifierDeclarations"], len(args.Dashboard.Datasets))
	assert.NotEmpty(t, definition["Sheets"])
	permission := dashboard["Permissions"].([]any)[0].(map[string]any)
	assert.Equal(t, viewerARN, permission["Principal"])
	assert.NotContains(t, permission["Actions"], "quicksight:UpdateDashboard")
}

func TestAServiceQueriesByARoleOfTheWorkgroup(t *testing.T) {
	rec := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		layer, err := newLayer(ctx, "artifacts", false, lifecycle)
		if err != nil {
			return err
		}
		args := analyticsArgs(layer)
		args.Readers, args.Service, args.AccountID = nil, policies.QuickSight, graph.Account
		_, err = components.NewAnalytics(ctx, "reports", args)
		return err
	})
	role := rec.One(t, "aws:iam/role:Role", "reports-role")
	trust, err := policies.Parse(role.String(t, "assumeRolePolicy"))
	require.NoError(t, err)
	assert.Empty(t, policies.Lint(trust), "it acts for this account only")
	grants := rec.One(t, "aws:iam/rolePolicy:RolePolicy", "reports-grants")
	assert.Equal(t, rec.One(t, managedToken, "reports").String(t, "policy"), grants.String(t, "policy"))
	assert.Empty(t, rec.OfType(attachmentToken))
}

func TestNewQuickSightDashboardRejects(t *testing.T) {
	for want, change := range map[string]func(*components.QuickSightDashboardArgs){
		"Prefix is required":        func(a *components.QuickSightDashboardArgs) { a.Prefix = "" },
		"AccountID is required":     func(a *components.QuickSightDashboardArgs) { a.AccountID = "" },
		"WorkgroupName is required": func(a *components.QuickSightDashboardArgs) { a.WorkgroupName = nil },
		"RoleARN is required":       func(a *components.QuickSightDashboardArgs) { a.RoleARN = nil },
		"DatabaseName is required":  func(a *components.QuickSightDashboardArgs) { a.DatabaseName = "" },
		"Readable is required":      func(a *components.QuickSightDashboardArgs) { a.Readable = nil },
		"Viewers are required":      func(a *components.QuickSightDashboardArgs) { a.Viewers = nil },
		"Dashboard is required": func(a *components.QuickSightDashboardArgs) {
			a.Dashboard = dashboards.Dashboard{}
		},
		"the dashboard shows sales_hourly, which none of them describes": func(a *components.QuickSightDashboardArgs) {
			a.Contracts = nil
		},
		"clicks is no Iceberg table": func(a *components.QuickSightDashboardArgs) {
			a.Dashboard.Datasets, a.Contracts = []string{"clicks"}, loadContracts(t).Layer(contracts.LayerProcessed)
		},
	} {
		rejects(t, want, func(ctx *pulumi.Context) error {
			_, err := components.NewQuickSightDashboard(ctx, "reports", changed(quickSightDashboardArgs(t), change))
			return err
		})
	}
	rejects(t, "args are required", func(ctx *pulumi.Context) error {
		_, err := components.NewQuickSightDashboard(ctx, "reports", nil)
		return err
	})
}
