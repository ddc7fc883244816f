package grants

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lakeformation"
	"github.com/aws/aws-sdk-go-v2/service/lakeformation/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
	"dataplatform/governance"
)

const roles = "arn:aws:iam::123456789012:role/"

var databases = map[string]string{"raw": "shop_raw", "processed": "shop_processed", "curated": "shop_curated"}

// lake answers as Lake Formation does, one grant a page.
type lake struct {
	grants  []types.PrincipalResourcePermissions
	tags    map[string]map[string]string // classification by table and column
	layers  map[string]string            // domain by table
	filters []types.DataCellsFilter
}

func (l *lake) ListPermissions(
	_ context.Context, in *lakeformation.ListPermissionsInput, _ ...func(*lakeformation.Options),
) (*lakeformation.ListPermissionsOutput, error) {
	var found []types.PrincipalResourcePermissions
	for _, grant := range l.grants {
		on := grant.Resource
		switch {
		case in.Resource != nil && in.Resource.DataCellsFilter != nil:
			if on.DataCellsFilter == nil || *on.DataCellsFilter.TableName != *in.Resource.DataCellsFilter.TableName {
				continue
			}
		case in.ResourceType == types.DataLakeResourceTypeDatabase && on.Database == nil,
			in.ResourceType == types.DataLakeResourceTypeTable && on.Table == nil && on.TableWithColumns == nil,
			in.ResourceType == types.DataLakeResourceTypeLfTagPolicy && on.LFTagPolicy == nil:
			continue
		}
		found = append(found, grant)
	}
	start := 0
	if in.NextToken != nil {
		start = len(*in.NextToken)
	}
	out := &lakeformation.ListPermissionsOutput{}
	if start < len(found) {
		out.PrincipalResourcePermissions = found[start : start+1]
	}
	if start+1 < len(found) {
		out.NextToken = aws.String(string(bytes.Repeat([]byte("x"), start+1)))
	}
	return out, nil
}

func (l *lake) ListDataCellsFilter(
	_ context.Context, in *lakeformation.ListDataCellsFilterInput, _ ...func(*lakeformation.Options),
) (*lakeformation.ListDataCellsFilterOutput, error) {
	out := &lakeformation.ListDataCellsFilterOutput{}
	for _, filter := range l.filters {
		if *filter.DatabaseName == *in.Table.DatabaseName && *filter.TableName == *in.Table.Name {
			out.DataCellsFilters = append(out.DataCellsFilters, filter)
		}
	}
	return out, nil
}

func (l *lake) GetResourceLFTags(
	_ context.Context, in *lakeformation.GetResourceLFTagsInput, _ ...func(*lakeformation.Options),
) (*lakeformation.GetResourceLFTagsOutput, error) {
	on, out := in.Resource.TableWithColumns, &lakeformation.GetResourceLFTagsOutput{}
	table := *on.DatabaseName + "." + *on.Name
	for _, column := range on.ColumnNames {
		pair := func(key, value string) types.LFTagPair {
			return types.LFTagPair{TagKey: aws.String(key), TagValues: []string{value}}
		}
		out.LFTagsOnColumns = append(out.LFTagsOnColumns,
			types.ColumnLFTag{Name: aws.String(column), LFTags: []types.LFTagPair{
				pair("layer", (*on.DatabaseName)[len("shop_"):]), pair("domain", l.layers[table]),
				pair("classification", l.tags[table][column]),
			}})
	}
	return out, nil
}

func to(role string, permissions []types.Permission, on types.Resource) types.PrincipalResourcePermissions {
	return types.PrincipalResourcePermissions{Principal: &types.DataLakePrincipal{
		DataLakePrincipalIdentifier: aws.String(role),
	}, Permissions: permissions, Resource: &on}
}

var reading = []types.Permission{types.PermissionSelect, types.PermissionDescribe}

