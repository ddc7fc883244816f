//go:build local

package life

import (
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/glue"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"

	"dataplatform/components"
	"dataplatform/components/network"
	"dataplatform/components/warehouse"
)

// TestTheSchemaFollowsItsRole takes Redshift and its network through a life of their own: the schema is made once, anew
// when another role reads the lake, and nothing is left.
func TestTheSchemaFollowsItsRole(t *testing.T) {
	t.Chdir("../..")
	standIn(t)
	reader := "reader"
	program := func(ctx *pulumi.Context) error { return redshift(ctx, reader) }
	l := born(t, prepared(t, program))
	defer l.closed()
	l.up()
	l.unchanged()
	l.showsTheLakeToRedshift()
	reader = "other"
	l.up()
	assert.Len(t, l.statements(), 6)
	l.unchanged()
	assert.Len(t, l.statements(), 6)
	l.ends()
}

func redshift(ctx *pulumi.Context, name string) error {
	provider, err := aws.NewProvider(ctx, "aws", &aws.ProviderArgs{Region: pulumi.String(region)})
	if err != nil {
		return err
	}
	by := pulumi.Provider(provider)
	key, err := components.NewKey(ctx, "operations", &components.KeyArgs{
		Description: "Logs", Partition: partition, AccountID: account, Region: region, Via: []string{"sns"},
		LogGroups: true,
	}, by)
	if err != nil {
		return err
	}
	database, err := glue.NewCatalogDatabase(ctx, "curated", &glue.CatalogDatabaseArgs{Name: pulumi.String("curated")},
		by)
	if err != nil {
		return err
	}
	reader, err := warehouse.NewReader(ctx, name,
		&warehouse.ReaderArgs{AccountID: account, DatabaseARN: database.Arn, Tables: []string{"sales_hourly"}}, by)
	if err != nil {
		return err
	}
	private, err := network.New(ctx,
		"network", &network.Args{CIDR: "10.40.0.0/16", Region: region, Interfaces: []string{"glue"}, AWS: provider}, by)
	if err != nil {
		return err
	}
	_, err = warehouse.New(ctx, "warehouse", &warehouse.Args{
		Prefix: "shop", Region: region, CatalogDatabase: "curated", RoleARN: reader.RoleARN, VPCID: private.VPCID,
		SubnetIDs: private.SubnetIDs, BaseRPU: 8, MaxRPU: 16, RPUHoursPerDay: 4, LogRetentionDays: 14,
		LogKeyARN: key.ARN, After: reader.Ready,
	}, by)
	return err
}
