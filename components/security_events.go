package components

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const securityEventsType = "dataplatform:operations:SecurityEvents"

// SecurityEventsArgs configures SecurityEvents.
type SecurityEventsArgs struct {
	// KeyARNs are the keys whose policies and lives are watched. Required.
	KeyARNs pulumi.StringArrayInput
	// BucketNames are the buckets in which no version is deleted but by the role of erasures, EraserARN. A trail has to
	// record the data events of their objects; without any, none is watched.
	BucketNames pulumi.StringArrayInput
	EraserARN   pulumi.StringInput
	// LakeARN is the role by which deployments change the lake's settings; without, nothing of the lake is watched.
	LakeARN pulumi.StringInput
	// After is what deployments make by calls that are watched: the rules come after it and go before it.
	After []pulumi.Resource
	// TopicARN gets the messages, UndeliveredARN those that it did not take. Required.
	TopicARN, UndeliveredARN pulumi.StringInput
}

func (args *SecurityEventsArgs) validate() error {
	if args == nil {
		return errNoArgs
	}
	var c checks
	c.that(args.KeyARNs != nil, "KeyARNs is required")
	c.that((args.BucketNames == nil) == (args.EraserARN == nil), "BucketNames and EraserARN go together")
	c.input("TopicARN", args.TopicARN)
	c.input("UndeliveredARN", args.UndeliveredARN)
	return c.err()
}

// SecurityEvents notify of what takes protection away: changed or ended keys, other settings of the lake, versions that
// are deleted for good, trails that stop. CloudTrail tells EventBridge of calls only where a trail of the account
// records management events; doctor looks for one.
type SecurityEvents struct {
	pulumi.ResourceState
	// Widgets are their part of the dashboard.
	Widgets []WidgetRow
}

// NewSecurityEvents registers SecurityEvents named name.
func NewSecurityEvents(
	ctx *pulumi.Context, name string, args *SecurityEventsArgs, opts ...pulumi.ResourceOption,
) (*SecurityEvents, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("security events %q: %w", name, err)
	}
	s := &SecurityEvents{}
	if err := ctx.RegisterComponentResourceV2(securityEventsType, name, pulumi.Map{}, s, opts...); err != nil {
		return nil, fmt.Errorf("security events %q: %w", name, err)
	}
	row := WidgetRow{Title: "What takes protection away"}
	for _, one := range args.watched() {
		matches, err := newEventRule(ctx, name+"-"+one.noun, args.TopicARN, eventRule{
			Description: one.title, Runbook: one.runbook, Page: one.page, UndeliveredARN: args.UndeliveredARN,
			Reported: map[string]string{"call": "$.detail.eventName", "by": "$.detail.userIdentity.arn"},
			Pattern: pulumi.Map{
				"source":      pulumi.ToStringArray([]string{"aws." + one.service}),
				"detail-type": pulumi.ToStringArray([]string{"AWS API Call via CloudTrail"}),
				"detail":      one.detail,
			},
		}, pulumi.Composite(pulumi.Parent(s), pulumi.DependsOn(args.After)))
		if err != nil {
			return nil, fmt.Errorf("security events %q: %w", name, err)
		}
		row.Graphs = append(row.Graphs, Graph{one.title, []metric{matches}})
	}
	s.Widgets = []WidgetRow{row}
	return s, ctx.RegisterResourceOutputs(s, pulumi.Map{})
}

type securityEvent struct {
	noun, service, title, runbook, page string
	detail                              pulumi.Map
}

func (args *SecurityEventsArgs) watched() []securityEvent {
	calls := func(names ...string) pulumi.Input { return pulumi.ToStringArray(names) }
	events := []securityEvent{
		{"keys", "kms", "Changed or ended keys",
			"Somebody has changed the policy of a key of the stack, switched it off, or scheduled its deletion: with a " +
				"key go all data under it. When nobody of you has deployed, put it back now.",
			"key-changed", pulumi.Map{
				"eventName": calls("PutKeyPolicy", "DisableKey", "ScheduleKeyDeletion", "DisableKeyRotation"),
				"resources": pulumi.Map{"ARN": args.KeyARNs}, // what a request names may be an alias, or the id alone
			}},
		{"trails", "cloudtrail", "Stopped or changed trails",
			"Somebody has stopped, deleted or changed a trail of the account: what is done from now on may be recorded " +
				"nowhere. When nobody of you has done it, start it again first.",
			"trail-changed", pulumi.Map{
				"eventName": calls("StopLogging", "DeleteTrail", "UpdateTrail", "PutEventSelectors"),
			}},
	}
	if args.LakeARN != nil {
		events = append(events, securityEvent{"lake", "lakeformation", "Changed settings of the lake",
			"Somebody has changed who administers the lake, or taken a bucket out of its care, and it was no " +
				"deployment: people's grants may hold no more. Put it back.",
			"lake-settings-changed", pulumi.Map{
				"eventName":    calls("PutDataLakeSettings", "DeregisterResource"),
				"userIdentity": anybodyBut(args.LakeARN),
			}})
	}
	if args.BucketNames != nil {
		// A request for many objects is an event for each, too (AWS What's New, "AWS CloudTrail enhances logging for
		// Amazon S3 DeleteObjects API", June 2025).
		events = append(events, securityEvent{"versions", "s3", "Versions deleted for good",
			"Somebody has deleted a version of an object for good, and it was no erasure: nobody can bring it back, and " +
				"no role of the stack may. Find out who, and take the right away.",
			"versions-deleted", pulumi.Map{
				"eventName": calls("DeleteObject"),
				"requestParameters": pulumi.Map{
					"bucketName": args.BucketNames, "versionId": pulumi.Array{pulumi.Map{"exists": pulumi.Bool(true)}},
				},
				"userIdentity": anybodyBut(args.EraserARN),
			}})
	}
	return events
}

// anybodyBut is whoever calls, be it the root user, and has not assumed the role.
func anybodyBut(role pulumi.StringInput) pulumi.Map {
	sessions := role.ToStringOutput().ApplyT(func(arn string) string {
		account, name, _ := strings.Cut(arn, ":role/")
		name = name[strings.LastIndex(name, "/")+1:]
		return strings.Replace(account, ":iam:", ":sts:", 1) + ":assumed-role/" + name + "/"
	}).(pulumi.StringOutput)
	return pulumi.Map{"arn": pulumi.Array{pulumi.Map{"anything-but": pulumi.Map{"prefix": sessions}}}}
}
