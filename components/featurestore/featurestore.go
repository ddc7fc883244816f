// Package featurestore describes features to SageMaker's feature store, apart from the other components because it
// imports SageMaker's SDK.
package featurestore

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/glue"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lakeformation"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sagemaker"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components/rendering"
	"dataplatform/contracts"
	"dataplatform/governance"
	"dataplatform/policies"
)

const featureStoreType = "dataplatform:recommendations:FeatureStore"

// Args configures a FeatureStore.
type Args struct {
	// Prefix begins the group's name, which is the account's. Required.
	Prefix string
	// AccountID for which SageMaker acts. Required.
	AccountID string
	// Contract of the features: its primary key is the time that they are as of and the one column that names what they
	// are of. Required.
	Contract *contracts.Contract
	// BucketName, BucketARN and KeyARN are where the store lies, DatabaseName is the catalog's where it is a table.
	// Required.
	BucketName, BucketARN, KeyARN, DatabaseName pulumi.StringInput
	// Governed says that the catalog is Lake Formation's, which has to know what the table is.
	Governed bool
	// After is what has to exist before SageMaker makes the table.
	After []pulumi.Resource
}

func (args *Args) validate() error {
	if args == nil {
		return errors.New("args are required")
	}
	var problems []error
	need := func(ok bool, format string, values ...any) {
		if !ok {
			problems = append(problems, fmt.Errorf(format, values...))
		}
	}
	need(args.Prefix != "", "Prefix is required")
	need(args.AccountID != "", "AccountID is required")
	need(args.Contract != nil, "Contract is required")
	if args.Contract != nil {
		_, _, ok := entity(args.Contract)
		need(ok, "Contract %s: want a primary key of a time and one column, for the store has one identifier a record",
			args.Contract.ID)
	}
	need(args.BucketName != nil && args.BucketARN != nil && args.KeyARN != nil && args.DatabaseName != nil,
		"BucketName, BucketARN, KeyARN and DatabaseName are required")
	return errors.Join(problems...)
}

// entity are the columns that say when features are as of, and what they are of; false when there is no single such
// column.
func entity(contract *contracts.Contract) (asOf, identifier string, ok bool) {
	key := contract.PrimaryKey()
	if len(key) != 2 {
		return "", "", false
	}
	first, _ := contract.Column(key[0])
	return key[0], key[1], first.Logical == "timestamp"
}

// Fits says whether features can be a group of the store.
func Fits(contract *contracts.Contract) bool {
	_, _, ok := entity(contract)
	return ok && contract.Format == contracts.FormatIceberg
}

// descriptionLimit is the longest description that CreateFeatureGroup takes, commentLimit the longest comment of Glue's
// columns.
const descriptionLimit, commentLimit = 128, 255

// GroupName is the group of a contract's version. A change of its columns is a new group: the store cannot change one.
func GroupName(prefix string, contract *contracts.Contract) string {
	return prefix + "-" + contract.Dataset + "-" + strings.ReplaceAll(contract.Version, ".", "-")
}

// tableName is the store's table, beside the one of the contract.
func tableName(contract *contracts.Contract) string {
	return contract.Dataset + "_offline_" + strings.ReplaceAll(contract.Version, ".", "_")
}

// FeatureStore is an offline feature group with a table of its own. It has no online store: nothing here asks for
// single records.
type FeatureStore struct {
	pulumi.ResourceState
	GroupName pulumi.StringOutput `pulumi:"groupName"`
}

