package platform

import (
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/glue"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components"
	"dataplatform/contracts"
	"dataplatform/platform/settings"
	"dataplatform/policies"
)

// stored are the stack's encrypted buckets, in the order data flows.
func (d *deployment) stored() []string {
	names := slices.Concat([]string{settings.LayerLanding}, d.contracts.Layers(), []string{settings.LayerArtifacts})
	if d.settings.Audit.DataEvents {
		names = append(names, settings.LayerAudit)
	}
	return names
}

// trail is the trail whose events a layer holds; none for all but the audit's.
func (d *deployment) trail(layer string) policies.TrailRefs {
	if layer != settings.LayerAudit {
		return policies.TrailRefs{}
	}
	return policies.TrailRefs{ARN: d.arn("cloudtrail", "trail/"+d.trailName()), Account: d.where.account}
}

func (d *deployment) trailName() string { return d.settings.Prefix + "-data" }

// newAudit records who touches the objects of the layers that hold personal data, and of landing, where all of it arrives.
func (d *deployment) newAudit() error {
	if !d.settings.Audit.DataEvents {
		return nil
	}
	personal := map[string]bool{settings.LayerLanding: true}
	for _, contract := range d.contracts.All() {
		personal[contract.Layer] = personal[contract.Layer] || contract.Classification() == contracts.PersonalData
	}
	var watched []*components.Layer
	for _, name := range d.stored() {
		if personal[name] {
			watched = append(watched, d.layers[name])
		}
	}
	_, err := components.NewTrail(d.ctx, settings.LayerAudit, &components.TrailArgs{
		TrailName: d.trailName(), Bucket: d.layers[settings.LayerAudit], Watched: watched, Retain: d.retain(),
	}, d.part("storage"))
	return err
}

// keys are a KMS key a layer, one for what carries messages, and what Glue encrypts its catalog with.
type keys struct {
	layers     map[string]*components.Key
	operations *components.Key
	catalog    *components.CatalogEncryption // nil where the catalog is left as it is
}

func (d *deployment) newKeys() error {
	d.keys.layers = map[string]*components.Key{}
	var first []pulumi.Resource
	if d.settings.Catalog.Encrypted {
		found, err := d.catalogSetting()
		if err != nil {
			return err
		}
		if d.keys.catalog, err = components.NewCatalogEncryption(d.ctx, "catalog-encryption", &components.CatalogEncryptionArgs{
			Partition: d.where.partition, AccountID: d.where.account, Region: d.where.region, Found: found, Protect: d.retain(),
		}, d.part("catalog")); err != nil {
			return err
		}
		// Keys take their time, so that Glue's role is known everywhere when the layers are there.
		first = append(first, d.keys.catalog.Rights)
	}
	for _, layer := range d.stored() {
		via := []string{"s3"}
		switch layer {
		case contracts.LayerRaw:
			via = append(via, "kinesis") // the stream holds what raw will hold
		case settings.LayerArtifacts:
			via = append(via, "dynamodb") // the ledger and the counts are the platform's own books
		}
		key, err := components.NewKey(d.ctx, layer, &components.KeyArgs{
			Description: "Data of the " + layer + " layer", Partition: d.where.partition, AccountID: d.where.account, Region: d.where.region,
			Via: via, Trail: d.trail(layer), Retain: d.retain(), After: first,
		}, d.part("storage"))
		if err != nil {
			return err
		}
		d.keys.layers[layer] = key
	}
	var err error
	d.keys.operations, err = components.NewKey(d.ctx, "operations", &components.KeyArgs{
		Description: "Notices, alarms, dead letters and logs", Partition: d.where.partition, AccountID: d.where.account, Region: d.where.region,
		Via: []string{"sns", "sqs"}, Services: append([]string{policies.CloudWatch, policies.S3}, costPublishers(d.settings.Cost)...), LogGroups: true, EventRules: true,
	}, d.part("operations"))
	return err
}

func (d *deployment) newAlarms() (err error) {
	d.alarms, err = components.NewAlarms(d.ctx, "alarms", &components.AlarmsArgs{
		KMSKeyARN: d.keys.operations.ARN, AccountID: d.where.account, Emails: d.settings.Alarms.Emails, Publishers: costPublishers(d.settings.Cost),
	}, d.part("operations"))
	return err
}

