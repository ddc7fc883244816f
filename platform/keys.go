package platform

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/glue"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components"
	"dataplatform/contracts"
	"dataplatform/platform/settings"
	"dataplatform/policies"
)

// keys are a KMS key a layer, one for what carries messages, the one behind the pseudonyms, and what Glue encrypts its
// catalog with.
type keys struct {
	layers     map[string]*components.Key
	operations *components.Key
	pseudonyms *components.PseudonymKey
	catalog    *components.CatalogEncryption // nil where the catalog is left as it is
}

func newKeys(ctx *pulumi.Context, e environment) (keys, error) {
	made := keys{layers: map[string]*components.Key{}}
	var first []pulumi.Resource
	if e.settings.Catalog.Encrypted {
		found, err := catalogSetting(ctx, e)
		if err != nil {
			return keys{}, err
		}
		if made.catalog, err = components.NewCatalogEncryption(ctx, "catalog-encryption", &components.
			CatalogEncryptionArgs{
			Partition: e.where.partition, AccountID: e.where.account, Region: e.where.region, Found: found,
			Protect: e.retain(),
		}, e.part("catalog")); err != nil {
			return keys{}, err
		}
		// Keys take their time, so that Glue's role is known everywhere when the layers are there.
		first = append(first, made.catalog.Rights)
	}
	for _, layer := range e.stored() {
		via := []string{"s3"}
		switch layer {
		case contracts.LayerRaw:
			via = append(via, "kinesis") // the stream holds what raw will hold
		case settings.LayerArtifacts:
			via = append(via, "dynamodb") // the ledger and the counts are the platform's own books
		}
		key, err := components.NewKey(ctx, layer, &components.KeyArgs{
			Description: "Data of the " + layer + " layer", Partition: e.where.partition, AccountID: e.where.account,
			Region: e.where.region, Via: via, Trail: e.trail(layer), Retain: e.retain(), After: first,
		}, e.part("storage"))
		if err != nil {
			return keys{}, err
		}
		made.layers[layer] = key
	}
	var err error
	if made.pseudonyms, err = components.NewPseudonymKey(ctx, "pseudonyms", &components.PseudonymKeyArgs{
		Partition: e.where.partition, AccountID: e.where.account, Makers: e.settings.Pseudonyms.Makers,
		Retain: e.retain(),
	}, e.part("storage")); err != nil {
		return keys{}, err
	}
	made.operations, err = components.NewKey(ctx, "operations", &components.KeyArgs{
		Description: "BucketNotifications, alarms, dead letters and logs", Partition: e.where.partition,
		AccountID: e.where.account, Region: e.where.region, Via: []string{"sns", "sqs"},
		Services:  append([]string{policies.CloudWatch, policies.S3}, costPublishers(e.settings.Cost)...),
		LogGroups: true, EventRules: true,
	}, e.part("operations"))
	return made, err
}

// catalogSetting is how the account's catalog is encrypted now.
func catalogSetting(ctx *pulumi.Context, e environment) (components.CatalogSetting, error) {
	var found components.CatalogSetting
	got, err := glue.LookupDataCatalogEncryptionSettings(ctx,
		&glue.LookupDataCatalogEncryptionSettingsArgs{CatalogId: e.where.account}, pulumi.Provider(e.provider))
	if err != nil {
		return found, fmt.Errorf("how the catalog is encrypted: %w", err)
	}
	for _, setting := range got.DataCatalogEncryptionSettings {
		for _, atRest := range setting.EncryptionAtRests {
			found.Mode, found.RoleARN, found.KeyID = atRest.CatalogEncryptionMode, atRest.CatalogEncryptionServiceRole,
				atRest.SseAwsKmsKeyId
		}
		for _, passwords := range setting.ConnectionPasswordEncryptions {
			found.Passwords, found.PasswordKeyARN = passwords.ReturnConnectionPasswordEncrypted, passwords.AwsKmsKeyId
		}
	}
	return found, nil
}
