package components

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sfn"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components/limits"
	"dataplatform/components/rendering"
	"dataplatform/policies"
)

const recommendationsType = "dataplatform:ml:Recommendations"

// RecommendationsSeconds is what one step of a run may take; asking an endpoint that sleeps takes a minute.
const RecommendationsSeconds = 300

// RecommendationsArgs configures Recommendations. All of it is required unless it says otherwise.
type RecommendationsArgs struct {
	// EndpointName is the endpoint's, and begins the names of everything that a run makes.
	EndpointName string
	// GroupName is the registry's group of the models.
	GroupName pulumi.StringInput
	// Partition, AccountID and Region are where all of it is.
	Partition, AccountID, Region string
	// Console is the address at which the console shows an execution, before its ARN.
	Console string
	// FeaturesJob makes training files, RecommendJob publishes batch recommendations.
	FeaturesJob, RecommendJob *Job
	JobTimeoutMinutes         int
	// Features is the layer of training files, models and batches, Artifacts that of the scripts.
	Features, Artifacts Storage
	// Source is the file of the scripts' archive.
	Source string
	// LeasesName and LeasesARN are of the table that keeps a second run out.
	LeasesName, LeasesARN pulumi.StringInput
	// Holdout is how long before the end of what is known the evaluated model stops training.
	Holdout time.Duration
	// ToleratedFall is the share of the live model's recall that a candidate's may be below it, MinCustomers with how
	// many it has to be evaluated.
	ToleratedFall float64
	MinCustomers  int
	// InstanceType, VolumeGB and TrainingMinutes bound training, and the batch after it.
	InstanceType    string
	VolumeGB        int
	TrainingMinutes int
	Endpoint        EndpointSize
	// LatencyMilliseconds that a model may take for an answer, of 99 in a hundred; DriftShare by which the volume of
	// interactions may differ from before.
	LatencyMilliseconds int
	DriftShare          float64
	Schedule            Weekly
	// Tags are for what runs make: the provider does not know of it. May be empty.
	Tags map[string]string
	// MetricsNamespace takes the volume of interactions.
	MetricsNamespace string
	// QueueKeyARN encrypts the queue for runs that could not be started, TopicKeyARN the topic of the build.
	QueueKeyARN, TopicKeyARN pulumi.StringInput
	Build                    FunctionBuild
}

// EndpointSize is serverless without an instance type.
type EndpointSize struct {
	MemoryMB       int    `json:"memoryMb,omitempty"`
	MaxConcurrency int    `json:"maxConcurrency,omitempty"`
	InstanceType   string `json:"instanceType,omitempty"`
	Instances      int    `json:"instances,omitempty"`
	// CapturePercent of questions and answers that instances keep.
	CapturePercent int `json:"capturePercent,omitempty"`
}

func (args *RecommendationsArgs) validate() error {
	if args == nil {
		return errNoArgs
	}
	var c checks
	c.within("characters of EndpointName", len(args.EndpointName), 1, limits.MaxEndpointName)
	c.input("GroupName", args.GroupName)
	c.text("Partition", args.Partition)
	c.text("Console", args.Console)
	c.text("AccountID", args.AccountID)
	c.that(limits.ModelRegistry(args.Region) != "",
		"Region %q: SageMaker has no image of scikit-learn there", args.Region)
	c.that(args.FeaturesJob != nil, "FeaturesJob is required")
	c.that(args.RecommendJob != nil, "RecommendJob is required")
	c.within("JobTimeoutMinutes", args.JobTimeoutMinutes, 1, 10080)
	c.that(args.Features.BucketARN != nil, "Features is required")
	c.that(args.Artifacts.BucketARN != nil, "Artifacts is required")
	c.text("Source", args.Source)
	c.input("LeasesName", args.LeasesName)
	c.input("LeasesARN", args.LeasesARN)
	c.that(args.Holdout > 0, "Holdout %s: want more than 0", args.Holdout)
	c.that(args.ToleratedFall >= 0 && args.ToleratedFall < 1,
		"ToleratedFall %v: want 0 to less than 1", args.ToleratedFall)
	c.that(args.MinCustomers >= 1, "MinCustomers %d: want at least 1", args.MinCustomers)
	c.text("InstanceType", args.InstanceType)
	c.within("VolumeGB", args.VolumeGB, 1, 16384)
	c.within("TrainingMinutes", args.TrainingMinutes, 1, 7200)
	args.Endpoint.check(&c)
	c.that(args.LatencyMilliseconds >= 1, "LatencyMilliseconds %d: want at least 1", args.LatencyMilliseconds)
	c.that(args.DriftShare > 0, "DriftShare %v: want more than 0", args.DriftShare)
	args.Schedule.check(&c)
	c.text("MetricsNamespace", args.MetricsNamespace)
	c.input("QueueKeyARN", args.QueueKeyARN)
	c.input("TopicKeyARN", args.TopicKeyARN)
	return c.err()
}

