package components

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/glue"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components/rendering"
	"dataplatform/policies"
)

const crawlerType = "dataplatform:catalog:Crawler"

const (
	discoveryTablePrefix = "discovery_"
	crawlerSchedule      = "cron(0 3 * * ? *)" // daily at 03:00 UTC
)

// CrawlerArgs configures a Crawler.
type CrawlerArgs struct {
	// Raw is the layer below whose discovery/ prefix unknown feeds are put. Required.
	Raw *Layer
	// DatabaseName and DatabaseARN take the tables that the crawler makes; their names start with discovery_. Required.
	DatabaseName, DatabaseARN pulumi.StringInput
}

func (args *CrawlerArgs) validate() error {
	if args == nil {
		return errNoArgs
	}
	var c checks
	c.that(args.Raw != nil, "Raw is required")
	c.input("DatabaseName", args.DatabaseName)
	c.input("DatabaseARN", args.DatabaseARN)
	return c.err()
}

// Crawler looks once a day at feeds nobody has written a contract for. It describes new ones and only logs when a known
// one changes: tables are owned by code. Its role reaches no table made from a contract.
type Crawler struct {
	pulumi.ResourceState
	Name    pulumi.StringOutput `pulumi:"name"`
	RoleARN pulumi.StringOutput `pulumi:"roleArn"`
}

// NewCrawler registers a Crawler named name.
func NewCrawler(ctx *pulumi.Context, name string, args *CrawlerArgs, opts ...pulumi.ResourceOption) (*Crawler, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("crawler %q: %w", name, err)
	}
	crawler := &Crawler{}
	if err := ctx.RegisterComponentResourceV2(crawlerType, name, pulumi.Map{"database": args.DatabaseName}, crawler,
		opts...); err != nil {
		return nil, fmt.Errorf("crawler %q: %w", name, err)
	}
	parent := pulumi.Parent(crawler)
	role, err := iam.NewRole(ctx, name+"-role", &iam.RoleArgs{
		Description: pulumi.String("Crawler " + name), AssumeRolePolicy: pulumi.String(policies.TrustGlue().JSON()),
	}, parent)
	if err != nil {
		return nil, fmt.Errorf("crawler %q: role: %w", name, err)
	}
	may := policies.CrawlerRefs{Prefix: policies.DiscoveryPrefix, TablePrefix: discoveryTablePrefix}
	grants, err := iam.NewRolePolicy(ctx, name+"-grants", &iam.RolePolicyArgs{
		Role: role.Name,
		Policy: rendering.Policy(rendering.Refs{
			&may.BucketARN: args.Raw.BucketARN, &may.KeyARN: args.Raw.KMSKeyARN, &may.DatabaseARN: args.DatabaseARN,
		},
			func() policies.Document { return policies.Crawler(may) }),
	}, parent)
	if err != nil {
		return nil, fmt.Errorf("crawler %q: grants: %w", name, err)
	}
	c, err := glue.NewCrawler(ctx, name, &glue.CrawlerArgs{
		Description:  pulumi.String("Looks at feeds that no contract describes yet; only logs changes of known ones"),
		DatabaseName: args.DatabaseName, TablePrefix: pulumi.String(discoveryTablePrefix),
		Role: role.Arn, Schedule: pulumi.String(crawlerSchedule),
		S3Targets: glue.CrawlerS3TargetArray{
			&glue.CrawlerS3TargetArgs{
				Path: pulumi.Sprintf("s3://%s/%s", args.Raw.BucketName, policies.DiscoveryPrefix),
			},
		},
		SchemaChangePolicy: &glue.CrawlerSchemaChangePolicyArgs{
			UpdateBehavior: pulumi.String("LOG"), DeleteBehavior: pulumi.String("LOG"),
		},
		RecrawlPolicy: &glue.CrawlerRecrawlPolicyArgs{RecrawlBehavior: pulumi.String("CRAWL_NEW_FOLDERS_ONLY")},
	}, after([]pulumi.ResourceOption{parent}, grants)...)
	if err != nil {
		return nil, fmt.Errorf("crawler %q: %w", name, err)
	}
	crawler.Name, crawler.RoleARN = c.Name, role.Arn
	return crawler, ctx.RegisterResourceOutputs(crawler, pulumi.Map{"name": crawler.Name, "roleArn": crawler.RoleARN})
}
