// Package models is the registry of models, apart from the other components because the SDK of SageMaker takes half a
// minute to compile.
package models

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sagemaker"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const groupType = "dataplatform:ml:ModelGroup"

// GroupArgs configures a Group.
type GroupArgs struct {
	// GroupName is its name in the account. Required.
	GroupName string
	// Description says whose models these are. Required.
	Description string
}

// Group holds the versions of one model, which a pipeline registers. It goes only when it is empty.
type Group struct {
	pulumi.ResourceState
	Name pulumi.StringOutput `pulumi:"name"`
	ARN  pulumi.StringOutput `pulumi:"arn"`
}

// NewGroup registers a Group named name.
func NewGroup(ctx *pulumi.Context, name string, args *GroupArgs, opts ...pulumi.ResourceOption) (*Group, error) {
	fail := func(err error) (*Group, error) { return nil, fmt.Errorf("model group %q: %w", name, err) }
	if args == nil || args.GroupName == "" || args.Description == "" {
		return fail(errors.New("GroupName and Description are required"))
	}
	group := &Group{}
	if err := ctx.RegisterComponentResourceV2(groupType, name, pulumi.Map{"groupName": pulumi.String(args.GroupName)},
		group, opts...); err != nil {
		return fail(err)
	}
	made, err := sagemaker.NewModelPackageGroup(ctx, name, &sagemaker.ModelPackageGroupArgs{
		ModelPackageGroupName:        pulumi.String(args.GroupName),
		ModelPackageGroupDescription: pulumi.String(args.Description),
	}, pulumi.Parent(group))
	if err != nil {
		return fail(err)
	}
	group.Name, group.ARN = made.ModelPackageGroupName, made.Arn
	return group, ctx.RegisterResourceOutputs(group, pulumi.Map{"name": group.Name, "arn": group.ARN})
}
