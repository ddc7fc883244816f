// Package grants asks Lake Formation who may see what, and holds the answer against what the contracts and roles want.
package grants

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lakeformation"
	"github.com/aws/aws-sdk-go-v2/service/lakeformation/types"

	"dataplatform/contracts"
	"dataplatform/governance"
)

// API is what is asked of Lake Formation.
type API interface {
	lakeformation.ListPermissionsAPIClient
	lakeformation.ListDataCellsFilterAPIClient
	GetResourceLFTags(
		ctx context.Context, in *lakeformation.GetResourceLFTagsInput, opts ...func(*lakeformation.Options),
	) (*lakeformation.GetResourceLFTagsOutput, error)
}

// State is what Lake Formation holds for the tables of the contracts.
type State struct {
	Tables map[string]governance.Table // by contract
	Grants []governance.Grant
	// Open are databases that are still open to whoever IAM lets.
	Open []string
}

// Read asks for all grants, and for the tags and filters of every contract's table. Databases are by layer.
func Read(ctx context.Context, api API, set *contracts.Set, databases map[string]string) (State, error) {
	state := State{Tables: map[string]governance.Table{}}
	for _, kind := range []types.DataLakeResourceType{types.DataLakeResourceTypeDatabase,
		types.DataLakeResourceTypeTable, types.DataLakeResourceTypeLfTagPolicy} {
		if err := state.list(ctx, api, &lakeformation.ListPermissionsInput{ResourceType: kind},
			slices.Collect(maps.Values(databases))); err != nil {
			return State{}, err
		}
	}
	for _, contract := range set.All() {
		table := governance.Table{
			Database: databases[contract.Layer], Name: contract.Dataset, Filters: map[string]governance.Filter{},
		}
		if table.Database == "" {
			return State{}, fmt.Errorf("%s: the stack has no database of its layer", contract.ID)
		}
		var err error
		if table.Columns, err = columnTags(ctx, api, table,
			slices.Sorted(maps.Keys(contract.ColumnTags()))); err != nil {
			return State{}, fmt.Errorf("tags of %s: %w", contract.ID, err)
		}
		if err := state.filters(ctx, api, table); err != nil {
			return State{}, fmt.Errorf("filters of %s: %w", contract.ID, err)
		}
		state.Tables[contract.ID] = table
	}
	return state, nil
}

// list adds the grants of one kind.
func (s *State) list(ctx context.Context, api API, in *lakeformation.ListPermissionsInput, databases []string) error {
	for pages := lakeformation.NewListPermissionsPaginator(api, in); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("list permissions: %w", err)
		}
		for _, found := range page.PrincipalResourcePermissions {
			if found.Principal == nil || found.Resource == nil {
				return errors.New("list permissions: a grant without a principal or a resource")
			}
			principal := aws.ToString(found.Principal.DataLakePrincipalIdentifier)
			if database := found.Resource.Database; database != nil {
				if name := aws.ToString(database.Name); principal == governance.AnyIAM &&
					slices.Contains(databases, name) {
					s.Open = append(s.Open, name)
				}
				continue
			}
			if grant, ok := grantOf(found.Resource); ok {
				grant.Principal = principal
				for _, permission := range found.Permissions {
					grant.Permissions = append(grant.Permissions, string(permission))
				}
				s.Grants = append(s.Grants, grant)
			}
		}
	}
	return nil
}

// grantOf reads what a grant is on; false for what gives no rows.
func grantOf(on *types.Resource) (governance.Grant, bool) {
	switch {
	case on.LFTagPolicy != nil && on.LFTagPolicy.ResourceType == types.ResourceTypeTable:
		grant := governance.Grant{Expression: map[string][]string{}}
		for _, tag := range on.LFTagPolicy.Expression {
			grant.Expression[aws.ToString(tag.TagKey)] = tag.TagValues
		}
		return grant, true
	case on.Table != nil:
		grant := governance.Grant{Database: aws.ToString(on.Table.DatabaseName), Table: aws.ToString(on.Table.Name)}
		if on.Table.TableWildcard != nil {
			grant.Table = governance.AllTables
		}
		return grant, true
	case on.TableWithColumns != nil:
		grant := governance.Grant{
			Database: aws.ToString(on.TableWithColumns.DatabaseName), Table: aws.ToString(on.TableWithColumns.Name),
			Columns: on.TableWithColumns.ColumnNames,
		}
		if grant.Table == "ALL_TABLES" { // how SELECT on a wildcard comes back
			grant.Table = governance.AllTables
		}
		if wildcard := on.TableWithColumns.ColumnWildcard; wildcard != nil {
			grant.Columns, grant.Excluded = nil, wildcard.ExcludedColumnNames
		}
		return grant, true
	case on.DataCellsFilter != nil:
		return governance.Grant{
			Database: aws.ToString(on.DataCellsFilter.DatabaseName), Table: aws.ToString(on.DataCellsFilter.TableName),
			Filter: aws.ToString(on.DataCellsFilter.Name),
		}, true
	}
	return governance.Grant{}, false
}

// columnTags are the tags of a table's columns with what they inherit.
func columnTags(
	ctx context.Context, api API, table governance.Table, columns []string,
) (map[string]map[string]string, error) {
	got, err := api.GetResourceLFTags(ctx, &lakeformation.GetResourceLFTagsInput{
		Resource: &types.Resource{TableWithColumns: &types.TableWithColumnsResource{
			DatabaseName: &table.Database, Name: &table.Name, ColumnNames: columns,
		}},
	})
	if err != nil {
		return nil, err
	}
	tags := map[string]map[string]string{}
	for _, column := range columns {
		tags[column] = map[string]string{}
	}
	for _, column := range got.LFTagsOnColumns {
		own, asked := tags[aws.ToString(column.Name)]
		if !asked {
			continue
		}
		for _, pair := range column.LFTags {
			if len(pair.TagValues) != 1 {
				return nil, fmt.Errorf("column %s has %d values of %s", aws.ToString(column.Name), len(pair.TagValues),
					aws.ToString(pair.TagKey))
			}
			own[aws.ToString(pair.TagKey)] = pair.TagValues[0]
		}
	}
	return tags, nil
}

// filters adds a table's data cells filters and what is granted on them, which a list of the table's grants may leave
// out.
func (s *State) filters(ctx context.Context, api API, table governance.Table) error {
	pages := lakeformation.NewListDataCellsFilterPaginator(api, &lakeformation.ListDataCellsFilterInput{
		Table: &types.TableResource{DatabaseName: &table.Database, Name: &table.Name},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, found := range page.DataCellsFilters {
			filter := governance.Filter{Columns: found.ColumnNames}
			if found.ColumnWildcard != nil {
				filter.Columns, filter.Excluded = nil, found.ColumnWildcard.ExcludedColumnNames
			}
			if found.RowFilter != nil {
				filter.Rows = aws.ToString(found.RowFilter.FilterExpression)
			}
			table.Filters[aws.ToString(found.Name)] = filter
			if err := s.list(ctx, api,
				&lakeformation.ListPermissionsInput{
					Resource: &types.Resource{DataCellsFilter: &types.DataCellsFilterResource{
						DatabaseName: &table.Database, TableName: &table.Name, Name: found.Name,
						TableCatalogId: found.TableCatalogId,
					}},
				}, nil); err != nil {
				return err
			}
		}
	}
	return nil
}
