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

// newProvider makes the one provider of the stack. On an emulator it differs in its address, and in that nothing is asked of AWS.
func (d *deployment) newProvider() error {
	args := &aws.ProviderArgs{
		Region:      pulumi.String(d.settings.Region),
		DefaultTags: &aws.ProviderDefaultTagsArgs{Tags: pulumi.ToStringMap(d.defaultTags())},
	}
	if d.settings.Endpoint != "" {
		args.Endpoints = aws.ProviderEndpointArray{endpoints(pulumi.String(d.settings.Endpoint))}
		args.S3UsePathStyle = pulumi.Bool(true)
		args.SkipCredentialsValidation, args.SkipMetadataApiCheck = pulumi.Bool(true), pulumi.Bool(true)
		args.MaxRetries = pulumi.Int(2)
	}
	provider, err := aws.NewProvider(d.ctx, "aws", args)
	if err != nil {
		return err
	}
	identity, err := aws.GetCallerIdentity(d.ctx, nil, pulumi.Provider(provider))
	if err != nil {
		return err
	}
	partition, err := aws.GetPartition(d.ctx, nil, pulumi.Provider(provider))
	if err != nil {
		return err
	}
	if d.settings.Governance.Enabled {
		if d.admins, err = d.administrators(identity.Arn, pulumi.Provider(provider)); err != nil {
			return err
		}
	}
	d.provider, d.where = provider, location{partition: partition.Partition, account: identity.AccountId, region: d.settings.Region}
	return nil
}

// administrators are those of the lake. Where none are named it is who deploys; of a role's session AWS does not say the role's path, so the role
// itself is asked for.
func (d *deployment) administrators(caller string, by pulumi.InvokeOption) ([]string, error) {
	configured := d.settings.Governance.Admins
	if len(configured) > 0 && d.ctx.DryRun() {
		return configured, nil // who only looks at what would change grants nothing, and need not be able to
	}
	if role, session := governance.SessionRole(caller); session && len(configured) == 0 {
		found, err := iam.GetSessionContext(d.ctx, &iam.GetSessionContextArgs{Arn: caller}, by)
		switch {
		case err == nil:
			caller = found.IssuerArn
		case d.ctx.DryRun():
			if err := d.ctx.Log.Warn(governance.UnreadRole(role, err).Error()+"; the preview goes on as if it had no path", nil); err != nil {
				return nil, err
			}
		default:
			return nil, governance.UnreadRole(role, err)
		}
	}
	return governance.Admins(configured, caller)
}

// defaultTags are everything's.
func (d *deployment) defaultTags() map[string]string {
	return map[string]string{"project": d.ctx.Project(), stackTag: d.ctx.Stack(), "owner": d.settings.Owner, "costCentre": d.settings.CostCentre}
}

// endpoints sends every service the platform uses to one address. A service missing here would be called on AWS.
func endpoints(address pulumi.String) *aws.ProviderEndpointArgs {
	return &aws.ProviderEndpointArgs{
		Athena: address, Budgets: address, Ce: address, Cloudformation: address, Cloudtrail: address, Cloudwatch: address, Dynamodb: address, Ec2: address, Events: address, Glue: address, Iam: address, Kinesis: address, Kms: address,
		Lakeformation: address, Lambda: address, Logs: address, S3: address, Sagemaker: address, Scheduler: address, Sfn: address, Sns: address, Sqs: address, Sts: address,
	}
}

// part gives a component the provider, and everything in it a tag that says which component it belongs to.
func (d *deployment) part(component string) pulumi.ResourceOption {
	return d.tagged(map[string]string{"component": component})
}

// datasetPart is part with the dataset that the component works for.
func (d *deployment) datasetPart(component, dataset string) pulumi.ResourceOption {
	return d.tagged(map[string]string{"component": component, "dataset": dataset})
}

func (d *deployment) tagged(tags map[string]string) pulumi.ResourceOption {
	return pulumi.Composite(
		pulumi.Providers(d.provider),
		pulumi.Transformations([]pulumi.ResourceTransformation{func(args *pulumi.ResourceTransformationArgs) *pulumi.ResourceTransformationResult {
			addTags(args.Props, tags)
			return nil
		}}),
	)
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