// New registers a FeatureStore named name.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*FeatureStore, error) {
	fail := func(err error) (*FeatureStore, error) { return nil, fmt.Errorf("feature store %q: %w", name, err) }
	if err := args.validate(); err != nil {
		return fail(err)
	}
	store := &FeatureStore{}
	if err := ctx.RegisterComponentResourceV2(featureStoreType, name,
		pulumi.Map{"contract": pulumi.String(args.Contract.ID)}, store, opts...); err != nil {
		return fail(err)
	}
	parent := pulumi.Parent(store)
	role, err := iam.NewRole(ctx, name+"-role", &iam.RoleArgs{
		Description:      pulumi.String("SageMaker writes the offline feature store"),
		AssumeRolePolicy: pulumi.String(policies.TrustService(policies.SageMaker, args.AccountID).JSON()),
	}, parent)
	if err != nil {
		return fail(err)
	}
	var bucketARN, keyARN string
	grants, err := iam.NewRolePolicy(ctx, name+"-grants", &iam.RolePolicyArgs{
		Role: role.Name,
		Policy: rendering.Policy(rendering.Refs{&bucketARN: args.BucketARN, &keyARN: args.KeyARN},
			func() policies.Document {
				return policies.FeatureStore(bucketARN, keyARN)
			}),
	}, parent)
	if err != nil {
		return fail(err)
	}
	asOf, identifier, _ := entity(args.Contract)
	// The format Glue, not Iceberg: that one SageMaker also compacts, for which its role would need the catalog.
	group, err := sagemaker.NewFeatureGroup(ctx, name, &sagemaker.FeatureGroupArgs{
		FeatureGroupName: pulumi.String(GroupName(args.Prefix, args.Contract)),
		Description:      pulumi.String(contracts.Shorten(args.Contract.Description, descriptionLimit)),
		RoleArn:          role.Arn, RecordIdentifierFeatureName: pulumi.String(identifier),
		EventTimeFeatureName: pulumi.String(asOf), FeatureDefinitions: definitions(args.Contract),
		OfflineStoreConfig: &sagemaker.FeatureGroupOfflineStoreConfigArgs{
			TableFormat: pulumi.String("Glue"), DisableGlueTableCreation: pulumi.Bool(true), // the table is made below
			S3StorageConfig: &sagemaker.FeatureGroupOfflineStoreConfigS3StorageConfigArgs{
				S3Uri: pulumi.Sprintf("s3://%s/%s", args.BucketName,
					strings.TrimSuffix(policies.FeatureStorePrefix, "/")), KmsKeyId: args.KeyARN,
			},
			DataCatalogConfig: &sagemaker.FeatureGroupOfflineStoreConfigDataCatalogConfigArgs{
				Catalog: pulumi.String("AwsDataCatalog"), Database: args.DatabaseName,
				TableName: pulumi.String(tableName(args.Contract)),
			},
		},
	}, parent, pulumi.DependsOn(append([]pulumi.Resource{grants}, args.After...)))
	if err != nil {
		return fail(err)
	}
	table, err := args.newTable(ctx, name, group, parent)
	if err != nil {
		return fail(err)
	}
	if args.Governed {
		// The layer it inherits from its database.
		_, err := lakeformation.NewResourceLfTags(ctx, name, &lakeformation.ResourceLfTagsArgs{
			LfTags: lakeformation.ResourceLfTagsLfTagArray{
				&lakeformation.ResourceLfTagsLfTagArgs{
					Key: pulumi.String(governance.TagDomain), Value: pulumi.String(args.Contract.Domain),
				},
				&lakeformation.ResourceLfTagsLfTagArgs{Key: pulumi.String(governance.TagClassification),
					Value: pulumi.String(args.Contract.Classification())},
			},
			Table: &lakeformation.ResourceLfTagsTableArgs{
				DatabaseName: args.DatabaseName, Name: pulumi.String(tableName(args.Contract)),
			},
		}, parent, pulumi.DependsOn([]pulumi.Resource{table}))
		if err != nil {
			return fail(err)
		}
	}
	store.GroupName = group.FeatureGroupName
	return store, ctx.RegisterResourceOutputs(store, pulumi.Map{"groupName": store.GroupName})
}

// newTable registers the table over a group's objects. One that SageMaker makes outlives the group, and the next group
// of its name fails for it (SageMaker API Reference, DeleteFeatureGroup; aws/sagemaker-python-sdk#5927). Without
// partitions all below the place is read.
func (args *Args) newTable(
	ctx *pulumi.Context, name string, group *sagemaker.FeatureGroup, parent pulumi.ResourceOption,
) (*glue.CatalogTable, error) {
	kinds := map[string]string{"String": "string", "Integral": "bigint", "Fractional": "double"}
	var columns glue.CatalogTableStorageDescriptorColumnArray
	for _, column := range args.Contract.Columns {
		columns = append(columns, &glue.CatalogTableStorageDescriptorColumnArgs{
			Name: pulumi.String(column.Name), Type: pulumi.String(kinds[kindOf(column)]),
			Comment: pulumi.String(contracts.Shorten(column.Description, commentLimit)),
		})
	}
	for _, own := range [][2]string{{"write_time", "timestamp"}, {"api_invocation_time", "timestamp"},
		{"is_deleted", "boolean"}} {
		columns = append(columns,
			&glue.CatalogTableStorageDescriptorColumnArgs{Name: pulumi.String(own[0]), Type: pulumi.String(own[1])})
	}
	const parquet = "org.apache.hadoop.hive.ql.io.parquet."
	return glue.NewCatalogTable(ctx, name, &glue.CatalogTableArgs{
		DatabaseName: args.DatabaseName, Name: pulumi.String(tableName(args.Contract)),
		TableType: pulumi.String("EXTERNAL_TABLE"),
		Description: pulumi.String("What the feature store was given of " + args.Contract.ID +
			", a row a record and time of writing"),
		Parameters: pulumi.StringMap{"classification": pulumi.String("parquet"), "EXTERNAL": pulumi.String("TRUE")},
		StorageDescriptor: &glue.CatalogTableStorageDescriptorArgs{
			Location: group.OfflineStoreConfig.S3StorageConfig().ResolvedOutputS3Uri().Elem(), Columns: columns,
			InputFormat:  pulumi.String(parquet + "MapredParquetInputFormat"),
			OutputFormat: pulumi.String(parquet + "MapredParquetOutputFormat"),
			SerDeInfo: &glue.CatalogTableStorageDescriptorSerDeInfoArgs{
				SerializationLibrary: pulumi.String(parquet + "serde.ParquetHiveSerDe"),
			},
		},
	}, parent)
}

// definitions are the columns as the store knows them; times are text in it (SageMaker Developer Guide, Feature Store
// concepts).
func definitions(contract *contracts.Contract) sagemaker.FeatureGroupFeatureDefinitionArray {
	var found sagemaker.FeatureGroupFeatureDefinitionArray
	for _, column := range contract.Columns {
		found = append(found, &sagemaker.FeatureGroupFeatureDefinitionArgs{
			FeatureName: pulumi.String(column.Name), FeatureType: pulumi.String(kindOf(column)),
		})
	}
	return found
}

func kindOf(column contracts.Column) string {
	if kind, numeric := map[string]string{"integer": "Integral", "number": "Fractional"}[column.Logical]; numeric {
		return kind
	}
	return "String"
}
