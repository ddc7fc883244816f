package components

import (
	"fmt"
	"maps"
	"path/filepath"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components/rendering"
	"dataplatform/policies"
)

const functionType = "dataplatform:compute:Function"

// functionArchitectures maps Go's names of an architecture to Lambda's.
var functionArchitectures = map[string]string{"arm64": "arm64", "amd64": "x86_64"}

// FunctionArgs configures a Function.
type FunctionArgs struct {
	// Description says what the function does. Required.
	Description string
	// Binary names the archive in the build. Required.
	Binary string
	FunctionBuild
	// MemoryMB is 128 to 10240, TimeoutSeconds 1 to 900. Required.
	MemoryMB       int
	TimeoutSeconds int
	// DiskMB is what the function has below /tmp, 512 to 10240; 0 for Lambda's 512.
	DiskMB int
	// Steady says that the function is called every minute: one error that its caller tries again is nothing then. Of
	// a function that is called now and then one error is reason enough, for the next may be hours away.
	Steady bool
	// ReservedConcurrency is how many of it run at a time, taken from the account's for good; 0 reserves none.
	ReservedConcurrency int
	// Frequent says that each request of somebody calls the function: Lambda's own lines in the log and the traces of
	// each would cost more than the calls.
	Frequent bool
	// Environment of the function.
	Environment pulumi.StringMap
	// Grants makes what the role may do beside writing its own log, when Refs are known. Required.
	Grants func() []policies.Statement
	Refs   rendering.Refs
}

// FunctionBuild is what the functions of a stack share. All of it is required but CodeSigningARN.
type FunctionBuild struct {
	// ArchiveDirectory holds <architecture>/<binary>.zip; Architecture is Go's name of it: arm64 or amd64.
	ArchiveDirectory string
	Architecture     string
	// AccountID is the account whose functions may assume the role.
	AccountID string
	// LogRetentionDays is how long the log is kept, LogKeyARN encrypts it. The key's policy has to admit CloudWatch
	// Logs.
	LogRetentionDays int
	LogKeyARN        pulumi.StringInput
	// TopicARN receives alarms.
	TopicARN pulumi.StringInput
	// CodeSigningARN is of the configuration that says whose signatures archives have to have; "" for none. Lambda
	// refuses others then.
	CodeSigningARN string
}

func (args *FunctionArgs) validate() error {
	if args == nil {
		return errNoArgs
	}
	var c checks
	c.text("Description", args.Description)
	c.text("ArchiveDirectory", args.ArchiveDirectory)
	c.text("Binary", args.Binary)
	c.that(functionArchitectures[args.Architecture] != "", "Architecture %q: want arm64 or amd64", args.Architecture)
	c.within("MemoryMB", args.MemoryMB, 128, 10240)
	c.within("TimeoutSeconds", args.TimeoutSeconds, 1, 900)
	if args.DiskMB != 0 {
		c.within("DiskMB", args.DiskMB, 512, 10240)
	}
	c.that(args.ReservedConcurrency >= 0, "ReservedConcurrency %d: want 0 or more", args.ReservedConcurrency)
	c.that(args.Grants != nil, "Grants is required")
	c.text("AccountID", args.AccountID)
	c.within("LogRetentionDays", args.LogRetentionDays, 1, 3653)
	c.input("LogKeyARN", args.LogKeyARN)
	c.input("TopicARN", args.TopicARN)
	return c.err()
}

// Function is a Lambda function with its role, its log group, its alarms and its dashboard row. Whoever refers to it
// waits for its rights too.
type Function struct {
	pulumi.ResourceState
	ARN     pulumi.StringOutput `pulumi:"arn"`
	Name    pulumi.StringOutput `pulumi:"name"`
	RoleARN pulumi.StringOutput `pulumi:"roleArn"`
	// Widgets are the function's part of the dashboard.
	Widgets []WidgetRow
}

