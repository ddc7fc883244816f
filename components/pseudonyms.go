package components

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/policies"
)

const pseudonymKeyType = "dataplatform:storage:PseudonymKey"

// PseudonymKeyArgs configures a PseudonymKey.
type PseudonymKeyArgs struct {
	// Partition and AccountID are where the key is. Required.
	Partition, AccountID string
	// Makers are roles beside the platform's own that make pseudonyms, such as the shop's that asks for
	// recommendations.
	Makers []string
	// Retain protects the key, and keeps it when the stack is destroyed: without it kept tables know nobody any more.
	Retain bool
}

func (args *PseudonymKeyArgs) validate() error {
	if args == nil {
		return errNoArgs
	}
	var c checks
	c.text("Partition", args.Partition)
	c.text("AccountID", args.AccountID)
	return c.err()
}

// PseudonymKey is the KMS key that the secrets of pseudonyms come from. It never leaves KMS, and a job that is given a
// secret keeps it for its run. KMS rotates no such key (AWS KMS Developer Guide, "Rotate AWS KMS keys"): another secret
// is another message to the same key.
type PseudonymKey struct {
	pulumi.ResourceState
	ARN pulumi.StringOutput `pulumi:"arn"`
}

// NewPseudonymKey registers a PseudonymKey named name.
func NewPseudonymKey(
	ctx *pulumi.Context, name string, args *PseudonymKeyArgs, opts ...pulumi.ResourceOption,
) (*PseudonymKey, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("pseudonym key %q: %w", name, err)
	}
	key := &PseudonymKey{}
	if err := ctx.RegisterComponentResourceV2(pseudonymKeyType, name, pulumi.Map{
		"makers": pulumi.ToStringArray(args.Makers), "retain": pulumi.Bool(args.Retain),
	}, key, opts...); err != nil {
		return nil, fmt.Errorf("pseudonym key %q: %w", name, err)
	}
	window := keyWindowDisposable
	if args.Retain {
		window = keyWindowRetained
	}
	made, err := kms.NewKey(ctx, name, &kms.KeyArgs{
		Description:           pulumi.String("Makes the secrets of customers' pseudonyms"),
		CustomerMasterKeySpec: pulumi.String("HMAC_256"), KeyUsage: pulumi.String("GENERATE_VERIFY_MAC"),
		DeletionWindowInDays: pulumi.Int(window),
		Policy: pulumi.String(
			policies.PseudonymKeyPolicy(args.Partition, args.AccountID, args.Makers).JSON(),
		),
	}, pulumi.Parent(key), pulumi.Protect(args.Retain), pulumi.RetainOnDelete(args.Retain))
	if err != nil {
		return nil, fmt.Errorf("pseudonym key %q: %w", name, err)
	}
	key.ARN = made.Arn
	return key, ctx.RegisterResourceOutputs(key, pulumi.Map{"arn": key.ARN})
}
