package components

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/glue"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/policies"
)

const catalogEncryptionType = "dataplatform:catalog:CatalogEncryption"

// CatalogEncryptionArgs configures a CatalogEncryption.
type CatalogEncryptionArgs struct {
	// Partition, AccountID and Region are where the catalog is. Required.
	Partition, AccountID, Region string
	// Retain keeps the key, the role and the setting when the stack is destroyed: the databases and tables that are kept need them.
	Retain bool
}

func (args *CatalogEncryptionArgs) validate() error {
	if args == nil {
		return errNoArgs
	}
	var c checks
	c.text("Partition", args.Partition)
	c.text("AccountID", args.AccountID)
	c.text("Region", args.Region)
	return c.err()
}

// CatalogEncryption makes Glue encrypt its whole catalog, and the passwords of connections, with a key of the account. Glue uses the key by
// a role of its own, so that the roles that read and write tables need no right on it. An account has one such setting a region, and only
// what is made after it is encrypted.
type CatalogEncryption struct {
	pulumi.ResourceState
	KeyARN pulumi.StringOutput `pulumi:"keyArn"`
	// Ready is what has to exist before anything is put into the catalog.
	Ready []pulumi.Resource
}

// NewCatalogEncryption registers a CatalogEncryption named name.
func NewCatalogEncryption(ctx *pulumi.Context, name string, args *CatalogEncryptionArgs, opts ...pulumi.ResourceOption) (*CatalogEncryption, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("catalog encryption %q: %w", name, err)
	}
	e := &CatalogEncryption{}
	if err := ctx.RegisterComponentResourceV2(catalogEncryptionType, name, pulumi.Map{"retain": pulumi.Bool(args.Retain)}, e, opts...); err != nil {
		return nil, fmt.Errorf("catalog encryption %q: %w", name, err)
	}
	parent, keep := pulumi.Parent(e), pulumi.RetainOnDelete(args.Retain)
	role, err := iam.NewRole(ctx, name+"-role", &iam.RoleArgs{
		Description: pulumi.String("Glue, when it encrypts its catalog"), AssumeRolePolicy: pulumi.String(policies.TrustGlue().JSON()),
	}, parent, keep)
	if err != nil {
		return nil, fmt.Errorf("catalog encryption %q: role: %w", name, err)
	}
	key, err := NewKey(ctx, name, &KeyArgs{
		Description: "The Glue catalog and the passwords of its connections", Partition: args.Partition, AccountID: args.AccountID, Region: args.Region,
		Via: []string{"glue"}, RoleARN: role.Arn, Retain: args.Retain,
	}, parent)
	if err != nil {
		return nil, fmt.Errorf("catalog encryption %q: %w", name, err)
	}
	grants, err := iam.NewRolePolicy(ctx, name+"-grants", &iam.RolePolicyArgs{
		Role: role.Name,
		Policy: policies.Render(pulumi.StringMap{"key": key.ARN}, func(ref map[string]string) policies.Document {
			return policies.CatalogEncryption(ref["key"])
		}),
	}, parent, keep)
	if err != nil {
		return nil, fmt.Errorf("catalog encryption %q: grants: %w", name, err)
	}
	settings, err := glue.NewDataCatalogEncryptionSettings(ctx, name, &glue.DataCatalogEncryptionSettingsArgs{
		DataCatalogEncryptionSettings: &glue.DataCatalogEncryptionSettingsDataCatalogEncryptionSettingsArgs{
			EncryptionAtRest: &glue.DataCatalogEncryptionSettingsDataCatalogEncryptionSettingsEncryptionAtRestArgs{
				CatalogEncryptionMode: pulumi.String("SSE-KMS-WITH-SERVICE-ROLE"), CatalogEncryptionServiceRole: role.Arn, SseAwsKmsKeyId: key.ARN,
			},
			ConnectionPasswordEncryption: &glue.DataCatalogEncryptionSettingsDataCatalogEncryptionSettingsConnectionPasswordEncryptionArgs{
				ReturnConnectionPasswordEncrypted: pulumi.Bool(true), AwsKmsKeyId: key.ARN,
			},
		},
	}, after([]pulumi.ResourceOption{parent, keep}, grants)...)
	if err != nil {
		return nil, fmt.Errorf("catalog encryption %q: settings: %w", name, err)
	}
	e.KeyARN, e.Ready = key.ARN, []pulumi.Resource{settings}
	return e, ctx.RegisterResourceOutputs(e, pulumi.Map{"keyArn": e.KeyARN})
}
