// Package warehouse is Redshift Serverless over the lake, apart from the other components because its security group
// imports the whole of the ec2 SDK, as the network does.
package warehouse

import (
	"errors"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/redshiftserverless"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components/limits"
	"dataplatform/components/rendering"
	"dataplatform/policies"
)

const (
	readerType    = "dataplatform:analytics:WarehouseReader"
	warehouseType = "dataplatform:analytics:Warehouse"
)

// DatabaseName is the warehouse's own database. It holds no data: its one schema is the lake's.
const DatabaseName = "lake"

// SchemaName is how the lake's curated tables are called in it.
const SchemaName = "curated"

// ReaderArgs configures a Reader.
type ReaderArgs struct {
	// AccountID for which Redshift acts. Required.
	AccountID string
	// DatabaseARN of the catalog and the tables of it that the warehouse shows. Required.
	DatabaseARN pulumi.StringInput
	Tables      []string
}

// Reader is the role by which the warehouse reads the lake. It is there before Lake Formation grants it anything.
type Reader struct {
	pulumi.ResourceState
	RoleARN pulumi.StringOutput `pulumi:"roleArn"`
	// Ready is what the role waits for.
	Ready []pulumi.Resource
}

// NewReader registers a Reader named name.
func NewReader(ctx *pulumi.Context, name string, args *ReaderArgs, opts ...pulumi.ResourceOption) (*Reader, error) {
	fail := func(err error) (*Reader, error) { return nil, fmt.Errorf("warehouse reader %q: %w", name, err) }
	if args == nil || args.AccountID == "" || args.DatabaseARN == nil || len(args.Tables) == 0 {
		return fail(errors.New("AccountID, DatabaseARN and Tables are required"))
	}
	reader := &Reader{}
	if err := ctx.RegisterComponentResourceV2(readerType, name, pulumi.Map{}, reader, opts...); err != nil {
		return fail(err)
	}
	parent := pulumi.Parent(reader)
	role, err := iam.NewRole(ctx, name+"-role", &iam.RoleArgs{
		Description:      pulumi.String("Redshift reads the lake"),
		AssumeRolePolicy: pulumi.String(policies.TrustWarehouse(args.AccountID).JSON()),
	}, parent)
	if err != nil {
		return fail(err)
	}
	may := policies.WarehouseRefs{Tables: args.Tables}
	grants, err := iam.NewRolePolicy(ctx, name+"-grants", &iam.RolePolicyArgs{
		Role: role.Name,
		Policy: rendering.Policy(rendering.Refs{&may.DatabaseARN: args.DatabaseARN},
			func() policies.Document { return policies.Warehouse(may) }),
	}, parent)
	if err != nil {
		return fail(err)
	}
	reader.RoleARN, reader.Ready = role.Arn, []pulumi.Resource{grants}
	return reader, ctx.RegisterResourceOutputs(reader, pulumi.Map{"roleArn": reader.RoleARN})
}

// Args configures a Warehouse.
type Args struct {
	// Prefix begins the names of its namespace and workgroup, which are the account's. Required.
	Prefix string
	// Region, CatalogDatabase and RoleARN are of the lake's tables and of the role that reads them. Required.
	Region, CatalogDatabase string
	RoleARN                 pulumi.StringInput
	// VPCID and SubnetIDs are the network that it is in. Required.
	VPCID     pulumi.StringInput
	SubnetIDs pulumi.StringArrayInput
	// BaseRPU are the units that a query starts with, MaxRPU the most at a time: multiples of 8. Required.
	BaseRPU, MaxRPU int
	// RPUHoursPerDay after which it answers no more until the next day. Required.
	RPUHoursPerDay int
	// LogRetentionDays is how long its logs are kept, LogKeyARN encrypts them: they hold statements as they were typed.
	// Required.
	LogRetentionDays int
	LogKeyARN        pulumi.StringInput
	// After is what the role waits for before it may read.
	After []pulumi.Resource
}

func (args *Args) validate() error {
	if args == nil {
		return errors.New("args are required")
	}
	var problems []error
	need := func(ok bool, format string, values ...any) {
		if !ok {
			problems = append(problems, fmt.Errorf(format, values...))
		}
	}
	need(args.Prefix != "", "Prefix is required")
	need(args.Region != "", "Region is required")
	need(args.CatalogDatabase != "", "CatalogDatabase is required")
	need(args.RoleARN != nil, "RoleARN is required")
	need(args.VPCID != nil, "VPCID is required")
	need(args.SubnetIDs != nil, "SubnetIDs are required")
	need(args.BaseRPU >= limits.RPUStep && args.BaseRPU%limits.RPUStep == 0,
		"BaseRPU %d: want a multiple of %d", args.BaseRPU, limits.RPUStep)
	need(args.MaxRPU >= args.BaseRPU && args.MaxRPU <= limits.MaxRPU && args.MaxRPU%limits.RPUStep == 0,
		"MaxRPU %d: want a multiple of %d from BaseRPU to %d", args.MaxRPU, limits.RPUStep, limits.MaxRPU)
	need(args.RPUHoursPerDay >= 1, "RPUHoursPerDay %d: want at least 1", args.RPUHoursPerDay)
	need(args.LogRetentionDays >= 1, "LogRetentionDays %d: want at least 1", args.LogRetentionDays)
	need(args.LogKeyARN != nil, "LogKeyARN is required")
	return errors.Join(problems...)
}

