package components

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lakeformation"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components/rendering"
	"dataplatform/contracts"
	"dataplatform/governance"
	"dataplatform/policies"
)

// newReader makes the role by which Lake Formation reads the layers' data, which can do nothing else. It is the first
// of all: Lake Formation tries it when a location is registered, and the provider does not try again what IAM does not
// know everywhere yet.
func (g *governor) newReader() error {
	parent := pulumi.Parent(g.Governance)
	role, err := iam.NewRole(g.ctx, g.name+"-reader-role", &iam.RoleArgs{
		Description: pulumi.String("Lake Formation, reading the layers for those it lets query"),
		AssumeRolePolicy: pulumi.String(
			policies.TrustLakeFormation(g.args.Partition, g.args.AccountID, g.args.Region).JSON(),
		),
	}, parent)
	if err != nil {
		return err
	}
	layers, refs := g.args.Contracts.Layers(), rendering.Refs{}
	may := policies.LakeReaderRefs{BucketARNs: make([]string, len(layers)), KeyARNs: make([]string, len(layers))}
	for i, layer := range layers {
		refs[&may.BucketARNs[i]], refs[&may.KeyARNs[i]] = g.args.Layers[layer].BucketARN, g.args.Layers[layer].KMSKeyARN
	}
	grants, err := iam.NewRolePolicy(g.ctx, g.name+"-reader-grants", &iam.RolePolicyArgs{
		Role: role.Name, Policy: rendering.Policy(refs, func() policies.Document { return policies.LakeReader(may) }),
	}, parent)
	g.readerARN, g.last = role.Arn, append(g.last, grants)
	return err
}

// newLocations puts the layers' data under Lake Formation.
func (g *governor) newLocations() error {
	for _, layer := range g.args.Contracts.Layers() {
		location, err := lakeformation.NewResource(g.ctx, g.name+"-"+layer, &lakeformation.ResourceArgs{
			Arn: g.args.Layers[layer].BucketARN, RoleArn: g.readerARN,
		}, g.options()...)
		if err != nil {
			return fmt.Errorf("%s: %w", layer, err)
		}
		g.next(location)
	}
	return nil
}

// newTags makes the LF-tags with every value that a contract has.
func (g *governor) newTags() error {
	values := map[string][]string{governance.TagLayer: g.args.Contracts.Layers()}
	for _, contract := range g.args.Contracts.All() {
		values[governance.TagDomain] = append(values[governance.TagDomain], contract.Domain)
		for _, classification := range contract.ColumnTags() {
			values[governance.TagClassification] = append(values[governance.TagClassification], classification)
		}
	}
	for _, view := range g.args.Catalog.Views {
		values[governance.TagDomain] = append(values[governance.TagDomain], governance.DomainViews)
		values[governance.TagClassification] = append(values[governance.TagClassification], view.Classification)
	}
	for _, key := range sortedKeys(values) {
		tag, err := lakeformation.NewLfTag(g.ctx, g.name+"-"+key, &lakeformation.LfTagArgs{
			Key:    pulumi.String(key),
			Values: pulumi.ToStringArray(slices.Compact(slices.Sorted(slices.Values(values[key])))),
		}, g.options()...)
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		g.next(tag)
	}
	return nil
}

// newTagged tags databases with their layer, tables with their domain and their columns' highest classification. A
// column that nobody has tagged yet is thus as closed as the most closed one.
func (g *governor) newTagged() error {
	for _, layer := range g.args.Contracts.Layers() {
		if err := g.tag(g.name+"-"+layer, map[string]string{governance.TagLayer: layer},
			&lakeformation.ResourceLfTagsArgs{
				Database: &lakeformation.ResourceLfTagsDatabaseArgs{Name: g.args.Catalog.DatabaseNames[layer]},
			}); err != nil {
			return fmt.Errorf("%s: %w", layer, err)
		}
		for _, contract := range g.args.Contracts.Layer(layer) {
			if err := g.tagTable(contract); err != nil {
				return fmt.Errorf("%s: %w", contract.ID, err)
			}
		}
	}
	for _, view := range g.args.Catalog.Views {
		if err := g.tagAll(view.Layer, view.Name, governance.DomainViews, view.Classification); err != nil {
			return fmt.Errorf("view %s: %w", view.Name, err)
		}
	}
	return nil
}

func (g *governor) tagTable(contract *contracts.Contract) error {
	return g.tagAll(contract.Layer, contract.Dataset, contract.Domain, contract.Classification())
}

// tagAll tags a table or view as a whole.
func (g *governor) tagAll(layer, name, domain, classification string) error {
	return g.tag(g.name+"-"+layer+"-"+name, map[string]string{
		governance.TagDomain: domain, governance.TagClassification: classification,
	}, &lakeformation.ResourceLfTagsArgs{
		Table: &lakeformation.ResourceLfTagsTableArgs{
			DatabaseName: g.args.Catalog.DatabaseNames[layer], Name: pulumi.String(name),
		},
	})
}

func (g *governor) tableName(contract *contracts.Contract) string {
	return g.name + "-" + contract.Layer + "-" + contract.Dataset
}

// newTaggedColumns tags the columns that are lower than the highest of their table with their own classification.
func (g *governor) newTaggedColumns() error {
	for _, layer := range g.args.Contracts.Layers() {
		for _, contract := range g.args.Contracts.Layer(layer) {
			if err := g.tagColumns(contract); err != nil {
				return fmt.Errorf("%s: %w", contract.ID, err)
			}
		}
	}
	return nil
}

func (g *governor) tagColumns(contract *contracts.Contract) error {
	lower := map[string][]string{}
	for column, classification := range contract.ColumnTags() {
		if classification != contract.Classification() {
			lower[classification] = append(lower[classification], column)
		}
	}
	for _, classification := range sortedKeys(lower) {
		slices.Sort(lower[classification])
		if err := g.tag(g.tableName(contract)+"-"+classification, map[string]string{
			governance.TagClassification: classification,
		}, &lakeformation.ResourceLfTagsArgs{
			TableWithColumns: &lakeformation.ResourceLfTagsTableWithColumnsArgs{
				DatabaseName: g.args.Catalog.DatabaseNames[contract.Layer], Name: pulumi.String(contract.Dataset),
				ColumnNames: pulumi.ToStringArray(lower[classification]),
			},
		}); err != nil {
			return err
		}
	}
	return nil
}

func (g *governor) tag(name string, tags map[string]string, args *lakeformation.ResourceLfTagsArgs) error {
	var pairs lakeformation.ResourceLfTagsLfTagArray
	for _, key := range sortedKeys(tags) {
		pairs = append(pairs,
			&lakeformation.ResourceLfTagsLfTagArgs{Key: pulumi.String(key), Value: pulumi.String(tags[key])})
	}
	args.LfTags = pairs
	tagged, err := lakeformation.NewResourceLfTags(g.ctx, name, args, g.options()...)
	if err == nil {
		g.next(tagged)
	}
	return err
}
