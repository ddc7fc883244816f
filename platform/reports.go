package platform

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/analytics/dashboards"
	"dataplatform/components"
	"dataplatform/contracts"
	"dataplatform/governance"
	"dataplatform/platform/settings"
	"dataplatform/policies"
)

// kindReports is QuickSight, which queries for whoever looks at a dashboard.
const kindReports = "reports"

// reportRules let QuickSight's role read what analysts read of curated. Processed has tables that Athena alone can read.
func reportRules() []governance.Rule {
	rules := governance.Analysts()
	for i := range rules {
		rules[i].Layers = []string{contracts.LayerCurated}
	}
	return rules
}

// newReportReader makes the workgroup and the role of QuickSight, before it is granted anything.
func (d *deployment) newReportReader() (err error) {
	if !d.settings.Analytics.QuickSight.Enabled {
		return nil
	}
	d.reporter, err = components.NewAnalytics(d.ctx, kindReports, &components.AnalyticsArgs{
		Results: d.layers[settings.LayerArtifacts], ScanLimitBytes: d.settings.Analytics.ScanLimitBytes,
		PolicyName: d.settings.Prefix + "-" + kindReports, DataCatalogARN: d.arn("athena", "datacatalog/AwsDataCatalog"),
		DatabaseARNs: []pulumi.StringInput{d.catalog.DatabaseARNs[contracts.LayerCurated]},
		Service:      policies.QuickSight, AccountID: d.where.account,
	}, d.part("reports"))
	if err != nil {
		return err
	}
	d.grantees = append(d.grantees, components.Grantee{Name: kindReports, ARN: d.reporter.RoleARN, Rules: reportRules()})
	return nil
}

// newReports publishes the dashboard when its role may read what it shows.
func (d *deployment) newReports() error {
	if d.reporter == nil {
		return nil
	}
	shop, err := dashboards.Shop()
	if err != nil {
		return err
	}
	role := governance.Principal{Name: kindReports, Rules: reportRules()}
	_, err = components.NewReports(d.ctx, kindReports+"-dashboard", &components.ReportsArgs{
		Prefix: d.settings.Prefix, AccountID: d.where.account, WorkgroupName: d.reporter.WorkgroupName, RoleARN: d.reporter.RoleARN,
		DatabaseName: d.databases()[contracts.LayerCurated], Contracts: d.contracts.Layer(contracts.LayerCurated), Readable: role.ReadableColumns,
		Dashboard: shop, Viewers: d.settings.Analytics.QuickSight.Viewers, After: d.granted(kindReports),
	}, d.part("reports"))
	return err
}