// governed is a lake with everything in place for principals().
func governed(t *testing.T, set *contracts.Set) *lake {
	t.Helper()
	l := &lake{tags: map[string]map[string]string{}, layers: map[string]string{}}
	for _, contract := range set.All() {
		table := databases[contract.Layer] + "." + contract.Dataset
		l.tags[table], l.layers[table] = maps.Clone(contract.ColumnTags()), contract.Domain
	}
	tag := func(key string, values ...string) types.LFTag {
		return types.LFTag{TagKey: aws.String(key), TagValues: values}
	}
	l.grants = append(l.grants,
		to(roles+"analyst", reading, types.Resource{LFTagPolicy: &types.LFTagPolicyResource{
			ResourceType: types.ResourceTypeTable, Expression: []types.LFTag{tag("layer", "processed", "curated"),
				tag("classification", "public", "internal")},
		}}),
		to(roles+"analyst", []types.Permission{types.PermissionDescribe},
			types.Resource{LFTagPolicy: &types.LFTagPolicyResource{
				ResourceType: types.ResourceTypeDatabase,
				Expression:   []types.LFTag{tag("layer", "processed", "curated")},
			}}),
		to(roles+"somebody", []types.Permission{types.PermissionAll},
			types.Resource{Database: &types.DatabaseResource{Name: aws.String("shop_raw")}}),
		to(governance.AnyIAM, []types.Permission{types.PermissionAll},
			types.Resource{Database: &types.DatabaseResource{Name: aws.String("another_teams")}}),
	)
	for _, contract := range set.All() {
		columns := principals()["analyst-uk"].ReadableColumns(contract)
		if len(columns) == 0 {
			continue
		}
		database := databases[contract.Layer]
		l.filters = append(l.filters, types.DataCellsFilter{
			DatabaseName: &database, TableName: &contract.Dataset, Name: aws.String("country-gb"),
			TableCatalogId: aws.String("123456789012"), ColumnNames: columns,
			RowFilter: &types.RowFilter{
				FilterExpression: aws.String("(country_code IN ('GB')) OR (country_code IS NULL)"),
			},
		})
		l.grants = append(l.grants,
			to(roles+"analyst-uk", reading[:1], types.Resource{DataCellsFilter: &types.DataCellsFilterResource{
				DatabaseName: &database, TableName: &contract.Dataset, Name: aws.String("country-gb"),
				TableCatalogId: aws.String("123456789012"),
			}}))
	}
	return l
}

func principals() map[string]governance.Principal {
	return map[string]governance.Principal{
		"analyst":    {ARN: roles + "analyst", Rules: governance.Analysts()},
		"analyst-uk": {ARN: roles + "analyst-uk", Rules: governance.Analysts(), Countries: []string{"GB"}},
	}
}

func check(t *testing.T, l *lake) (Report, string) {
	t.Helper()
	set, err := contracts.Load()
	require.NoError(t, err)
	state, err := Read(context.Background(), l, set, databases)
	require.NoError(t, err)
	report := Check(set, principals(), state)
	var out bytes.Buffer
	require.NoError(t, report.Print(&out))
	return report, out.String()
}

func TestAGovernedLakeHasNoDifferences(t *testing.T) {
	set, err := contracts.Load()
	require.NoError(t, err)
	report, text := check(t, governed(t, set))
	assert.Empty(t, report.Differences)
	assert.Empty(t, report.Problems(), "what other teams have is not for this stack to evaluate")
	assert.Regexp(t, `analyst +processed\.sales +\d+ of \d+ +customer_id, file_digest, invoice_time, line_key +all +no`, text)
	assert.Regexp(t,
		`analyst-uk +processed\.sales +\d+ of \d+ +customer_id, file_digest, invoice_time, line_key +\(country_code IN \('GB'\)\) OR \(country_code IS NULL\) +no`, text)
	assert.Regexp(t, `analyst +raw\.sales +0 of \d+ +everything +- +no`, text)
	assert.Regexp(t, `IAM_ALLOWED_PRINCIPALS +curated\.sessions +0 of`, text)
	assert.Contains(t, text, " expectations, 0 differences\n")

	var columns bytes.Buffer
	report.Columns = true
	require.NoError(t, report.Print(&columns))
	assert.Regexp(t, `analyst +processed\.sales +customer_id +denied`, columns.String())
	found, err := json.Marshal(report)
	require.NoError(t, err)
	assert.Contains(t, string(found),
		`{"principal":"analyst","table":"processed.sales","column":"customer_id","access":"denied"}`)
	report.Columns = false
	found, err = json.Marshal(report)
	require.NoError(t, err)
	assert.Regexp(t,
		`{"principal":"analyst-uk","table":"processed.sales","reads":\d+,"of":\d+,"not":\["customer_id","file_digest","invoice_time","line_key"\],"rows":"[^"]*country_code IN \('GB'\)[^"]*","writes":false}`, string(
			found,
		))
	assert.Contains(t, string(found), `"differences":[]`)
}

