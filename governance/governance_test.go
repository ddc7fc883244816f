package governance_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
	"dataplatform/governance"
)

const account = "arn:aws:iam::123456789012:role/"

func load(t *testing.T) *contracts.Set {
	t.Helper()
	set, err := contracts.Load()
	require.NoError(t, err)
	return set
}

func get(t *testing.T, set *contracts.Set, id string) *contracts.Contract {
	t.Helper()
	contract, ok := set.Get(id)
	require.True(t, ok, id)
	return contract
}

func people() []governance.Principal {
	return []governance.Principal{
		{Name: "engineer", ARN: account + "engineer", Rules: governance.Engineers()},
		{Name: "scientist", ARN: account + "scientist", Rules: governance.DataScientists()},
		{Name: "analyst", ARN: account + "analyst", Rules: governance.Analysts()},
		{Name: "analyst-uk", ARN: account + "analyst-uk", Rules: governance.Analysts(), Countries: []string{"IE",
			"GB"}},
	}
}

func find(t *testing.T, cells []governance.Cell, principal, table, column string) governance.Cell {
	t.Helper()
	i := slices.IndexFunc(cells, func(c governance.Cell) bool {
		return c.Principal == principal && c.Table == table && c.Column == column
	})
	require.GreaterOrEqual(t, i, 0, "%s %s %s", principal, table, column)
	return cells[i]
}

// TestWhoSeesWhat asks about the columns that matter, by hand: the table itself is generated.
func TestWhoSeesWhat(t *testing.T) {
	set := load(t)
	sales := governance.Principal{Name: "sales-curate", ARN: account + "sales-curate", Rules: governance.JobRules(
		[]*contracts.Contract{get(t, set, "processed.sales")},
		[]*contracts.Contract{get(t, set, "curated.sales_hourly")})}
	cells := governance.Expect(set, append(people(), sales))
	for _, tt := range []struct{ principal, table, column, want string }{
		{"engineer", "raw.clicks", "payload", "allowed"},
		{"engineer", "processed.sales", "customer_id", "allowed"},
		{"engineer", "processed.sales", governance.Writing, "denied"},
		{"scientist", "raw.sales", "customerid", "denied"},
		{"scientist", "raw.sales", "quantity", "allowed"},
		{"scientist", "processed.clicks", "user_id", "denied"},
		{"scientist", "processed.clicks", "visitor_id", "allowed"},
		{"scientist", "curated.customers_current", "age_band", "allowed"},
		{"analyst", "raw.sales", "quantity", "denied"},
		{"analyst", "raw.quarantine", "reason", "denied"},
		{"analyst", "processed.sales", "customer_id", "denied"},
		{"analyst", "processed.sales", "quantity", "allowed"},
		{"analyst", "processed.sales", "invoice_time", "denied"},
		{"analyst", "processed.clicks", "event_type", "allowed"},
		{"analyst", "processed.clicks", "visitor_id", "denied"},
		{"analyst", "curated.customers_current", "age_band", "denied"},
		{"analyst", "curated.customers_current", "country", "allowed"},
		{"analyst", "curated.sales_hourly", "net_revenue", "allowed"},
		{"analyst", "curated.sales_hourly", governance.Writing, "denied"},
		{"analyst-uk", "processed.sales", "quantity",
			"allowed where (country_code IN ('GB', 'IE')) OR (country_code IS NULL)"},
		{"analyst-uk", "processed.sales", "customer_id", "denied"},
		{"analyst-uk", "curated.sessions", "page_views", "denied"},
		{"sales-curate", "processed.sales", "customer_id", "allowed"},
		{"sales-curate", "processed.sales", governance.Writing, "denied"},
		{"sales-curate", "curated.sales_hourly", governance.Writing, "allowed"},
		{"sales-curate", "curated.sessions", "page_views", "denied"},
		{"sales-curate", "raw.sales", "quantity", "denied"},
		{governance.AnyIAM, "curated.sales_hourly", "net_revenue", "denied"},
	} {
		assert.Equal(t, tt.want, find(t, cells, tt.principal, tt.table, tt.column).String(), "%s %s.%s", tt.principal,
			tt.table, tt.column)
	}
	columns := 0
	for _, contract := range set.All() {
		columns += len(contract.ColumnTags()) + 1
	}
	assert.Len(t, cells, 6*columns, "every principal, table and column once")
}

// TestNobodyButEngineersAndJobsSeesPersonalData holds for every column of every contract, also of those still to come.
func TestNobodyButEngineersAndJobsSeesPersonalData(t *testing.T) {
	set := load(t)
	personal := 0
	for _, cell := range governance.Expect(set, people()) {
		if cell.Column == governance.Writing || get(t, set, cell.Table).ColumnTags()[cell.Column] != "pii" {
			continue
		}
		personal++
		assert.Equal(t, cell.Principal == "engineer", cell.Allowed, "%s %s.%s", cell.Principal, cell.Table, cell.Column)
	}
	assert.NotZero(t, personal)
}

