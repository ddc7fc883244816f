package components

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudtrail"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const trailType = "dataplatform:storage:Trail"

// TrailArgs configures a Trail.
type TrailArgs struct {
	// TrailName is the name that the policies of Bucket and its key admit. Required.
	TrailName string
	// Bucket takes the events; its Trail is this one. Required.
	Bucket *Layer
	// Watched are the layers whose objects' reads, writes and deletions are recorded, each with who asked. Required.
	Watched []*Layer
	// Retain protects the trail and keeps it recording when the stack is destroyed, as its data is kept.
	Retain bool
}

func (args *TrailArgs) validate() error {
	if args == nil {
		return errNoArgs
	}
	var c checks
	c.text("TrailName", args.TrailName)
	c.that(args.Bucket != nil, "Bucket is required")
	c.that(len(args.Watched) > 0 && !slices.Contains(args.Watched, nil), "Watched is required")
	c.that(args.Bucket == nil || !slices.Contains(args.Watched, args.Bucket),
		"Watched must not hold Bucket: each event would make another")
	return c.err()
}

// Trail records who reads, writes and deletes the objects of layers. S3's access logs beside it are delivered as well
// as S3 can; a trail's files are complete, and signed so that a missing or changed one shows.
type Trail struct {
	pulumi.ResourceState
	ARN pulumi.StringOutput `pulumi:"arn"`
}

// NewTrail registers a Trail named name.
func NewTrail(ctx *pulumi.Context, name string, args *TrailArgs, opts ...pulumi.ResourceOption) (*Trail, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("trail %q: %w", name, err)
	}
	trail := &Trail{}
	if err := ctx.RegisterComponentResourceV2(trailType, name, pulumi.Map{
		"trailName": pulumi.String(args.TrailName), "retain": pulumi.Bool(args.Retain),
	}, trail, opts...); err != nil {
		return nil, fmt.Errorf("trail %q: %w", name, err)
	}
	is := func(field, value string) cloudtrail.TrailAdvancedEventSelectorFieldSelectorInput {
		return &cloudtrail.TrailAdvancedEventSelectorFieldSelectorArgs{
			Field: pulumi.String(field), Equals: pulumi.ToStringArray([]string{value}),
		}
	}
	var objects pulumi.StringArray
	for _, layer := range args.Watched {
		objects = append(objects, pulumi.Sprintf("%s/", layer.BucketARN))
	}
	t, err := cloudtrail.NewTrail(ctx, name, &cloudtrail.TrailArgs{
		Name: pulumi.String(args.TrailName), S3BucketName: args.Bucket.BucketName, KmsKeyId: args.Bucket.KMSKeyARN,
		EnableLogFileValidation: pulumi.Bool(true), IncludeGlobalServiceEvents: pulumi.Bool(false),
		AdvancedEventSelectors: cloudtrail.TrailAdvancedEventSelectorArray{&cloudtrail.TrailAdvancedEventSelectorArgs{
			Name: pulumi.String("Objects of the lake"),
			FieldSelectors: cloudtrail.TrailAdvancedEventSelectorFieldSelectorArray{
				is("eventCategory", "Data"), is("resources.type", "AWS::S3::Object"),
				&cloudtrail.TrailAdvancedEventSelectorFieldSelectorArgs{
					Field: pulumi.String("resources.ARN"), StartsWiths: objects,
				},
			},
		}},
	}, pulumi.Parent(trail), pulumi.DependsOn(args.Bucket.Ready),
		// retained alone, it would leave the state and the next deployment meet its name
		pulumi.Protect(args.Retain), pulumi.RetainOnDelete(args.Retain))
	if err != nil {
		return nil, fmt.Errorf("trail %q: %w", name, err)
	}
	trail.ARN = t.Arn
	return trail, ctx.RegisterResourceOutputs(trail, pulumi.Map{"arn": trail.ARN})
}
