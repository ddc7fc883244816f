package platform

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components"
	"dataplatform/components/warehouse"
	"dataplatform/contracts"
	"dataplatform/governance"
	"dataplatform/platform/settings"
	"dataplatform/policies"
)

// The services of AWS that query the lake for whoever they let in.
const (
	serviceQuickSight = "reports"   // QuickSight, for who looks at a dashboard
	serviceWarehouse  = "warehouse" // Redshift
)

// services are the roles by which they read, there before they are granted anything. One that is off is nil.
type services struct {
	quickSightDashboard *components.Analytics
	warehouse           *warehouse.Reader
	grantees            []components.Grantee
}

func newServices(ctx *pulumi.Context, f foundation, c catalog) (services, error) {
	var made services
	var err error
	if f.settings.Analytics.QuickSight.Enabled {
		if made.quickSightDashboard, err = components.NewAnalytics(ctx, serviceQuickSight, &components.AnalyticsArgs{
			Results: f.layers[settings.LayerArtifacts], ScanLimitBytes: f.settings.Analytics.ScanLimitBytes,
			PolicyName: f.settings.Prefix + "-" + serviceQuickSight, DataCatalogARN: f.arn("athena",
				"datacatalog/AwsDataCatalog"),
			DatabaseARNs: []pulumi.StringInput{c.DatabaseARNs[contracts.LayerCurated]},
			Service:      policies.QuickSight, AccountID: f.where.account,
		}, f.part("reports")); err != nil {
			return services{}, fmt.Errorf("report reader: %w", err)
		}
		made.grantees = append(made.grantees,
			components.Grantee{Name: serviceQuickSight, ARN: made.quickSightDashboard.RoleARN, Rules: serviceRules()})
	}
	if f.settings.Analytics.Redshift.Enabled {
		if made.warehouse, err = warehouse.NewReader(ctx, serviceWarehouse, &warehouse.ReaderArgs{
			AccountID: f.where.account, DatabaseARN: c.DatabaseARNs[contracts.LayerCurated],
			Tables: f.icebergTables(contracts.LayerCurated),
		}, f.part(serviceWarehouse)); err != nil {
			return services{}, fmt.Errorf("warehouse reader: %w", err)
		}
		made.grantees = append(made.grantees,
			components.Grantee{Name: serviceWarehouse, ARN: made.warehouse.RoleARN, Rules: serviceRules()})
	}
	return made, nil
}

// serviceRules let a service read what analysts read of curated. Processed has tables that Athena alone can read.
func serviceRules() []governance.Rule {
	rules := governance.Analysts()
	for i := range rules {
		rules[i].Layers = []string{contracts.LayerCurated}
	}
	return rules
}