// TestWhoSeesPseudonyms: who works on single visitors and customers, and nobody who asks how many there are. What is
// named like an id of somebody, an address, an exact time or what somebody typed is closed to analysts in tables of
// other names, too.
func TestWhoSeesPseudonyms(t *testing.T) {
	set, err := contracts.LoadWithFeatures()
	require.NoError(t, err)
	principals := people()
	principals[1].Rules = governance.DataScientists(contracts.LayerFeatures)
	pseudonymous := 0
	for _, cell := range governance.Expect(set, principals) {
		if cell.Column == governance.Writing {
			continue
		}
		table := get(t, set, cell.Table)
		if table.ColumnTags()[cell.Column] == contracts.Pseudonymous && cell.Principal == "scientist" {
			pseudonymous++
			assert.True(t, cell.Allowed, "%s.%s", cell.Table, cell.Column)
		}
		if cell.Allowed && strings.HasPrefix(cell.Principal, "analyst") {
			assert.NotEqual(t, contracts.Pseudonymous, table.ColumnTags()[cell.Column], "%s.%s", cell.Table,
				cell.Column)
			if table.Dataset == "assets" || grouped(table) && shared.MatchString(cell.Column) {
				continue // of objects, which the shop's own people put, or of several customers
			}
			assert.NotRegexp(t, revealing, cell.Column, "%s of %s", cell.Principal, cell.Table)
		}
	}
	assert.GreaterOrEqual(t, pseudonymous, 25)
}

// revealing are names of columns that tell a person or a browser from others.
var revealing = regexp.MustCompile(`^(visitor_id|party_key|` + contracts.PseudonymColumn + `|ip_prefix|user_agent|` +
	`event_id|event_time|invoice_time|(started|ended)_at|(first|last)_purchase|customer_since|` +
	`url|url_path|(landing|exit)_path|referrer|search_term|utm_(term|content))$|` + shared.String())

// shared is what customers may have in common, and one of them alone with where others know it from.
var shared = regexp.MustCompile(`^(age_band|postcode_area)$`)

// grouped says whether the contract keeps small groups out of a table.
func grouped(table *contracts.Contract) bool {
	return slices.ContainsFunc(table.Quality, func(rule contracts.QualityRule) bool {
		return rule.Name == "no_small_groups"
	})
}

// tables are those of a Lake Formation that has every tag and filter it should have.
func tables(set *contracts.Set) map[string]governance.Table {
	all := map[string]governance.Table{}
	for _, contract := range set.All() {
		table := governance.Table{
			Database: "shop_" + contract.Layer, Name: contract.Dataset, Tags: contract.Tags(),
			Columns: map[string]map[string]string{}, Filters: map[string]governance.Filter{},
		}
		var impersonal []string // analysts' columns
		for column, classification := range contract.ColumnTags() {
			table.Columns[column] = maps.Clone(contract.Tags())
			table.Columns[column][governance.TagClassification] = classification
			if slices.Contains(governance.Analysts()[0].Classifications, classification) {
				impersonal = append(impersonal, column)
			}
		}
		countries := []string{"GB", "IE"}
		table.Filters[governance.FilterName(countries)] = governance.Filter{
			Columns: impersonal, Rows: "(country_code  in ('GB','IE')) or (country_code is NULL)",
		}
		all[contract.ID] = table
	}
	return all
}

func grants(set *contracts.Set, principals []governance.Principal) []governance.Grant {
	var made []governance.Grant
	for _, p := range principals {
		if len(p.Countries) == 0 {
			for _, rule := range p.Rules {
				made = append(made,
					governance.Grant{Principal: p.ARN, Permissions: rule.Permissions(), Expression: rule.Expression()})
			}
			continue
		}
		for _, contract := range set.All() {
			if len(p.ReadableColumns(contract)) > 0 {
				made = append(made, governance.Grant{
					Principal: p.ARN, Permissions: []string{"SELECT"}, Database: "shop_" + contract.Layer,
					Table: contract.Dataset, Filter: governance.FilterName(p.Countries),
				})
			}
		}
	}
	return made
}

func differences(
	set *contracts.Set, principals []governance.Principal, state map[string]governance.Table, given []governance.Grant,
) []governance.Difference {
	arns := map[string]string{governance.AnyIAM: governance.AnyIAM}
	for _, p := range principals {
		arns[p.Name] = p.ARN
	}
	return governance.Compare(governance.Expect(set, principals), func(cell governance.Cell) governance.Cell {
		return governance.Effective(state[cell.Table], arns[cell.Principal], given).Cell(cell)
	})
}

func TestWhatIsGrantedIsWhatIsExpected(t *testing.T) {
	set := load(t)
	assert.Empty(t, differences(set, people(), tables(set), grants(set, people())))
}