func (e EndpointSize) check(c *checks) {
	if e.InstanceType == "" {
		c.that(e.MemoryMB >= 1024 && e.MemoryMB <= 6144 && e.MemoryMB%1024 == 0,
			"Endpoint.MemoryMB %d: want a multiple of 1024 from 1024 to 6144", e.MemoryMB)
		c.within("Endpoint.MaxConcurrency", e.MaxConcurrency, 1, 200)
		c.that(e.Instances == 0 && e.CapturePercent == 0,
			"Endpoint: without InstanceType it is serverless, which has no Instances and captures nothing")
		return
	}
	c.that(e.Instances >= 1, "Endpoint.Instances %d: want at least 1", e.Instances)
	c.within("Endpoint.CapturePercent", e.CapturePercent, 0, 100)
}

// Recommendations retrains a model each week and keeps the endpoint that answers: the state machine, the function that
// decides in it, the roles and alarms around. The model, the endpoint and its configurations are the runs' own; they go
// with the stack.
type Recommendations struct {
	pulumi.ResourceState
	StateMachineARN pulumi.StringOutput `pulumi:"machineArn"`
	// ScheduleName is of what starts it.
	ScheduleName pulumi.StringOutput `pulumi:"scheduleName"`
	// DeadLettersURL is by which runs that could not be started are counted.
	DeadLettersURL pulumi.StringOutput
	// Widgets are its part of the dashboard.
	Widgets []WidgetRow
}

// NewRecommendations registers Recommendations named name.
func NewRecommendations(
	ctx *pulumi.Context, name string, args *RecommendationsArgs, opts ...pulumi.ResourceOption,
) (*Recommendations, error) {
	fail := func(err error) (*Recommendations, error) { return nil, fmt.Errorf("recommendations %q: %w", name, err) }
	if err := args.validate(); err != nil {
		return fail(err)
	}
	r := &Recommendations{}
	if err := ctx.RegisterComponentResourceV2(recommendationsType, name, pulumi.Map{
		"endpointName": pulumi.String(args.EndpointName), "toleratedFall": pulumi.Float64(args.ToleratedFall),
		"minCustomers": pulumi.Int(args.MinCustomers),
	}, r, opts...); err != nil {
		return fail(err)
	}
	parent := pulumi.Parent(r)
	source, err := newCode(ctx, name+"-source", policies.ModelCodePrefix, args.Source, args.Artifacts, parent)
	if err != nil {
		return fail(fmt.Errorf("source: %w", err))
	}
	of := args.refs(nil, nil)
	execution, err := newRole(ctx, name+"-execution", "SageMaker's jobs and endpoints of "+name,
		policies.TrustService(policies.SageMaker, args.AccountID,
			"arn:"+args.Partition+":sagemaker:"+args.Region+":"+args.AccountID+":*"), of.inputs,
		of.document(policies.RecommendationsExecution), parent)
	if err != nil {
		return fail(err)
	}
	function, err := args.newFunction(ctx, name, source, execution, parent)
	if err != nil {
		return fail(err)
	}
	schedule, err := r.newStateMachine(ctx, name, args, source, execution, function)
	if err != nil {
		return fail(err)
	}
	if err := newEndpointLogs(ctx, name, args, parent); err != nil {
		return fail(err)
	}
	if err := args.newAlarms(ctx, name, parent); err != nil {
		return fail(err)
	}
	// Nothing is invoked but when it goes: then the function removes what runs have made.
	if _, err := lambda.NewInvocation(ctx, name, &lambda.InvocationArgs{
		FunctionName: function.Name, Input: pulumi.String(`{"action":"remove"}`), LifecycleScope: pulumi.String("CRUD"),
	}, parent); err != nil {
		return fail(fmt.Errorf("removal: %w", err))
	}
	r.ScheduleName, r.DeadLettersURL = schedule.Name, schedule.DeadLettersURL
	r.Widgets = slices.Concat(r.Widgets, args.widgets(name), function.Widgets, schedule.Widgets)
	return r, ctx.RegisterResourceOutputs(r,
		pulumi.Map{"machineArn": r.StateMachineARN, "scheduleName": r.ScheduleName})
}

