package components

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/glue"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components/rendering"
	"dataplatform/policies"
)

const catalogEncryptionType = "dataplatform:catalog:CatalogEncryption"

// encryptedByRole is the mode in which Glue uses a key by a role of its own. Plain names no key.
const (
	encryptedByRole = "SSE-KMS-WITH-SERVICE-ROLE"
	plainCatalog    = "DISABLED"
)

// CatalogEncryptionArgs configures a CatalogEncryption.
type CatalogEncryptionArgs struct {
	// Partition, AccountID and Region are where the catalog is. Required.
	Partition, AccountID, Region string
	// Found is the setting as it is now.
	Found CatalogSetting
	// Protect keeps a destroy from beginning while the setting, its role and its key are there.
	Protect bool
}

// CatalogSetting is how a catalog is encrypted.
type CatalogSetting struct {
	// Mode is Glue's word, empty for none; RoleARN and KeyID are by what it encrypts.
	Mode, RoleARN, KeyID string
	// Passwords says that those of connections are encrypted, with PasswordKeyARN.
	Passwords      bool
	PasswordKeyARN string
}

func (args *CatalogEncryptionArgs) validate(name string) error {
	if args == nil {
		return errNoArgs
	}
	var c checks
	c.text("Partition", args.Partition)
	c.text("AccountID", args.AccountID)
	c.text("Region", args.Region)
	c.that(!args.Found.others(name),
		"the catalog of this account and region is encrypted already, with %s: leave that", args.Found.KeyID)
	return c.err()
}

// others says whether somebody else made the setting: what is called name made it with a role of that name, between
// what the engine puts around it.
func (s CatalogSetting) others(name string) bool {
	return s.Mode != "" && s.Mode != plainCatalog && !strings.Contains(s.RoleARN, "-"+catalogRole(name)+"-")
}

func catalogRole(name string) string { return name + "-role" }

// CatalogEncryption makes Glue encrypt its whole catalog with a key of the account. Glue uses the key by a role of its
// own, so that the roles that read and write tables need no right on it. An account has one such setting a region, and
// only what is made after it is encrypted: that of others, too. So key, role and setting stay when the stack goes:
// nobody could read any of it. Others' encryption of passwords stays as it is.
type CatalogEncryption struct {
	pulumi.ResourceState
	KeyARN pulumi.StringOutput `pulumi:"keyArn"`
	// Rights are those of the role on the key.
	Rights pulumi.Resource

	name    string
	args    *CatalogEncryptionArgs
	roleARN pulumi.StringInput
	kept    []pulumi.ResourceOption
}

// NewCatalogEncryption registers a CatalogEncryption named name, but for the setting, which Encrypt makes.
func NewCatalogEncryption(
	ctx *pulumi.Context, name string, args *CatalogEncryptionArgs, opts ...pulumi.ResourceOption,
) (*CatalogEncryption, error) {
	if err := args.validate(name); err != nil {
		return nil, fmt.Errorf("catalog encryption %q: %w", name, err)
	}
	e := &CatalogEncryption{}
	if err := ctx.RegisterComponentResourceV2(catalogEncryptionType, name,
		pulumi.Map{"protect": pulumi.Bool(args.Protect)}, e, opts...); err != nil {
		return nil, fmt.Errorf("catalog encryption %q: %w", name, err)
	}
	parent := pulumi.Parent(e)
	kept := []pulumi.ResourceOption{parent, pulumi.Protect(args.Protect), pulumi.RetainOnDelete(true)}
	role, err := iam.NewRole(ctx, catalogRole(name), &iam.RoleArgs{
		Description:      pulumi.String("Glue, when it encrypts its catalog"),
		AssumeRolePolicy: pulumi.String(policies.TrustGlue().JSON()),
	}, kept...)
	if err != nil {
		return nil, fmt.Errorf("catalog encryption %q: role: %w", name, err)
	}
	key, err := NewKey(ctx, name, &KeyArgs{
		Description: "The Glue catalog", Partition: args.Partition, AccountID: args.AccountID, Region: args.Region,
		Via: []string{"glue"}, RoleARN: role.Arn, Retain: args.Protect, Shared: true,
	}, parent)
	if err != nil {
		return nil, fmt.Errorf("catalog encryption %q: %w", name, err)
	}
	var keyARN string
	grants, err := iam.NewRolePolicy(ctx, name+"-grants", &iam.RolePolicyArgs{
		Role: role.Name,
		Policy: rendering.Policy(rendering.Refs{&keyARN: key.ARN},
			func() policies.Document { return policies.CatalogEncryption(keyARN) }),
	}, kept...)
	if err != nil {
		return nil, fmt.Errorf("catalog encryption %q: grants: %w", name, err)
	}
	e.KeyARN, e.Rights = key.ARN, grants
	e.name, e.args, e.roleARN, e.kept = name, args, role.Arn, kept
	return e, ctx.RegisterResourceOutputs(e, pulumi.Map{"keyArn": e.KeyARN})
}

// Encrypt makes the setting, which has to exist before anything is put into the catalog. What it waits for has waited
// for the Rights and taken its time since: Glue tries role and key, and the provider does not try again what IAM and
// KMS do not know everywhere yet.
func (e *CatalogEncryption) Encrypt(ctx *pulumi.Context, wait []pulumi.Resource) (pulumi.Resource, error) {
	found := e.args.Found
	passwords := &glue.DataCatalogEncryptionSettingsDataCatalogEncryptionSettingsConnectionPasswordEncryptionArgs{
		ReturnConnectionPasswordEncrypted: pulumi.Bool(found.Passwords),
	}
	if found.PasswordKeyARN != "" {
		passwords.AwsKmsKeyId = pulumi.String(found.PasswordKeyARN)
	}
	settings, err := glue.NewDataCatalogEncryptionSettings(ctx, e.name, &glue.DataCatalogEncryptionSettingsArgs{
		DataCatalogEncryptionSettings: &glue.DataCatalogEncryptionSettingsDataCatalogEncryptionSettingsArgs{
			EncryptionAtRest: &glue.DataCatalogEncryptionSettingsDataCatalogEncryptionSettingsEncryptionAtRestArgs{
				CatalogEncryptionMode: pulumi.String(encryptedByRole), CatalogEncryptionServiceRole: e.roleARN,
				SseAwsKmsKeyId: e.KeyARN,
			},
			ConnectionPasswordEncryption: passwords,
		},
	}, after(after(e.kept, e.Rights), wait...)...)
	if err != nil {
		return nil, fmt.Errorf("catalog encryption %q: settings: %w", e.name, err)
	}
	return settings, nil
}