// TestEveryErrorIsADifference changes one thing of a right state at a time.
func TestEveryErrorIsADifference(t *testing.T) {
	set := load(t)
	for name, tt := range map[string]struct {
		state func(map[string]governance.Table)
		grant func([]governance.Grant) []governance.Grant
		want  string
	}{
		"a personal column loses its tag": {
			state: func(all map[string]governance.Table) {
				all["processed.sales"].Columns["customer_id"][governance.TagClassification] = "internal"
			},
			want: "analyst: processed.sales.customer_id is allowed, expected denied",
		},
		"a column has no classification": {
			state: func(all map[string]governance.Table) {
				delete(all["processed.sales"].Columns["quantity"], governance.TagClassification)
			},
			want: "analyst: processed.sales.quantity is denied, expected allowed",
		},
		"IAM decides again": {
			grant: func(given []governance.Grant) []governance.Grant {
				return append(given, governance.Grant{
					Principal: governance.AnyIAM, Permissions: []string{"ALL"}, Database: "shop_curated",
					Table: "sessions",
				})
			},
			want: "IAM_ALLOWED_PRINCIPALS: curated.sessions.page_views is allowed, expected denied",
		},
		"somebody granted by hand": {
			grant: func(given []governance.Grant) []governance.Grant {
				return append(given, governance.Grant{
					Principal: account + "analyst", Permissions: []string{"SELECT"}, Database: "shop_processed",
					Table: "sales", Columns: []string{"customer_id"},
				})
			},
			want: "analyst: processed.sales.customer_id is allowed, expected denied",
		},
		"a tag grant beside a filter": {
			grant: func(given []governance.Grant) []governance.Grant {
				return append(given, governance.Grant{
					Principal: account + "analyst-uk", Permissions: []string{"SELECT"},
					Expression: governance.Analysts()[0].Expression(),
				})
			},
			want: "analyst-uk: processed.sales.quantity is allowed, expected allowed where (country_code IN ('GB', 'IE')) OR (country_code IS NULL)",
		},
		"another filter": {
			state: func(all map[string]governance.Table) {
				table := all["processed.sales"]
				filter := table.Filters["country-gb-ie"]
				filter.Rows = "(country_code IN ('FR')) OR (country_code IS NULL)"
				table.Filters["country-gb-ie"] = filter
			},
			want: "analyst-uk: processed.sales.quantity is allowed where (country_code IN ('FR')) OR (country_code IS NULL), expected allowed where (country_code IN ('GB', 'IE')) OR (country_code IS NULL)",
		},
		"a grant is missing": {
			grant: func(given []governance.Grant) []governance.Grant { return given[1:] },
			want:  "engineer: raw.clicks.payload is denied, expected allowed",
		},
		"an engineer may write": {
			grant: func(given []governance.Grant) []governance.Grant {
				given[0].Permissions = append(given[0].Permissions, "INSERT")
				return given
			},
			want: "engineer: processed.sales.(write) is allowed, expected denied",
		},
	} {
		t.Run(name, func(t *testing.T) {
			state, given := tables(set), grants(set, people())
			if tt.state != nil {
				tt.state(state)
			}
			if tt.grant != nil {
				given = tt.grant(given)
			}
			var found []string
			for _, difference := range differences(set, people(), state, given) {
				found = append(found, difference.String())
			}
			assert.Contains(t, found, tt.want)
		})
	}
}

// TestAGrantOnSomeColumnsWritesNothing as AWS's notes on tag-based access control say.
func TestAGrantOnSomeColumnsWritesNothing(t *testing.T) {
	table := governance.Table{Database: "d", Name: "t", Columns: map[string]map[string]string{
		"a": {"classification": "public"}, "b": {"classification": "pii"},
	}}
	grant := governance.Grant{
		Principal: "p", Permissions: []string{"ALL"}, Expression: map[string][]string{"classification": {"public"}},
	}
	access := governance.Effective(table, "p", []governance.Grant{grant})
	assert.Equal(t, []string{"a"}, access.Columns)
	assert.False(t, access.Write)
	grant.Expression["classification"] = []string{"public", "pii"}
	assert.True(t, governance.Effective(table, "p", []governance.Grant{grant}).Write)
	assert.Empty(t, governance.Effective(table, "somebody else", []governance.Grant{grant}).Columns)
	wild := governance.Grant{
		Principal: "p", Permissions: []string{"SELECT"}, Database: "d", Table: governance.AllTables,
		Excluded: []string{"b"},
	}
	assert.Equal(t, []string{"a"}, governance.Effective(table, "p", []governance.Grant{wild}).Columns)
	missing := governance.Grant{
		Principal: "p", Permissions: []string{"SELECT"}, Database: "d", Table: "t", Filter: "gone",
	}
	assert.Empty(t, governance.Effective(table, "p", []governance.Grant{missing}).Columns)
}