// newFunction makes what decides.
func (args *RecommendationsArgs) newFunction(
	ctx *pulumi.Context, name string, source, role pulumi.StringInput, parent pulumi.ResourceOption,
) (*Function, error) {
	settings, err := json.Marshal(map[string]any{
		"toleratedFall": args.ToleratedFall, "minCustomers": args.MinCustomers, "maxLooks": MaxLooks,
		"endpoint": args.Endpoint, "tags": args.Tags,
	})
	if err != nil {
		return nil, err
	}
	of := args.refs(role, nil)
	return NewFunction(ctx, name+"-function", &FunctionArgs{
		Description: "Judges models, tries them, and keeps the endpoint of recommendations", Binary: "recommendations",
		FunctionBuild: args.Build, MemoryMB: 256, TimeoutSeconds: RecommendationsSeconds,
		Environment: pulumi.StringMap{
			"NAME": pulumi.String(args.EndpointName), "PACKAGE_GROUP": args.GroupName, "ROLE_ARN": role,
			"IMAGE": pulumi.String(modelImage(args.Region)), "SOURCE": source,
			"FEATURES_BUCKET": args.Features.BucketName, "FEATURES_KEY": args.Features.KeyARN,
			"LEASES_TABLE": args.LeasesName, "HOLDOUT": pulumi.String(args.Holdout.String()),
			"RUN_LIMIT":         pulumi.String(strconv.Itoa(args.values().limit()) + "s"),
			"METRICS_NAMESPACE": pulumi.String(args.MetricsNamespace), "SETTINGS": pulumi.String(settings),
		},
		Refs:   of.inputs,
		Grants: func() []policies.Statement { return policies.Recommendations(of.known) },
	}, parent)
}

// newStateMachine makes the state machine with its role, log, alarm and schedule.
func (r *Recommendations) newStateMachine(
	ctx *pulumi.Context, name string, args *RecommendationsArgs, source, role pulumi.StringInput, function *Function,
) (*weeklySchedule, error) {
	parent := pulumi.Parent(r)
	of := args.refs(role, function.ARN)
	stateMachineRole, err := newRole(ctx, name+"-machine", "State machine of "+name,
		policies.TrustService(policies.States, args.AccountID), of.inputs,
		of.document(policies.RecommendationsStateMachine), parent)
	if err != nil {
		return nil, err
	}
	group, err := newStateMachineLog(ctx, name, args.Build.LogRetentionDays, args.Build.LogKeyARN, parent)
	if err != nil {
		return nil, fmt.Errorf("log group: %w", err)
	}
	if err := newLogQuery(ctx, name, group.Name, stateMachineErrors, []pulumi.StringInput{group.Name},
		parent); err != nil {
		return nil, err
	}
	stateMachine, err := sfn.NewStateMachine(ctx, name, &sfn.StateMachineArgs{
		Type: pulumi.String("STANDARD"), RoleArn: stateMachineRole,
		Definition: args.definition(source, role, function.ARN),
		LoggingConfiguration: &sfn.StateMachineLoggingConfigurationArgs{
			Level: pulumi.String("ERROR"), IncludeExecutionData: pulumi.Bool(true),
			LogDestination: pulumi.Sprintf("%s:*", group.Arn),
		},
		TracingConfiguration: &sfn.StateMachineTracingConfigurationArgs{Enabled: pulumi.Bool(true)},
	}, parent)
	if err != nil {
		return nil, fmt.Errorf("state machine: %w", err)
	}
	failures := []metric{
		stateMachineMetric("ExecutionsFailed", "Sum", stateMachine.Arn),
		stateMachineMetric("ExecutionsTimedOut", "Sum", stateMachine.Arn),
		stateMachineMetric("ExecutionsAborted", "Sum", stateMachine.Arn),
		stateMachineMetric("ExecutionThrottled", "Sum", stateMachine.Arn),
	}
	if _, err := newAlarm(ctx, name+"-failures", args.Build.TopicARN, alarm{
		Runbook: "A run of recommendations was refused, failed, was stopped or timed out. The endpoint answers with the model from before. Read the reasons in features.model_runs, or open the execution.",
		Page:    "recommendations-failed", Metrics: failures, Period: 300, Periods: 1,
	}, parent); err != nil {
		return nil, err
	}
	r.StateMachineARN = stateMachine.Arn
	r.Widgets = []WidgetRow{{Title: "Recommendations", Graphs: []Graph{
		{"Runs", append([]metric{stateMachineMetric("ExecutionsSucceeded", "Sum", stateMachine.Arn)}, failures...)},
		{"Duration of a run (ms)", []metric{stateMachineMetric("ExecutionTime", "Maximum", stateMachine.Arn)}},
	}}}
	return newWeekly(ctx, name+"-weekly", args, stateMachine.Arn, parent)
}

