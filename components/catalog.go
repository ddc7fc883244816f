package components

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/glue"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/contracts"
)

const catalogType = "dataplatform:catalog:Catalog"

// databasePrefix is what Athena reads without quotes.
var databasePrefix = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// Glue allows 255 characters; the longest suffix is _processed.
const maxDatabasePrefix = 255 - len("_processed")

// CatalogArgs configures a Catalog.
type CatalogArgs struct {
	// Prefix starts the databases' names: shop_dev in shop_dev_raw. Required.
	Prefix string
	// Contracts that the tables are made from. Required.
	Contracts *contracts.Set
	// Layers hold the tables' data: one a layer of the contracts. Required.
	Layers map[string]*Layer
	// Since is the first day of data. Required.
	Since contracts.Since
	// Views of the contracts' tables, with distinct names that no table of their layer has.
	Views []View
	// After has to exist before the databases: what encrypts the catalog.
	After []pulumi.Resource
	// Retain protects the databases and Iceberg tables: without the catalog's pointer an Iceberg table is a heap of
	// files.
	Retain bool
}

func (args *CatalogArgs) validate() error {
	if args == nil {
		return errNoArgs
	}
	var c checks
	c.that(databasePrefix.MatchString(args.Prefix) && len(args.Prefix) <= maxDatabasePrefix,
		"Prefix %q: want lower-case letters, digits and _, a letter first, at most %d", args.Prefix, maxDatabasePrefix)
	c.that(args.Contracts != nil, "Contracts is required")
	for _, layer := range layersOf(args.Contracts) {
		c.that(args.Layers[layer] != nil, "Layers[%q] is required", layer)
	}
	c.day("Since.Arrivals", args.Since.Arrivals)
	c.day("Since.Events", args.Since.Events)
	args.validateViews(&c)
	return c.err()
}

func (args *CatalogArgs) validateViews(c *checks) {
	taken := map[string]bool{}
	for _, layer := range layersOf(args.Contracts) {
		for _, contract := range args.Contracts.Layer(layer) {
			taken[layer+"."+contract.Dataset] = true
		}
	}
	for i, view := range args.Views {
		c.that(slices.Contains(layersOf(args.Contracts), view.Layer),
			"Views[%d]: Layer %q is none of the contracts'", i, view.Layer)
		c.that(view.Name != "" && view.Description != "" && view.SQL != "" && len(view.Columns) > 0 &&
			view.Classification != "",
			"Views[%d]: want Name, Description, SQL, Columns and Classification", i)
		c.that(!taken[view.Layer+"."+view.Name], "Views[%d]: there is a table or view %s.%s already", i, view.Layer,
			view.Name)
		taken[view.Layer+"."+view.Name] = true
	}
}

// layersOf are the layers of contracts; none when there are no contracts, which somebody else refuses.
func layersOf(set *contracts.Set) []string {
	if set == nil {
		return nil
	}
	return set.Layers()
}

// Catalog is a Glue database a layer and in it a table a contract.
type Catalog struct {
	pulumi.ResourceState
	// DatabaseNames and DatabaseARNs by layer.
	DatabaseNames map[string]pulumi.StringOutput
	DatabaseARNs  map[string]pulumi.StringOutput
	// Tables are what has to exist before a table is migrated or written.
	Tables []pulumi.Resource
	// Views as they were given.
	Views []View
}

// NewCatalog registers a Catalog named name.
func NewCatalog(ctx *pulumi.Context, name string, args *CatalogArgs, opts ...pulumi.ResourceOption) (*Catalog, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("catalog %q: %w", name, err)
	}
	catalog := &Catalog{
		Views: args.Views, DatabaseNames: map[string]pulumi.StringOutput{},
		DatabaseARNs: map[string]pulumi.StringOutput{},
	}
	if err := ctx.RegisterComponentResourceV2(catalogType, name, pulumi.Map{
		"prefix": pulumi.String(args.Prefix), "contractsHash": pulumi.String(args.Contracts.Hash()),
		"retain": pulumi.Bool(args.Retain),
	}, catalog, opts...); err != nil {
		return nil, fmt.Errorf("catalog %q: %w", name, err)
	}
	outputs := pulumi.Map{}
	for _, layer := range args.Contracts.Layers() {
		database, err := glue.NewCatalogDatabase(ctx, name+"-"+layer, &glue.CatalogDatabaseArgs{
			Name:        pulumi.String(args.Prefix + "_" + layer),
			Description: pulumi.String("Tables of the " + layer + " layer, made from contracts"),
		}, pulumi.Parent(catalog), pulumi.Protect(args.Retain), pulumi.RetainOnDelete(args.Retain),
			pulumi.DependsOn(args.After))
		if err != nil {
			return nil, fmt.Errorf("catalog %q: database of %s: %w", name, layer, err)
		}
		catalog.DatabaseNames[layer], catalog.DatabaseARNs[layer] = database.Name, database.Arn
		outputs[layer] = database.Name
		for _, contract := range args.Contracts.Layer(layer) {
			table, err := catalog.newTable(ctx, name+"-"+layer+"-"+contract.Dataset, args, contract)
			if err != nil {
				return nil, fmt.Errorf("catalog %q: table of %s: %w", name, contract.ID, err)
			}
			catalog.Tables = append(catalog.Tables, table)
		}
	}
	for _, view := range args.Views {
		if err := catalog.newView(ctx, name+"-"+view.Layer+"-"+view.Name, view,
			args.Prefix+"_"+view.Layer); err != nil {
			return nil, fmt.Errorf("catalog %q: %w", name, err)
		}
	}
	return catalog, ctx.RegisterResourceOutputs(catalog, pulumi.Map{"databases": outputs})
}

