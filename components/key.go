package components

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components/rendering"
	"dataplatform/policies"
)

const keyType = "dataplatform:storage:Key"

// Days AWS waits before it deletes a key, between which the deletion can be called off (KMS allows 7 to 30).
const (
	keyWindowRetained   = 30
	keyWindowDisposable = 7
)

// KeyArgs configures a Key.
type KeyArgs struct {
	// Description says what the key protects. Required.
	Description string
	// Partition, AccountID and Region are where the key is. Required.
	Partition, AccountID, Region string
	// Via are the services through which roles may use the key when their own policies allow it: s3, kinesis, dynamodb,
	// sqs, sns. Required.
	Via []string
	// Services are service principals that use the key on their own behalf, for this account only.
	Services []string
	// RoleARN is a role that a service uses the key by, in the role's own name; nil for none.
	RoleARN pulumi.StringInput
	// Trail is a trail whose events the key encrypts; the zero value for none.
	Trail policies.TrailRefs
	// LogGroups lets CloudWatch Logs encrypt the account's log groups with the key.
	LogGroups bool
	// EventRules lets EventBridge bring events to the account's topics and queues that the key encrypts.
	EventRules bool
	// Retain protects the key, and keeps it when the stack is destroyed: without it the data it encrypted is gone.
	Retain bool
	// After has to exist before the key.
	After []pulumi.Resource
	// Shared keeps the key in any case: it encrypts what is not the stack's, too.
	Shared bool
}

func (args *KeyArgs) validate() error {
	if args == nil {
		return errNoArgs
	}
	var c checks
	c.text("Description", args.Description)
	c.text("Partition", args.Partition)
	c.text("AccountID", args.AccountID)
	c.text("Region", args.Region)
	c.that(len(args.Via) > 0, "Via is required")
	return c.err()
}

// Key is a KMS key that AWS rotates every year, with its alias.
type Key struct {
	pulumi.ResourceState
	ARN pulumi.StringOutput `pulumi:"arn"`
}

// NewKey registers a Key named name.
func NewKey(ctx *pulumi.Context, name string, args *KeyArgs, opts ...pulumi.ResourceOption) (*Key, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("key %q: %w", name, err)
	}
	key := &Key{}
	if err := ctx.RegisterComponentResourceV2(keyType, name, pulumi.Map{
		"description": pulumi.String(args.Description), "via": pulumi.ToStringArray(args.Via),
		"services": pulumi.ToStringArray(args.Services), "logGroups": pulumi.Bool(args.LogGroups),
		"eventRules": pulumi.Bool(args.EventRules), "retain": pulumi.Bool(args.Retain),
	}, key, opts...); err != nil {
		return nil, fmt.Errorf("key %q: %w", name, err)
	}
	parent := pulumi.Parent(key)
	may := policies.KeyRefs{
		Partition: args.Partition, Account: args.AccountID, Region: args.Region, Via: args.Via, Services: args.Services,
		Trail: args.Trail, LogGroups: args.LogGroups, EventRules: args.EventRules,
	}
	window, kept := keyWindowDisposable, pulumi.RetainOnDelete(args.Retain || args.Shared)
	if args.Retain || args.Shared {
		window = keyWindowRetained
	}
	k, err := kms.NewKey(ctx, name, &kms.KeyArgs{
		Description:       pulumi.String(args.Description),
		EnableKeyRotation: pulumi.Bool(true), DeletionWindowInDays: pulumi.Int(window),
		Policy: rendering.Policy(rendering.Refs{&may.RoleARN: args.RoleARN},
			func() policies.Document { return policies.KeyPolicy(may) }),
	}, parent, pulumi.Protect(args.Retain), kept, pulumi.DependsOn(args.After))
	if err != nil {
		return nil, fmt.Errorf("key %q: %w", name, err)
	}
	// The key's id makes the alias unique, also beside one that an earlier deployment left with its key. Protected as
	// the key is: whatever stays on AWS has to stay in the state, or the next deployment meets a name that is taken.
	if _, err := kms.NewAlias(ctx, name+"-alias", &kms.AliasArgs{
		Name: pulumi.Sprintf("alias/%s-%s", name, k.KeyId), TargetKeyId: k.KeyId,
	}, parent, pulumi.Protect(args.Retain), kept); err != nil {
		return nil, fmt.Errorf("key %q: alias: %w", name, err)
	}
	key.ARN = k.Arn
	return key, ctx.RegisterResourceOutputs(key, pulumi.Map{"arn": key.ARN})
}
