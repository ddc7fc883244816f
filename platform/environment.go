package platform

import (
	"maps"
	"reflect"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/governance"
)

// location is where the stack is deployed.
type location struct{ partition, account, region string }

// environment is where a stack is deployed, and by which provider.
type environment struct {
	plan
	where    location
	provider *aws.Provider
	admins   []string          // of the lake; none where it is not governed
	tags     map[string]string // of everything
}

// newEnvironment makes the one provider of the stack. On an emulator it differs in its address, and in that nothing is
// asked of AWS.
func newEnvironment(ctx *pulumi.Context, p plan) (environment, error) {
	tags := map[string]string{
		"project": ctx.Project(), stackTag: ctx.Stack(), "owner": p.settings.Owner, "costCentre": p.settings.CostCentre,
	}
	args := &aws.ProviderArgs{
		Region:      pulumi.String(p.settings.Region),
		DefaultTags: &aws.ProviderDefaultTagsArgs{Tags: pulumi.ToStringMap(tags)},
	}
	if p.settings.Endpoint != "" {
		args.Endpoints = aws.ProviderEndpointArray{endpoints(pulumi.String(p.settings.Endpoint))}
		args.S3UsePathStyle = pulumi.Bool(true)
		args.SkipCredentialsValidation, args.SkipMetadataApiCheck = pulumi.Bool(true), pulumi.Bool(true)
		args.MaxRetries = pulumi.Int(2)
	}
	provider, err := aws.NewProvider(ctx, "aws", args)
	if err != nil {
		return environment{}, err
	}
	identity, err := aws.GetCallerIdentity(ctx, nil, pulumi.Provider(provider))
	if err != nil {
		return environment{}, err
	}
	partition, err := aws.GetPartition(ctx, nil, pulumi.Provider(provider))
	if err != nil {
		return environment{}, err
	}
	var admins []string
	if p.settings.Governance.Enabled {
		if admins, err = administrators(ctx, p.settings.Governance.Admins, identity.Arn,
			pulumi.Provider(provider)); err != nil {
			return environment{}, err
		}
	}
	where := location{partition: partition.Partition, account: identity.AccountId, region: p.settings.Region}
	return environment{plan: p, where: where, provider: provider, admins: admins, tags: tags}, nil
}

// administrators are those of the lake. Where none are named it is who deploys; of a role's session AWS does not say
// the role's path, so the role itself is asked for.
func administrators(ctx *pulumi.Context, configured []string, caller string, by pulumi.InvokeOption) ([]string, error) {
	if len(configured) > 0 && ctx.DryRun() {
		return configured, nil // a preview grants nothing, so the caller need not be an administrator
	}
	if role, session := governance.SessionRole(caller); session && len(configured) == 0 {
		found, err := iam.GetSessionContext(ctx, &iam.GetSessionContextArgs{Arn: caller}, by)
		switch {
		case err == nil:
			caller = found.IssuerArn
		case ctx.DryRun():
			if err := ctx.Log.Warn(governance.UnreadRole(role, err).Error()+
				"; the preview goes on as if it had no path", nil); err != nil {
				return nil, err
			}
		default:
			return nil, governance.UnreadRole(role, err)
		}
	}
	return governance.Admins(configured, caller)
}

// endpoints sends every service the platform uses to one address. A service missing here would be called on AWS.
func endpoints(address pulumi.String) *aws.ProviderEndpointArgs {
	return &aws.ProviderEndpointArgs{
		Athena: address, Budgets: address, Ce: address, Cloudformation: address, Cloudtrail: address,
		Cloudwatch: address, Dynamodb: address, Ec2: address, Events: address, Glue: address, Iam: address,
		Kinesis: address, Kms: address, Lakeformation: address, Lambda: address, Logs: address, S3: address,
		Sagemaker: address, Scheduler: address, Sfn: address, Sns: address, Sqs: address, Sts: address,
	}
}

// part gives a component the provider, and everything in it a tag that says which component it belongs to.
func (e environment) part(component string) pulumi.ResourceOption {
	return e.tagged(map[string]string{"component": component})
}

// datasetPart is part with the dataset that the component works for.
func (e environment) datasetPart(component, dataset string) pulumi.ResourceOption {
	return e.tagged(map[string]string{"component": component, "dataset": dataset})
}

func (e environment) tagged(tags map[string]string) pulumi.ResourceOption {
	return pulumi.Composite(
		pulumi.Providers(e.provider),
		pulumi.Transformations([]pulumi.ResourceTransformation{func(
			args *pulumi.ResourceTransformationArgs,
		) *pulumi.ResourceTransformationResult {
			addTags(args.Props, tags)
			return nil
		}}),
	)
}

// arn is that of a resource of the account in the region.
func (e environment) arn(service, resource string) string {
	return "arn:" + e.where.partition + ":" + service + ":" + e.where.region + ":" + e.where.account + ":" + resource
}

// addTags adds tags to the arguments of a resource that can be tagged. Its own tags win.
func addTags(props pulumi.Input, tags map[string]string) {
	value := reflect.ValueOf(props)
	if value.Kind() != reflect.Pointer || value.IsNil() || value.Elem().Kind() != reflect.Struct {
		return
	}
	field := value.Elem().FieldByName("Tags")
	if !field.IsValid() || field.Type() != reflect.TypeFor[pulumi.StringMapInput]() {
		return
	}
	all := pulumi.ToStringMap(tags)
	if own, ok := field.Interface().(pulumi.StringMap); ok {
		maps.Copy(all, own)
	}
	field.Set(reflect.ValueOf(all))
}
