package components

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/athena"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components/rendering"
	"dataplatform/policies"
)

const analyticsType = "dataplatform:analytics:Analytics"

// ResultsPrefix is where query results go in the results layer, a folder a workgroup. Give it an expiry: a result is a
// copy of data.
const ResultsPrefix = "athena-results/"

// minScanLimit is the lowest cut-off that Athena takes, in bytes (Athena API, WorkGroupConfiguration).
const minScanLimit = 10_000_000

// maxPolicyName is the longest name of a managed policy, in characters (IAM and AWS STS quotas).
const maxPolicyName = 128

// AnalyticsArgs configures Analytics.
type AnalyticsArgs struct {
	// Results is the layer that keeps query results, under its own key. Required.
	Results *Layer
	// ScanLimitBytes cuts off a query that reads more: at least 10,000,000. Required.
	ScanLimitBytes int
	// PolicyName is the name of the policy that lets people query in the workgroup. It is fixed, because a permission
	// set of IAM Identity Center can name a policy by nothing else. Required.
	PolicyName string
	// DataCatalogARN is Athena's view of the Glue catalog. Required.
	DataCatalogARN string
	// DatabaseARNs are of the databases with tables that the people of this persona may be granted. Required.
	DatabaseARNs []pulumi.StringInput
	// Readers are the names of the account's roles that the policy is attached to. They are not the stack's own.
	Readers []string
	// Service is a service principal that queries for people, by a role of the workgroup; "" for none. It acts for
	// AccountID only.
	Service, AccountID string
}

func (args *AnalyticsArgs) validate() error {
	if args == nil {
		return errNoArgs
	}
	var c checks
	c.that(args.Results != nil, "Results is required")
	c.that(args.ScanLimitBytes >= minScanLimit, "ScanLimitBytes %d: want at least %d", args.ScanLimitBytes,
		minScanLimit)
	c.text("PolicyName", args.PolicyName)
	c.that(len(args.PolicyName) <= maxPolicyName, "PolicyName %q is longer than %d characters", args.PolicyName,
		maxPolicyName)
	c.text("DataCatalogARN", args.DataCatalogARN)
	c.that(len(args.DatabaseARNs) > 0, "DatabaseARNs are required")
	c.that(args.Service == "" || args.AccountID != "", "AccountID is required with Service")
	for i, reader := range args.Readers {
		c.that(reader != "" && !slices.Contains(args.Readers[:i], reader),
			"Readers[%d] %q: want a role's name, each once", i, reader)
	}
	return c.err()
}

// Analytics is the Athena workgroup of one persona, and the policy that lets it query in it and in no other. What the
// workgroup says about results, encryption and cost cannot be overruled by a query.
type Analytics struct {
	pulumi.ResourceState
	WorkgroupName pulumi.StringOutput `pulumi:"workgroupName"`
	WorkgroupARN  pulumi.StringOutput `pulumi:"workgroupArn"`
	PolicyARN     pulumi.StringOutput `pulumi:"policyArn"`
	// RoleARN is the service's role, known when it has its rights; nil without one.
	RoleARN pulumi.StringInput
}

