package platform

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/analytics/dashboards"
	"dataplatform/components"
	"dataplatform/components/network"
	"dataplatform/components/warehouse"
	"dataplatform/contracts"
	"dataplatform/governance"
)

// consumption is what people query with.
type consumption struct {
	workgroups map[string]*components.Analytics // by persona
}

func newConsumption(ctx *pulumi.Context, f foundation, c catalog, s services, g governed) (consumption, error) {
	workgroups, err := newWorkgroups(ctx, f, c)
	if err != nil {
		return consumption{}, fmt.Errorf("workgroups: %w", err)
	}
	if s.quickSightDashboard != nil {
		if err := newQuickSightDashboard(ctx, f, s.quickSightDashboard, g); err != nil {
			return consumption{}, fmt.Errorf("reports: %w", err)
		}
	}
	if s.warehouse != nil {
		if err := newWarehouse(ctx, f, s.warehouse, g); err != nil {
			return consumption{}, fmt.Errorf("warehouse: %w", err)
		}
	}
	return consumption{workgroups}, nil
}

// newQuickSightDashboard publishes the dashboard when its role may read what it shows.
func newQuickSightDashboard(ctx *pulumi.Context, f foundation, reader *components.Analytics, g governed) error {
	shop, err := dashboards.Shop()
	if err != nil {
		return err
	}
	role := governance.Principal{Name: serviceQuickSight, Rules: serviceRules()}
	_, err = components.NewQuickSightDashboard(ctx, serviceQuickSight+"-dashboard", &components.QuickSightDashboardArgs{
		Prefix: f.settings.Prefix, AccountID: f.where.account, WorkgroupName: reader.WorkgroupName,
		RoleARN: reader.RoleARN, DatabaseName: f.databases()[contracts.LayerCurated],
		Contracts: f.contracts.Layer(contracts.LayerCurated), Readable: role.ReadableColumns, Dashboard: shop,
		Viewers: f.settings.Analytics.QuickSight.Viewers, After: g.granted(serviceQuickSight),
	}, f.part("reports"))
	return err
}

// newWarehouse makes Redshift and the private network that it is in; nothing else needs one.
func newWarehouse(ctx *pulumi.Context, f foundation, reader *warehouse.Reader, g governed) error {
	redshift := f.settings.Analytics.Redshift
	private, err := network.New(ctx, "network", &network.Args{
		CIDR: f.settings.Network.CIDR, Region: f.settings.Region, Interfaces: []string{"glue", "lakeformation"},
		AWS: f.provider,
	}, f.part("network"))
	if err != nil {
		return err
	}
	_, err = warehouse.New(ctx, serviceWarehouse+"-redshift", &warehouse.Args{
		Prefix: strings.ReplaceAll(f.settings.Prefix, "_", "-"), Region: f.settings.Region,
		CatalogDatabase: f.databases()[contracts.LayerCurated], RoleARN: reader.RoleARN,
		VPCID: private.VPCID, SubnetIDs: private.SubnetIDs, BaseRPU: redshift.BaseRPU, MaxRPU: redshift.MaxRPU,
		RPUHoursPerDay: redshift.RPUHoursPerDay, LogRetentionDays: f.settings.LogRetentionDays,
		LogKeyARN: f.keys.operations.ARN, After: slices.Concat(reader.Ready, g.granted(serviceWarehouse)),
	}, f.part(serviceWarehouse))
	return err
}