func TestAccountsAddUp(t *testing.T) {
	set, err := contracts.Load()
	require.NoError(t, err)
	report, _ := check(t, governed(t, set))
	analyst := PrincipalReport{Principal: "analyst", Of: len(set.All()), Rows: "all"}
	// of tables that say a row's country
	uk := PrincipalReport{
		Principal: "analyst-uk", Of: len(set.All()), Rows: "(country_code IN ('GB')) OR (country_code IS NULL)",
	}
	for _, contract := range set.All() {
		if contract.Layer == contracts.LayerRaw {
			continue
		}
		hidden := 0
		for _, column := range contract.Columns {
			if !slices.Contains(governance.Analysts()[0].Classifications, column.Classification) {
				hidden++
			}
		}
		analyst.Tables, analyst.Hidden = analyst.Tables+1, analyst.Hidden+hidden
		if _, reported := contract.Column("country_code"); reported {
			uk.Tables, uk.Hidden = uk.Tables+1, uk.Hidden+hidden
		}
	}
	nobody := PrincipalReport{Principal: governance.AnyIAM, Of: len(set.All()), Rows: "-"}
	assert.ElementsMatch(t, []PrincipalReport{analyst, uk, nobody}, report.Principals())
}

func TestWhatIsWrongIsReported(t *testing.T) {
	set, err := contracts.Load()
	require.NoError(t, err)
	sales := types.TableWithColumnsResource{
		DatabaseName: aws.String("shop_processed"), Name: aws.String("sales"), ColumnWildcard: &types.ColumnWildcard{},
	}
	for name, tt := range map[string]struct {
		change func(*lake)
		want   string
	}{
		"a grant by hand": {func(l *lake) {
			l.grants = append(l.grants, to(roles+"analyst", reading, types.Resource{TableWithColumns: &sales}))
		}, "DIFFERENCE analyst: processed.sales.customer_id is allowed, expected denied"},
		"a grant on every table": {func(l *lake) {
			l.grants = append(l.grants, to(governance.AnyIAM, []types.Permission{types.PermissionAll},
				types.Resource{Table: &types.TableResource{
					DatabaseName: aws.String("shop_curated"), TableWildcard: &types.TableWildcard{},
				}}))
		}, "DIFFERENCE IAM_ALLOWED_PRINCIPALS: curated.sessions.page_views is allowed, expected denied"},
		"an open database": {func(l *lake) {
			l.grants = append(l.grants, to(governance.AnyIAM, []types.Permission{types.PermissionAll},
				types.Resource{Database: &types.DatabaseResource{Name: aws.String("shop_raw")}}))
		}, "DIFFERENCE IAM_ALLOWED_PRINCIPALS: the database shop_raw is open"},
		"a wrong tag": {func(l *lake) { l.tags["shop_processed.clicks"]["user_id"] = "internal" },
			"DIFFERENCE analyst: processed.clicks.user_id is allowed, expected denied"},
		"another filter": {func(l *lake) { l.filters[0].RowFilter.FilterExpression = aws.String("true") },
			"is allowed where true, expected allowed where (country_code IN ('GB')) OR (country_code IS NULL)"},
		"a grant is gone": {func(l *lake) { l.grants = slices.Delete(l.grants, 0, 1) },
			"DIFFERENCE analyst: processed.sales.quantity is denied, expected allowed"},
	} {
		t.Run(name, func(t *testing.T) {
			l := governed(t, set)
			tt.change(l)
			report, text := check(t, l)
			assert.Contains(t, text, tt.want)
			assert.NotEmpty(t, report.Problems())
		})
	}
}

func TestALayerWithoutADatabaseIsAnError(t *testing.T) {
	set, err := contracts.Load()
	require.NoError(t, err)
	_, err = Read(context.Background(), &lake{}, set, map[string]string{"raw": "shop_raw"})
	require.ErrorContains(t, err, "the stack has no database of its layer")
}