func (d *deployment) newStorage() error {
	d.layers = map[string]*components.Layer{}
	var all []*components.Layer
	for _, name := range d.stored() {
		ages := ageing(d.settings.Storage.Layer(name))
		maps.Copy(ages.ExpireAfterDays, d.expiries(name))
		layer, err := components.NewLayer(d.ctx, name, &components.LayerArgs{
			KMSKeyARN: d.keys.layers[name].ARN, Retain: d.retain(), Ageing: ages, Trail: d.trail(name),
		}, d.part("storage"))
		if err != nil {
			return err
		}
		d.layers[name], all = layer, append(all, layer)
	}
	var err error
	d.logs, err = components.NewLogs(d.ctx, settings.LayerLogs, &components.LogsArgs{
		AccountID: d.where.account, Layers: all, Retain: d.retain(), Ageing: ageing(d.settings.Storage.Logs),
	}, d.part("storage"))
	return err
}

// ageing is what becomes of a layer's objects.
func ageing(l settings.Layer) components.Ageing {
	return components.Ageing{
		GlacierAfterDays: l.GlacierAfterDays, DeepArchiveAfterDays: l.DeepArchiveAfterDays,
		ArchiveAccessAfterDays: l.ArchiveAccessAfterDays, DeepArchiveAccessAfterDays: l.DeepArchiveAccessAfterDays,
		ExpireAfterDays: map[string]int{"": l.ExpireAfterDays}, NoncurrentDays: l.NoncurrentDays,
	}
}

func (d *deployment) newCatalog() error {
	var encrypted []pulumi.Resource
	if d.keys.catalog != nil {
		var stored []pulumi.Resource
		for _, name := range d.stored() {
			stored = append(stored, d.layers[name].Ready...)
		}
		setting, err := d.keys.catalog.Encrypt(d.ctx, stored)
		if err != nil {
			return err
		}
		encrypted = append(encrypted, setting)
	}
	var err error
	if d.catalog, err = components.NewCatalog(d.ctx, "catalog", &components.CatalogArgs{
		Prefix: d.settings.Prefix, Contracts: d.contracts, Layers: d.layers, Views: d.savedViews(), After: encrypted, Retain: d.retain(),
	}, d.part("catalog")); err != nil {
		return err
	}
	registry, err := components.NewRegistry(d.ctx, "schemas", &components.RegistryArgs{
		RegistryName: d.settings.Prefix, Schemas: d.schemas, Build: d.functionBuild(),
	}, d.part("catalog"))
	if err != nil {
		return err
	}
	d.show(registry.Rows)
	crawler, err := components.NewCrawler(d.ctx, "discovery", &components.CrawlerArgs{
		Raw: d.layers[contracts.LayerRaw], DatabaseName: d.catalog.DatabaseNames[contracts.LayerRaw], DatabaseARN: d.catalog.DatabaseARNs[contracts.LayerRaw],
	}, d.part("catalog"))
	if err != nil {
		return err
	}
	d.grantees = append(d.grantees, components.Grantee{Name: "discovery", ARN: crawler.RoleARN, Creates: []string{contracts.LayerRaw}})
	return nil
}

// catalogSetting is how the account's catalog is encrypted now.
func (d *deployment) catalogSetting() (components.CatalogSetting, error) {
	var found components.CatalogSetting
	got, err := glue.LookupDataCatalogEncryptionSettings(d.ctx, &glue.LookupDataCatalogEncryptionSettingsArgs{CatalogId: d.where.account}, pulumi.Provider(d.provider))
	if err != nil {
		return found, fmt.Errorf("how the catalog is encrypted: %w", err)
	}
	for _, setting := range got.DataCatalogEncryptionSettings {
		for _, atRest := range setting.EncryptionAtRests {
			found.Mode, found.RoleARN, found.KeyID = atRest.CatalogEncryptionMode, atRest.CatalogEncryptionServiceRole, atRest.SseAwsKmsKeyId
		}
		for _, passwords := range setting.ConnectionPasswordEncryptions {
			found.Passwords, found.PasswordKeyARN = passwords.ReturnConnectionPasswordEncrypted, passwords.AwsKmsKeyId
		}
	}
	return found, nil
}

// databases are the Glue databases' names by layer, known before they exist.
func (d *deployment) databases() map[string]string {
	names := map[string]string{}
	for _, layer := range d.contracts.Layers() {
		names[layer] = d.settings.Prefix + "_" + layer
	}
	return names
}
