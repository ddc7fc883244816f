package platform

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components"
	"dataplatform/platform/settings"
)

// newSecurityEvents notifies of what takes protection away from the keys and buckets of the stack, and from the lake.
func newSecurityEvents(
	ctx *pulumi.Context, f foundation, erasure personWork, g governed,
) (*components.SecurityEvents, error) {
	keys := pulumi.StringArray{f.keys.operations.ARN, f.keys.pseudonyms.ARN}
	for _, name := range f.stored() {
		keys = append(keys, f.keys.layers[name].ARN)
	}
	args := &components.SecurityEventsArgs{
		KeyARNs: keys, TopicARN: f.alarms.TopicARN, UndeliveredARN: f.alarms.UndeliveredARN,
	}
	if f.trail != nil { // which says who deleted what
		args.BucketNames, args.EraserARN = f.keptBuckets(), erasure.RoleARN
		args.After = append(args.After, f.trail)
	}
	if g.Governance != nil {
		args.LakeARN, args.After = g.FunctionRoleARN, append(args.After, g.Governance)
	}
	return components.NewSecurityEvents(ctx, "security", args, f.part("operations"))
}

// keptBuckets are those in which a deployment deletes no version: of the code in artifacts it does.
func (f foundation) keptBuckets() pulumi.StringArray {
	var names pulumi.StringArray
	for _, name := range f.stored() {
		if name != settings.LayerArtifacts {
			names = append(names, f.layers[name].BucketName)
		}
	}
	return names
}
