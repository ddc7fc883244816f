package platform

import (
	"slices"
	"strings"

	"dataplatform/components"
	"dataplatform/components/network"
	"dataplatform/components/warehouse"
	"dataplatform/contracts"
)

// kindWarehouse is Redshift, which queries the lake for those it lets in.
const kindWarehouse = "warehouse"

// newWarehouseReader makes the role by which Redshift reads the lake, before it is granted anything.
func (d *deployment) newWarehouseReader() (err error) {
	if !d.settings.Analytics.Redshift.Enabled {
		return nil
	}
	d.warehouseReader, err = warehouse.NewReader(d.ctx, kindWarehouse, &warehouse.ReaderArgs{
		AccountID: d.where.account, DatabaseARN: d.catalog.DatabaseARNs[contracts.LayerCurated], Tables: d.icebergTables(contracts.LayerCurated),
	}, d.part(kindWarehouse))
	if err != nil {
		return err
	}
	d.grantees = append(d.grantees, components.Grantee{Name: kindWarehouse, ARN: d.warehouseReader.RoleARN, Rules: reportRules()})
	return nil
}

// newWarehouse makes Redshift and the private network that it is in; nothing else needs one.
func (d *deployment) newWarehouse() error {
	redshift := d.settings.Analytics.Redshift
	if !redshift.Enabled {
		return nil
	}
	private, err := network.New(d.ctx, "network", &network.Args{
		CIDR: d.settings.Network.CIDR, Region: d.settings.Region, Interfaces: []string{"glue", "lakeformation"}, AWS: d.provider,
	}, d.part("network"))
	if err != nil {
		return err
	}
	_, err = warehouse.New(d.ctx, kindWarehouse+"-redshift", &warehouse.Args{
		Prefix: strings.ReplaceAll(d.settings.Prefix, "_", "-"), Region: d.settings.Region, CatalogDatabase: d.databases()[contracts.LayerCurated], RoleARN: d.warehouseReader.RoleARN,
		VPCID: private.VPCID, SubnetIDs: private.SubnetIDs, BaseRPU: redshift.BaseRPU, MaxRPU: redshift.MaxRPU, RPUHoursPerDay: redshift.RPUHoursPerDay,
		LogRetentionDays: d.settings.LogRetentionDays, LogKeyARN: d.keys.operations.ARN,
		After: slices.Concat(d.warehouseReader.Ready, d.granted(kindWarehouse)),
	}, d.part(kindWarehouse))
	return err
}
