package components

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lakeformation"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/contracts"
	"dataplatform/governance"
)

func (g *governor) newGrants() error {
	filters := map[string]*lakeformation.DataCellsFilter{}
	for _, grantee := range g.args.Grantees {
		if g.args.migrates(grantee) {
			continue // it has its grants already
		}
		if err := g.grantAll(grantee, filters); err != nil {
			return err
		}
	}
	return nil
}

// grantAll registers every grant of a grantee, with the filters that there are so far.
func (g *governor) grantAll(grantee Grantee, filters map[string]*lakeformation.DataCellsFilter) error {
	steps := []func(Grantee) error{g.grantDatabases, g.grantLocations, g.grantTables}
	if len(grantee.Countries) > 0 {
		steps = []func(Grantee) error{g.grantDatabases,
			func(grantee Grantee) error { return g.grantFilters(grantee, filters) }}
	}
	for _, step := range steps {
		if err := step(grantee); err != nil {
			return fmt.Errorf("%s: %w", grantee.Name, err)
		}
	}
	return nil
}

// grant registers one grant of a grantee.
func (g *governor) grant(
	grantee Grantee, noun string, permissions []string, args *lakeformation.PermissionsArgs,
) error {
	args.Principal, args.Permissions = grantee.ARN, pulumi.ToStringArray(permissions)
	made, err := lakeformation.NewPermissions(g.ctx, g.name+"-"+grantee.Name+"-"+noun, args, g.options()...)
	if err != nil {
		return fmt.Errorf("%s: %w", noun, err)
	}
	g.Granted[grantee.Name] = append(g.Granted[grantee.Name], made)
	g.next(made)
	return nil
}

// policy is what carries one of the values of every tag.
func policy(kind string, expression map[string][]string) *lakeformation.PermissionsLfTagPolicyArgs {
	var tags lakeformation.PermissionsLfTagPolicyExpressionArray
	for _, key := range sortedKeys(expression) {
		tags = append(tags, &lakeformation.PermissionsLfTagPolicyExpressionArgs{
			Key: pulumi.String(key), Values: pulumi.ToStringArray(expression[key]),
		})
	}
	return &lakeformation.PermissionsLfTagPolicyArgs{ResourceType: pulumi.String(kind), Expressions: tags}
}

// grantDatabases lets a grantee see the databases in which it sees tables, and make tables where it does.
func (g *governor) grantDatabases(grantee Grantee) error {
	var seen []string
	for _, rule := range grantee.Rules {
		seen = append(seen, rule.Layers...)
	}
	seen = g.inOrder(seen)
	if len(seen) > 0 {
		if err := g.grant(grantee, "databases", []string{"DESCRIBE"}, &lakeformation.PermissionsArgs{
			LfTagPolicy: policy("DATABASE", map[string][]string{governance.TagLayer: seen}),
		}); err != nil {
			return err
		}
	}
	if len(grantee.Creates) == 0 {
		return nil
	}
	return g.grant(grantee, "own-databases", []string{"CREATE_TABLE", "DESCRIBE"}, &lakeformation.PermissionsArgs{
		LfTagPolicy: policy("DATABASE", map[string][]string{governance.TagLayer: g.inOrder(grantee.Creates)}),
	})
}

// grantLocations lets a grantee make and change tables whose data is there: an Iceberg commit is such a change.
func (g *governor) grantLocations(grantee Grantee) error {
	layers := slices.Clone(grantee.Creates)
	for _, rule := range grantee.Rules {
		if rule.Write {
			layers = append(layers, rule.Layers...)
		}
	}
	for _, layer := range g.inOrder(layers) {
		if err := g.grant(grantee, layer+"-location", []string{"DATA_LOCATION_ACCESS"}, &lakeformation.PermissionsArgs{
			DataLocation: &lakeformation.PermissionsDataLocationArgs{Arn: g.args.Layers[layer].BucketARN},
		}); err != nil {
			return err
		}
	}
	return nil
}

func (g *governor) grantTables(grantee Grantee) error {
	for i, rule := range grantee.Rules {
		if err := g.grant(grantee, fmt.Sprintf("tables-%d", i+1), rule.Permissions(), &lakeformation.PermissionsArgs{
			LfTagPolicy: policy("TABLE", rule.Expression()),
		}); err != nil {
			return err
		}
	}
	return nil
}

// grantFilters grants rows of some countries, and those columns that the rules let be read. There is one filter a table
// and set of countries, however many have it.
func (g *governor) grantFilters(grantee Grantee, filters map[string]*lakeformation.DataCellsFilter) error {
	for _, contract := range g.args.Contracts.All() {
		columns := grantee.principal().ReadableColumns(contract)
		if len(columns) == 0 {
			continue
		}
		table := contract.Layer + "-" + contract.Dataset
		id := table + "-" + governance.FilterName(grantee.Countries)
		if filters[id] == nil {
			filter, err := g.newFilter(id, contract, grantee.Countries, columns)
			if err != nil {
				return fmt.Errorf("%s: %w", id, err)
			}
			filters[id] = filter
		}
		if err := g.grant(grantee, table, []string{"SELECT"}, &lakeformation.PermissionsArgs{
			DataCellsFilter: &lakeformation.PermissionsDataCellsFilterArgs{
				DatabaseName: g.args.Catalog.DatabaseNames[contract.Layer], TableName: pulumi.String(contract.Dataset),
				TableCatalogId: pulumi.String(g.args.AccountID),
				Name:           pulumi.String(governance.FilterName(grantee.Countries)),
			},
		}); err != nil {
			return err
		}
	}
	return nil
}

func (g *governor) newFilter(
	id string, contract *contracts.Contract, countries, columns []string,
) (*lakeformation.DataCellsFilter, error) {
	filter, err := lakeformation.NewDataCellsFilter(g.ctx, g.name+"-"+id, &lakeformation.DataCellsFilterArgs{
		TableData: &lakeformation.DataCellsFilterTableDataArgs{
			DatabaseName: g.args.Catalog.DatabaseNames[contract.Layer], TableName: pulumi.String(contract.Dataset),
			TableCatalogId: pulumi.String(g.args.AccountID),
			Name:           pulumi.String(governance.FilterName(countries)), ColumnNames: pulumi.ToStringArray(columns),
			RowFilter: &lakeformation.DataCellsFilterTableDataRowFilterArgs{
				FilterExpression: pulumi.String(governance.RowFilter(countries)),
			},
		},
	}, g.options()...)
	if err == nil {
		g.next(filter)
	}
	return filter, err
}

// inOrder are the layers among those given, each once, in the order data flows.
func (g *governor) inOrder(layers []string) []string {
	return slices.DeleteFunc(g.args.Contracts.Layers(),
		func(layer string) bool { return !slices.Contains(layers, layer) })
}