// values are the definition's as far as they are known.
func (args *RecommendationsArgs) values() recommendationsValues {
	v := recommendationsValues{
		Partition: args.Partition, Region: args.Region, Console: args.Console, Image: modelImage(args.Region),
		InstanceType: args.InstanceType, VolumeGB: args.VolumeGB, JobTimeout: args.JobTimeoutMinutes * 60,
		TrainTimeout: args.TrainingMinutes * 60, Tags: []any{},
	}
	for _, key := range slices.Sorted(maps.Keys(args.Tags)) {
		v.Tags = append(v.Tags, map[string]string{"Key": key, "Value": args.Tags[key]})
	}
	return v
}

// definition resolves what the states refer to, then builds and renders them.
func (args *RecommendationsArgs) definition(source, role, function pulumi.StringInput) pulumi.StringOutput {
	v := args.values()
	return rendering.Text(rendering.Refs{
		&v.Source: source, &v.RoleARN: role, &v.FunctionARN: function, &v.TopicARN: args.Build.TopicARN,
		&v.FeaturesBucket: args.Features.BucketName, &v.FeaturesKeyARN: args.Features.KeyARN,
		&v.FeaturesJob: args.FeaturesJob.Name, &v.RecommendJob: args.RecommendJob.Name,
	}, func() (string, error) { return recommendationsDefinition(v).render() })
}

// recommendationsRefs are what one policy refers to, and what makes it known.
type recommendationsRefs struct {
	known  policies.RecommendationsRefs
	inputs rendering.Refs
}

// refs are those of a policy; nil is what it doesn't refer to.
func (args *RecommendationsArgs) refs(role, function pulumi.StringInput) *recommendationsRefs {
	arn := func(service string) string {
		return "arn:" + args.Partition + ":" + service + ":" + args.Region + ":" + args.AccountID + ":"
	}
	of := &recommendationsRefs{known: policies.RecommendationsRefs{
		Prefix: arn("sagemaker"), Name: args.EndpointName, JobARNs: make([]string, 2),
		RepositoryARN: modelRepositoryARN(args.Partition, args.Region), LogsPrefix: arn("logs") + "log-group:",
		EventsPrefix: arn("events") + "rule/", Captures: args.Endpoint.CapturePercent > 0,
	}}
	r := &of.known
	of.inputs = rendering.Refs{
		&r.Group: args.GroupName, &r.ExecutionRoleARN: role, &r.FunctionARN: function,
		&r.LeasesTableARN: args.LeasesARN, &r.FeaturesBucketARN: args.Features.BucketARN,
		&r.FeaturesKeyARN: args.Features.KeyARN, &r.ArtifactsBucketARN: args.Artifacts.BucketARN,
		&r.ArtifactsKeyARN: args.Artifacts.KeyARN, &r.JobARNs[0]: args.FeaturesJob.ARN,
		&r.JobARNs[1]: args.RecommendJob.ARN, &r.TopicARN: args.Build.TopicARN, &r.TopicKeyARN: args.TopicKeyARN,
	}
	return of
}

// document makes a role's policy when its references are known.
func (of *recommendationsRefs) document(
	build func(policies.RecommendationsRefs) policies.Document,
) func() policies.Document {
	return func() policies.Document { return build(of.known) }
}

// newRole makes a role and its one document. The role's ARN is known when it has its rights, so that whatever acts with
// it waits for them.
func newRole(
	ctx *pulumi.Context, name, description string, trust policies.Document, refs rendering.Refs,
	grants func() policies.Document, parent pulumi.ResourceOption,
) (pulumi.StringOutput, error) {
	role, err := iam.NewRole(ctx, name+"-role",
		&iam.RoleArgs{Description: pulumi.String(description), AssumeRolePolicy: pulumi.String(trust.JSON())}, parent)
	if err != nil {
		return pulumi.StringOutput{}, fmt.Errorf("role %q: %w", name, err)
	}
	policy, err := iam.NewRolePolicy(ctx, name+"-grants",
		&iam.RolePolicyArgs{Role: role.Name, Policy: rendering.Policy(refs, grants)}, parent)
	if err != nil {
		return pulumi.StringOutput{}, fmt.Errorf("grants of %q: %w", name, err)
	}
	return armed(role, policy), nil
}

// armed is the ARN of a role, known when it has its rights.
func armed(role *iam.Role, rights *iam.RolePolicy) pulumi.StringOutput {
	return pulumi.All(role.Arn, rights.ID()).ApplyT(func(known []any) string {
		return known[0].(string)
	}).(pulumi.StringOutput)
}