func (catalog *Catalog) newTable(
	ctx *pulumi.Context, name string, args *CatalogArgs, contract *contracts.Contract,
) (*glue.CatalogTable, error) {
	layer := args.Layers[contract.Layer]
	table := &glue.CatalogTableArgs{
		DatabaseName: catalog.DatabaseNames[contract.Layer], Name: pulumi.String(contract.Dataset),
		TableType: pulumi.String("EXTERNAL_TABLE"),
	}
	opts := []pulumi.ResourceOption{pulumi.Parent(catalog)}
	if contract.Format.Projected() {
		return glue.NewCatalogTable(ctx, name, projectedTable(table, contract, layer, args.Since), opts...)
	}
	// Glue writes the first metadata of the table when it is created, so the bucket has to be ready for it.
	opts = append(opts, pulumi.Protect(args.Retain), pulumi.RetainOnDelete(args.Retain),
		pulumi.IgnoreChanges(engineOwned), pulumi.DependsOn(layer.Ready))
	return glue.NewCatalogTable(ctx, name, icebergTable(table, contract, layer, args.Since), opts...)
}

// engineOwned are the properties of an Iceberg table that belong to the engines that write it once it exists. An update
// through Glue could take the pointer to the table's metadata away, so nothing may ever be a reason for one.
var engineOwned = []string{"description", "openTableFormatInput", "owner", "parameters", "partitionKeys", "retention",
	"storageDescriptor", "tableType", "viewExpandedText", "viewOriginalText"}

// icebergTable is created with its columns by Glue; partition spec, sort order and properties come from TableMigration,
// because the catalog has no place for them.
func icebergTable(
	table *glue.CatalogTableArgs, contract *contracts.Contract, layer *Layer, since contracts.Since,
) *glue.CatalogTableArgs {
	table.OpenTableFormatInput = &glue.CatalogTableOpenTableFormatInputArgs{
		IcebergInput: &glue.CatalogTableOpenTableFormatInputIcebergInputArgs{
			MetadataOperation: pulumi.String("CREATE"), Version: pulumi.String("2"),
		},
	}
	table.Parameters = pulumi.ToStringMap(contract.TableParameters(since))
	table.StorageDescriptor = &glue.CatalogTableStorageDescriptorArgs{
		Columns:  storedColumns(contract.GlueColumns()),
		Location: pulumi.Sprintf("s3://%s/%s", layer.BucketName, contract.Dataset),
	}
	return table
}

// projectedTable computes its partitions from its parameters: nobody has to register any.
func projectedTable(
	table *glue.CatalogTableArgs, contract *contracts.Contract, layer *Layer, since contracts.Since,
) *glue.CatalogTableArgs {
	parameters := pulumi.StringMap{}
	for key, value := range contract.TableParameters(since) {
		parameters[key] = pulumi.String(value)
	}
	if len(contract.PathColumns) > 0 {
		// The template's own holes look like ${column}: only the bucket is filled in here.
		parameters["storage.location.template"] = pulumi.Sprintf("s3://%s/%s", layer.BucketName,
			contract.PathTemplate())
	}
	serde, _ := contract.Serde()
	table.Description = pulumi.String(contract.Description)
	table.Parameters = parameters
	var keys glue.CatalogTablePartitionKeyArray
	for _, key := range contract.GluePartitionKeys() {
		keys = append(keys, &glue.CatalogTablePartitionKeyArgs{
			Name: pulumi.String(key.Name), Type: pulumi.String(key.Type), Comment: pulumi.String(key.Comment),
		})
	}
	table.PartitionKeys = keys
	table.StorageDescriptor = &glue.CatalogTableStorageDescriptorArgs{
		Columns: storedColumns(contract.GlueColumns()), Location: pulumi.Sprintf("s3://%s/%s", layer.BucketName,
			contract.Folder()),
		InputFormat: pulumi.String(serde.InputFormat), OutputFormat: pulumi.String(serde.OutputFormat),
		SerDeInfo: &glue.CatalogTableStorageDescriptorSerDeInfoArgs{
			SerializationLibrary: pulumi.String(serde.Library), Parameters: pulumi.ToStringMap(serde.Parameters),
		},
	}
	return table
}

func storedColumns(columns []contracts.GlueColumn) glue.CatalogTableStorageDescriptorColumnArray {
	stored := make(glue.CatalogTableStorageDescriptorColumnArray, 0, len(columns))
	for _, column := range columns {
		stored = append(stored, &glue.CatalogTableStorageDescriptorColumnArgs{
			Name: pulumi.String(column.Name), Type: pulumi.String(column.Type), Comment: pulumi.String(column.Comment),
		})
	}
	return stored
}
