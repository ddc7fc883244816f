package components

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/athena"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const analyticsType = "dataplatform:analytics:Analytics"

// ResultsPrefix is where query results go in the results layer. Give it an expiry: a result is a copy of data.
const ResultsPrefix = "athena-results/"

// minScanLimit is the lowest cut-off that Athena takes, in bytes (Athena API, WorkGroupConfiguration).
const minScanLimit = 10_000_000

// AnalyticsArgs configures Analytics.
type AnalyticsArgs struct {
	// Results is the layer that keeps query results, under its own key. Required.
	Results *Layer
	// ScanLimitBytes cuts off a query that reads more: at least 10,000,000. Required.
	ScanLimitBytes int
	// Retain keeps the workgroup when the stack is destroyed while analysts' saved queries are in it.
	Retain bool
}

func (args *AnalyticsArgs) validate() error {
	if args == nil {
		return errNoArgs
	}
	var c checks
	c.that(args.Results != nil, "Results is required")
	c.that(args.ScanLimitBytes >= minScanLimit, "ScanLimitBytes %d: want at least %d", args.ScanLimitBytes, minScanLimit)
	return c.err()
}

// Analytics is the Athena workgroup that analysts query with. What it says about results, encryption and cost cannot be
// overruled by a query.
type Analytics struct {
	pulumi.ResourceState
	WorkgroupName pulumi.StringOutput `pulumi:"workgroupName"`
	WorkgroupARN  pulumi.StringOutput `pulumi:"workgroupArn"`
}

// NewAnalytics registers Analytics named name.
func NewAnalytics(ctx *pulumi.Context, name string, args *AnalyticsArgs, opts ...pulumi.ResourceOption) (*Analytics, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("analytics %q: %w", name, err)
	}
	analytics := &Analytics{}
	if err := ctx.RegisterComponentResourceV2(analyticsType, name, pulumi.Map{"scanLimitBytes": pulumi.Int(args.ScanLimitBytes)}, analytics, opts...); err != nil {
		return nil, fmt.Errorf("analytics %q: %w", name, err)
	}
	workgroup, err := athena.NewWorkgroup(ctx, name, &athena.WorkgroupArgs{
		Description:  pulumi.String("Queries on the platform's tables"),
		ForceDestroy: pulumi.Bool(!args.Retain),
		Configuration: &athena.WorkgroupConfigurationArgs{
			EnforceWorkgroupConfiguration:   pulumi.Bool(true),
			PublishCloudwatchMetricsEnabled: pulumi.Bool(true),
			BytesScannedCutoffPerQuery:      pulumi.Int(args.ScanLimitBytes),
			EngineVersion:                   &athena.WorkgroupConfigurationEngineVersionArgs{SelectedEngineVersion: pulumi.String("Athena engine version 3")},
			ResultConfiguration: &athena.WorkgroupConfigurationResultConfigurationArgs{
				OutputLocation: pulumi.Sprintf("s3://%s/%s", args.Results.BucketName, ResultsPrefix),
				EncryptionConfiguration: &athena.WorkgroupConfigurationResultConfigurationEncryptionConfigurationArgs{
					EncryptionOption: pulumi.String("SSE_KMS"), KmsKeyArn: args.Results.KMSKeyARN,
				},
			},
		},
	}, pulumi.Parent(analytics))
	if err != nil {
		return nil, fmt.Errorf("analytics %q: workgroup: %w", name, err)
	}
	analytics.WorkgroupName, analytics.WorkgroupARN = workgroup.Name, workgroup.Arn
	return analytics, ctx.RegisterResourceOutputs(analytics, pulumi.Map{"workgroupName": analytics.WorkgroupName, "workgroupArn": analytics.WorkgroupARN})
}