// NewFunction registers a Function named name.
func NewFunction(
	ctx *pulumi.Context, name string, args *FunctionArgs, opts ...pulumi.ResourceOption,
) (*Function, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("function %q: %w", name, err)
	}
	f := &Function{}
	if err := ctx.RegisterComponentResourceV2(functionType, name, pulumi.Map{
		"binary": pulumi.String(args.Binary), "architecture": pulumi.String(args.Architecture),
		"memoryMb": pulumi.Int(args.MemoryMB), "timeoutSeconds": pulumi.Int(args.TimeoutSeconds),
	}, f, opts...); err != nil {
		return nil, fmt.Errorf("function %q: %w", name, err)
	}
	parent := pulumi.Parent(f)
	role, err := iam.NewRole(ctx, name+"-role", &iam.RoleArgs{
		Description:      pulumi.String("Lambda function " + name),
		AssumeRolePolicy: pulumi.String(policies.TrustService(policies.Lambda, args.AccountID).JSON()),
	}, parent)
	if err != nil {
		return nil, fmt.Errorf("function %q: role: %w", name, err)
	}
	// The group is not called after the function, as it is by default: its rights name the group, and are checked when
	// the function is made (AWS Lambda Developer Guide, "Lambda execution role": tracing). The role may not create
	// groups, so that none is made without retention.
	group, err := cloudwatch.NewLogGroup(ctx, name+"-log", &cloudwatch.LogGroupArgs{
		RetentionInDays: pulumi.Int(args.LogRetentionDays), KmsKeyId: args.LogKeyARN,
	}, parent)
	if err != nil {
		return nil, fmt.Errorf("function %q: log group: %w", name, err)
	}
	grants, err := f.newGrants(ctx, name, args, role, group)
	if err != nil {
		return nil, err
	}
	var signed pulumi.StringPtrInput
	if args.CodeSigningARN != "" {
		signed = pulumi.String(args.CodeSigningARN)
	}
	var disk lambda.FunctionEphemeralStoragePtrInput
	if args.DiskMB > 0 {
		disk = &lambda.FunctionEphemeralStorageArgs{Size: pulumi.Int(args.DiskMB)}
	}
	logging, tracing := args.observed(group.Name)
	var reserved pulumi.IntPtrInput
	if args.ReservedConcurrency > 0 {
		reserved = pulumi.Int(args.ReservedConcurrency)
	}
	fn, err := lambda.NewFunction(ctx, name, &lambda.FunctionArgs{
		Description:   pulumi.String(args.Description),
		Runtime:       pulumi.String("provided.al2023"),
		Handler:       pulumi.String("bootstrap"),
		Architectures: pulumi.ToStringArray([]string{functionArchitectures[args.Architecture]}),
		Code: pulumi.NewFileArchive(filepath.Join(args.ArchiveDirectory, args.Architecture,
			args.Binary+".zip")),
		CodeSigningConfigArn: signed,
		MemorySize:           pulumi.Int(args.MemoryMB),
		Timeout:              pulumi.Int(args.TimeoutSeconds), EphemeralStorage: disk,
		Environment:   &lambda.FunctionEnvironmentArgs{Variables: args.Environment},
		TracingConfig: tracing, LoggingConfig: logging, ReservedConcurrentExecutions: reserved,
		Role: role.Arn,
	}, after([]pulumi.ResourceOption{parent}, grants)...)
	if err != nil {
		return nil, fmt.Errorf("function %q: %w", name, err)
	}
	if err := newLogQuery(ctx, name, fn.Name, functionErrors, []pulumi.StringInput{group.Name}, parent); err != nil {
		return nil, fmt.Errorf("function %q: %w", name, err)
	}
	if err := newFunctionAlarms(ctx, name, args, fn.Name, parent); err != nil {
		return nil, fmt.Errorf("function %q: %w", name, err)
	}
	f.ARN, f.Name, f.RoleARN = fn.Arn, fn.Name, role.Arn
	f.Widgets = functionWidgets(name, fn.Name)
	return f, ctx.RegisterResourceOutputs(f, pulumi.Map{"arn": f.ARN, "name": f.Name, "roleArn": f.RoleARN})
}