// NewAnalytics registers Analytics named name, which is also the folder of its results.
func NewAnalytics(
	ctx *pulumi.Context, name string, args *AnalyticsArgs, opts ...pulumi.ResourceOption,
) (*Analytics, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("analytics %q: %w", name, err)
	}
	analytics := &Analytics{}
	if err := ctx.RegisterComponentResourceV2(analyticsType, name,
		pulumi.Map{"scanLimitBytes": pulumi.Int(args.ScanLimitBytes)}, analytics, opts...); err != nil {
		return nil, fmt.Errorf("analytics %q: %w", name, err)
	}
	parent := pulumi.Parent(analytics)
	prefix := ResultsPrefix + name + "/"
	workgroup, err := athena.NewWorkgroup(ctx, name, &athena.WorkgroupArgs{
		Description: pulumi.String("Queries of " + name + " on the platform's tables"),
		// Athena deletes no workgroup that ever ran a query unless asked to, and a destroy would stop half way (Athena
		// API, DeleteWorkGroup).
		ForceDestroy: pulumi.Bool(true),
		Configuration: &athena.WorkgroupConfigurationArgs{
			EnforceWorkgroupConfiguration:   pulumi.Bool(true),
			PublishCloudwatchMetricsEnabled: pulumi.Bool(true),
			BytesScannedCutoffPerQuery:      pulumi.Int(args.ScanLimitBytes),
			EngineVersion: &athena.WorkgroupConfigurationEngineVersionArgs{
				SelectedEngineVersion: pulumi.String("Athena engine version 3"),
			},
			ResultConfiguration: &athena.WorkgroupConfigurationResultConfigurationArgs{
				OutputLocation: pulumi.Sprintf("s3://%s/%s", args.Results.BucketName, prefix),
				EncryptionConfiguration: &athena.WorkgroupConfigurationResultConfigurationEncryptionConfigurationArgs{
					EncryptionOption: pulumi.String("SSE_KMS"), KmsKeyArn: args.Results.KMSKeyARN,
				},
			},
		},
	}, parent)
	if err != nil {
		return nil, fmt.Errorf("analytics %q: workgroup: %w", name, err)
	}
	analytics.WorkgroupName, analytics.WorkgroupARN = workgroup.Name, workgroup.Arn
	grants := readerGrants(args, workgroup, prefix)
	if analytics.PolicyARN, err = newReaderPolicy(ctx, name, args, grants, parent); err != nil {
		return nil, fmt.Errorf("analytics %q: policy: %w", name, err)
	}
	if args.Service != "" {
		if err := analytics.newServiceRole(ctx, name, args, grants, parent); err != nil {
			return nil, fmt.Errorf("analytics %q: role: %w", name, err)
		}
	}
	return analytics, ctx.RegisterResourceOutputs(analytics, pulumi.Map{
		"workgroupName": analytics.WorkgroupName, "workgroupArn": analytics.WorkgroupARN,
		"policyArn": analytics.PolicyARN,
	})
}

// newReaderPolicy registers the policy of those who query in the workgroup, and gives it to the readers.
func newReaderPolicy(
	ctx *pulumi.Context, name string, args *AnalyticsArgs, grants pulumi.StringOutput, parent pulumi.ResourceOption,
) (pulumi.StringOutput, error) {
	policy, err := iam.NewPolicy(ctx, name, &iam.PolicyArgs{
		Name:        pulumi.String(args.PolicyName),
		Description: pulumi.String("Queries in the workgroup of " + name + "; Lake Formation says what they see"),
		Policy:      grants,
	}, parent)
	if err != nil {
		return pulumi.StringOutput{}, err
	}
	for _, reader := range args.Readers {
		if _, err := iam.NewRolePolicyAttachment(ctx, name+"-"+reader,
			&iam.RolePolicyAttachmentArgs{Role: pulumi.String(reader), PolicyArn: policy.Arn}, parent); err != nil {
			return pulumi.StringOutput{}, fmt.Errorf("for %s: %w", reader, err)
		}
	}
	return policy.Arn, nil
}

// newServiceRole registers the role by which the service queries.
func (analytics *Analytics) newServiceRole(
	ctx *pulumi.Context, name string, args *AnalyticsArgs, grants pulumi.StringOutput, parent pulumi.ResourceOption,
) error {
	role, err := iam.NewRole(ctx, name+"-role", &iam.RoleArgs{
		Description:      pulumi.String("Queries of " + name),
		AssumeRolePolicy: pulumi.String(policies.TrustSilent(args.Service, args.AccountID).JSON()),
	}, parent)
	if err != nil {
		return err
	}
	held, err := iam.NewRolePolicy(ctx, name+"-grants", &iam.RolePolicyArgs{Role: role.Name, Policy: grants}, parent)
	if err != nil {
		return err
	}
	analytics.RoleARN = armed(role, held)
	return nil
}

// readerGrants are the rights of those who query in the workgroup.
func readerGrants(args *AnalyticsArgs, workgroup *athena.Workgroup, prefix string) pulumi.StringOutput {
	reader := policies.ReaderRefs{
		DataCatalogARN: args.DataCatalogARN, ResultsPrefix: prefix,
		DatabaseARNs: make([]string, len(args.DatabaseARNs)),
	}
	refs := rendering.Refs{
		&reader.WorkgroupARN: workgroup.Arn, &reader.ResultsBucketARN: args.Results.BucketARN,
		&reader.ResultsKeyARN: args.Results.KMSKeyARN,
	}
	for i, database := range args.DatabaseARNs {
		refs[&reader.DatabaseARNs[i]] = database
	}
	return rendering.Policy(refs, func() policies.Document { return policies.Reader(reader) })
}
