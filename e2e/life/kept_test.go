//go:build local

package life

import (
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components"
	"dataplatform/contracts"
	"dataplatform/policies"
)

const (
	partition, account, region = "aws", "123456789012", "eu-west-1"
	trailName                  = "shop-data"
)

// TestTheSecondLifeOfWhatIsKept takes the components that keep data through two lives: a program of a tenth of a
// stack's size. What is retained and not protected leaves the state and stays on AWS, so that the second life meets its
// name.
func TestTheSecondLifeOfWhatIsKept(t *testing.T) {
	t.Chdir("../..")
	retain := true
	program := func(ctx *pulumi.Context) error { return storage(ctx, retain) }
	l := born(t, prepared(t, program))
	defer l.closed()
	l.begins()
	l.endsButForItsData()
	l.goesOn()
	retain = false
	l.up()
	l.ends()
}

// storage is what of the platform holds data, and a workgroup beside.
func storage(ctx *pulumi.Context, retain bool) error {
	set, err := contracts.Load()
	if err != nil {
		return err
	}
	provider, err := aws.NewProvider(ctx, "aws", &aws.ProviderArgs{
		Region: pulumi.String(region), S3UsePathStyle: pulumi.Bool(true),
		DefaultTags: &aws.ProviderDefaultTagsArgs{Tags: pulumi.StringMap{"owner": pulumi.String("data-team")}},
	})
	if err != nil {
		return err
	}
	by := pulumi.Provider(provider)
	trail := policies.TrailRefs{
		ARN: "arn:aws:cloudtrail:" + region + ":" + account + ":trail/" + trailName, Account: account,
	}
	layers, names, all := map[string]*components.Layer{}, pulumi.StringMap{}, []*components.Layer{}
	for _, name := range []string{"landing", "raw", "processed", "curated", "audit"} {
		var writer policies.TrailRefs
		if name == "audit" {
			writer = trail
		}
		key, err := components.NewKey(ctx, name, &components.KeyArgs{
			Description: "Data of the " + name + " layer", Partition: partition, AccountID: account, Region: region,
			Via: []string{"s3", "dynamodb"}, Trail: writer, Retain: retain,
		}, by)
		if err != nil {
			return err
		}
		layers[name], err = components.NewLayer(ctx, name, &components.LayerArgs{
			KMSKeyARN: key.ARN, Retain: retain, Lifecycle: components.Lifecycle{NoncurrentDays: 30}, Trail: writer,
		}, by)
		if err != nil {
			return err
		}
		names[name], all = layers[name].BucketName, append(all, layers[name])
	}
	if _, err := components.NewLogs(ctx, "logs", &components.LogsArgs{
		AccountID: account, Layers: all, Retain: retain, Lifecycle: components.Lifecycle{NoncurrentDays: 30},
	}, by); err != nil {
		return err
	}
	if _, err := components.NewTrail(ctx, "audit", &components.TrailArgs{
		TrailName: trailName, Bucket: layers["audit"], Watched: []*components.Layer{layers["landing"]}, Retain: retain,
	}, by); err != nil {
		return err
	}
	if _, err := components.NewLedger(ctx,
		"ledger", &components.LedgerArgs{KMSKeyARN: layers["raw"].KMSKeyARN, Retain: retain}, by); err != nil {
		return err
	}
	catalog, err := components.NewCatalog(ctx,
		"catalog", &components.CatalogArgs{
			Prefix: "shop_life", Contracts: set, Layers: layers, Retain: retain,
			Since: contracts.Since{Arrivals: "2026-01-01", Events: "2026-01-01"},
		}, by)
	if err != nil {
		return err
	}
	analysts, err := components.NewAnalytics(ctx, "analysts", &components.AnalyticsArgs{
		Results: layers["landing"], ScanLimitBytes: 100 << 30, PolicyName: "shop-life-analysts",
		DataCatalogARN: "arn:aws:athena:" + region + ":" + account + ":datacatalog/AwsDataCatalog",
		DatabaseARNs:   []pulumi.StringInput{catalog.DatabaseARNs["curated"]},
	}, by)
	if err != nil {
		return err
	}
	ctx.Export("region", pulumi.String(region))
	ctx.Export("buckets", names)
	ctx.Export("workgroups", pulumi.StringMap{"analysts": analysts.WorkgroupName})
	return nil
}