// observed is what Lambda itself writes of an invocation.
func (args *FunctionArgs) observed(
	group pulumi.StringInput,
) (*lambda.FunctionLoggingConfigArgs, *lambda.FunctionTracingConfigArgs) {
	if args.Frequent {
		return &lambda.FunctionLoggingConfigArgs{
			LogFormat: pulumi.String("JSON"), SystemLogLevel: pulumi.String("WARN"),
			ApplicationLogLevel: pulumi.String("INFO"), LogGroup: group,
		}, &lambda.FunctionTracingConfigArgs{Mode: pulumi.String("PassThrough")}
	}
	return &lambda.FunctionLoggingConfigArgs{LogFormat: pulumi.String("Text"), LogGroup: group},
		&lambda.FunctionTracingConfigArgs{Mode: pulumi.String("Active")}
}

func (f *Function) newGrants(
	ctx *pulumi.Context, name string, args *FunctionArgs, role *iam.Role, group *cloudwatch.LogGroup,
) (*iam.RolePolicy, error) {
	var logGroupARN string
	refs := rendering.Refs{&logGroupARN: group.Arn}
	maps.Copy(refs, args.Refs)
	policy, err := iam.NewRolePolicy(ctx, name+"-grants", &iam.RolePolicyArgs{
		Role: role.Name,
		Policy: rendering.Policy(refs, func() policies.Document {
			return policies.Identity(append(args.Grants(), policies.WriteLogs("WriteOwnLog", logGroupARN),
				policies.Trace())...)
		}),
	}, pulumi.Parent(f))
	if err != nil {
		return nil, fmt.Errorf("function %q: grants: %w", name, err)
	}
	return policy, nil
}

func functionMetric(metricName, statistic string, function pulumi.StringInput) metric {
	return metric{
		Namespace: "AWS/Lambda", Name: metricName, Statistic: statistic,
		Dimensions: []dimension{{"FunctionName", function}},
	}
}

func newFunctionAlarms(
	ctx *pulumi.Context, name string, args *FunctionArgs, function pulumi.StringInput, parent pulumi.ResourceOption,
) error {
	breaches := 1
	if args.Steady {
		breaches = 3
	}
	for _, a := range []struct {
		noun string
		alarm
	}{
		{"errors", alarm{
			Runbook: "Invocations of " + name +
				" fail. Bad input never does this: look for the first ERROR in the function's log, then for a recent deployment or a failing service.",
			Page:    "function-errors",
			Metrics: []metric{functionMetric("Errors", "Sum", function)}, Period: 60, Periods: breaches,
			Delay: args.TimeoutSeconds,
		}},
		{"throttles", alarm{
			Runbook: "Invocations of " + name +
				" are refused: the account's concurrency is used up. Find the function that uses it, or ask for a higher quota.",
			Page:    "function-throttles",
			Metrics: []metric{functionMetric("Throttles", "Sum", function)}, Period: 60, Periods: breaches,
		}},
		{"duration", alarm{
			Runbook: "Invocations of " + name +
				" come near their time limit and will soon be cut off. Look at the batch size and at the services it calls.",
			Page: "function-duration", Metrics: []metric{functionMetric("Duration", "Maximum", function)},
			Period: 60, Periods: breaches, Threshold: float64(args.TimeoutSeconds) * 1000 * 0.8,
			Delay: args.TimeoutSeconds,
		}},
	} {
		if _, err := newAlarm(ctx, name+"-"+a.noun, args.TopicARN, a.alarm, parent); err != nil {
			return err
		}
	}
	return nil
}

func functionWidgets(name string, function pulumi.StringInput) []WidgetRow {
	return []WidgetRow{{Title: "Function " + name, Graphs: []Graph{
		{"Invocations", []metric{functionMetric("Invocations", "Sum", function),
			functionMetric("Errors", "Sum", function), functionMetric("Throttles", "Sum", function)}},
		{"Duration (ms)",
			[]metric{functionMetric("Duration", "p50", function), functionMetric("Duration", "p99", function)}},
		{"Concurrent executions", []metric{functionMetric("ConcurrentExecutions", "Maximum", function)}},
	}}}
}