// Warehouse is a workgroup of Redshift Serverless with a schema that is the lake's curated layer. It is reached from
// its network only.
type Warehouse struct {
	pulumi.ResourceState
	WorkgroupName pulumi.StringOutput `pulumi:"workgroupName"`
}

// New registers a Warehouse named name.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Warehouse, error) {
	fail := func(err error) (*Warehouse, error) { return nil, fmt.Errorf("warehouse %q: %w", name, err) }
	if err := args.validate(); err != nil {
		return fail(err)
	}
	w := &Warehouse{}
	if err := ctx.RegisterComponentResourceV2(warehouseType, name, pulumi.Map{"maxRpu": pulumi.Int(args.MaxRPU)}, w,
		opts...); err != nil {
		return fail(err)
	}
	parent := pulumi.Parent(w)
	// Without rules of its own nothing comes in, and what goes out has the network's endpoints only to go to.
	group, err := ec2.NewSecurityGroup(ctx, name, &ec2.SecurityGroupArgs{
		Description: pulumi.String("Redshift, reached from nowhere until a rule says so"), VpcId: args.VPCID,
		Egress: ec2.SecurityGroupEgressArray{&ec2.SecurityGroupEgressArgs{
			Description: pulumi.String("HTTPS to endpoints"), Protocol: pulumi.String("tcp"), FromPort: pulumi.Int(443),
			ToPort: pulumi.Int(443), CidrBlocks: pulumi.ToStringArray([]string{"0.0.0.0/0"}),
		}},
	}, parent)
	if err != nil {
		return fail(err)
	}
	logs, err := newLogs(ctx, name, args, parent)
	if err != nil {
		return fail(err)
	}
	namespace, err := redshiftserverless.NewNamespace(ctx, name, &redshiftserverless.NamespaceArgs{
		NamespaceName: pulumi.String(args.Prefix), DbName: pulumi.String(DatabaseName),
		AdminUsername: pulumi.String("administrator"), ManageAdminPassword: pulumi.Bool(true),
		DefaultIamRoleArn: args.RoleARN, IamRoles: pulumi.StringArray{args.RoleARN},
		LogExports: pulumi.ToStringArray(exports),
	}, parent, pulumi.DependsOn(slices.Concat(args.After, logs)))
	if err != nil {
		return fail(err)
	}
	workgroup, err := redshiftserverless.NewWorkgroup(ctx, name, &redshiftserverless.WorkgroupArgs{
		NamespaceName: namespace.NamespaceName, WorkgroupName: pulumi.String(args.Prefix),
		BaseCapacity: pulumi.Int(args.BaseRPU), MaxCapacity: pulumi.Int(args.MaxRPU), SubnetIds: args.SubnetIDs,
		SecurityGroupIds: pulumi.StringArray{group.ID()}, PubliclyAccessible: pulumi.Bool(false),
		EnhancedVpcRouting: pulumi.Bool(true),
		ConfigParameters: redshiftserverless.WorkgroupConfigParameterArray{
			&redshiftserverless.WorkgroupConfigParameterArgs{
				ParameterKey: pulumi.String("require_ssl"), ParameterValue: pulumi.String("true"),
			},
		},
		// AWS answers with every parameter that it knows, which would be a change for ever
		// (hashicorp/terraform-provider-aws#33692).
	}, parent, pulumi.IgnoreChanges([]string{"configParameters"}))
	if err != nil {
		return fail(err)
	}
	if _, err := redshiftserverless.NewUsageLimit(ctx, name, &redshiftserverless.UsageLimitArgs{
		ResourceArn: workgroup.Arn, UsageType: pulumi.String("serverless-compute"),
		Amount: pulumi.Int(args.RPUHoursPerDay), Period: pulumi.String("daily"),
		BreachAction: pulumi.String("deactivate"),
	}, parent); err != nil {
		return fail(err)
	}
	if err := args.newSchema(ctx, name, workgroup, namespace, parent); err != nil {
		return fail(err)
	}
	w.WorkgroupName = workgroup.WorkgroupName
	return w, ctx.RegisterResourceOutputs(w, pulumi.Map{"workgroupName": w.WorkgroupName})
}
