package components_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/components"
	"dataplatform/contracts"
	"dataplatform/governance"
	"dataplatform/internal/graph"
	"dataplatform/internal/pulumitest"
)

const (
	permissionsToken = "aws:lakeformation/permissions:Permissions"
	taggedToken      = "aws:lakeformation/resourceLfTags:ResourceLfTags"
	filterToken      = "aws:lakeformation/dataCellsFilter:DataCellsFilter"
	invocationToken  = "aws:lambda/invocation:Invocation"
	roles            = "arn:aws:iam::123456789012:role/"
)

func principals(t *testing.T) []governance.Principal {
	t.Helper()
	set := loadContracts(t)
	processed, ok := set.Get("processed.sales")
	require.True(t, ok)
	curated, ok := set.Get("curated.sales_hourly")
	require.True(t, ok)
	return []governance.Principal{
		{Name: "sales-curate", Rules: governance.JobRules([]*contracts.Contract{processed},
			[]*contracts.Contract{curated})},
		{Name: "engineer", Rules: governance.Engineers()},
		{Name: "scientist", Rules: governance.DataScientists()},
		{Name: "analyst", Rules: governance.Analysts()},
		{Name: "analyst-uk", Rules: governance.Analysts(), Countries: []string{"GB"}},
		{Name: "analyst-gb", Rules: governance.Analysts(), Countries: []string{"GB"}},
	}
}

func governanceArgs(
	t *testing.T, catalog *components.Catalog, layers map[string]*components.Layer,
) *components.GovernanceArgs {
	t.Helper()
	args := &components.GovernanceArgs{
		Partition: "aws", AccountID: graph.Account, Region: "eu-west-1", Admins: []string{roles + "deployer"},
		Contracts: loadContracts(t), Catalog: catalog, Layers: layers, Build: build(),
		LeasesName:   pulumi.String("leases"),
		LeasesARN:    pulumi.String("arn:aws:dynamodb:eu-west-1:123456789012:table/leases"),
		LeasesKeyARN: pulumi.String(keyARN),
	}
	for _, p := range principals(t) {
		args.Grantees = append(args.Grantees,
			components.Grantee{
				Name: p.Name, ARN: pulumi.String(roles + p.Name), Rules: p.Rules, Countries: p.Countries,
			})
	}
	args.Grantees = append(args.Grantees, components.Grantee{
		Name: "discovery", ARN: pulumi.String(roles + "discovery"), Creates: []string{contracts.LayerRaw},
	})
	args.Grantees = append(args.Grantees, components.Grantee{
		Name: "tables", ARN: pulumi.String(roles + "tables"),
		Rules: governance.JobRules(nil, loadContracts(t).Layer(contracts.LayerCurated)),
	})
	return args
}

func runGovernance(t *testing.T, retain bool) *pulumitest.Recorder {
	t.Helper()
	return pulumitest.Run(t, func(ctx *pulumi.Context) error {
		layers, err := newLayers(ctx)
		if err != nil {
			return err
		}
		catalog, err := components.NewCatalog(ctx,
			"catalog", &components.CatalogArgs{
				Prefix: "shop_test", Contracts: loadContracts(t), Layers: layers, Since: since,
			})
		if err != nil {
			return err
		}
		args := governanceArgs(t, catalog, layers)
		args.Retain = retain
		args.MigratedBy, args.Migrate = "tables", func(granted []pulumi.Resource) (pulumi.Resource, error) {
			tables, err := components.NewTableMigration(ctx, "shaped", &components.TableMigrationArgs{
				FunctionName: pulumi.String("tables"), JobName: pulumi.String("tables"),
				ContractsHash: "1", After: granted,
			})
			if err != nil {
				return nil, err
			}
			return tables.Done, nil
		}
		gov, err := components.NewGovernance(ctx, "governance", args)
		if err != nil {
			return err
		}
		return pulumitest.Observe(ctx, "governance",
			pulumi.Map{"rows": pulumi.Int(len(gov.Widgets)), "curate": pulumi.Int(len(gov.Granted["sales-curate"]))})
	})
}

func texts(value any) []string {
	var out []string
	list, _ := value.([]any)
	for _, item := range list {
		out = append(out, item.(string))
	}
	return out
}

// recordedTables are the tables as Lake Formation would know them from what the program registers.
func recordedTables(t *testing.T, rec *pulumitest.Recorder, set *contracts.Set) map[string]governance.Table {
	t.Helper()
	all := map[string]governance.Table{}
	assigned := func(want string) map[string]string {
		tags := map[string]string{}
		for _, r := range rec.OfType(taggedToken) {
			if r.Name == want {
				for _, pair := range r.Value("lfTags").([]any) {
					tags[pair.(map[string]any)["key"].(string)] = pair.(map[string]any)["value"].(string)
				}
			}
		}
		return tags
	}
	for _, contract := range set.All() {
		name := "governance-" + contract.Layer + "-" + contract.Dataset
		table := governance.Table{
			Database: "shop_test_" + contract.Layer, Name: contract.Dataset, Columns: map[string]map[string]string{},
			Filters: map[string]governance.Filter{},
		}
		for column := range contract.ColumnTags() {
			tags := assigned("governance-" + contract.Layer)
			for key, value := range assigned(name) {
				tags[key] = value
			}
			for _, r := range rec.OfType(taggedToken) {
				if strings.HasPrefix(r.Name, name+"-") &&
					slices.Contains(texts(r.Value("tableWithColumns.columnNames")), column) &&
					r.String(t, "tableWithColumns.name") == contract.Dataset {
					for key, value := range assigned(r.Name) {
						tags[key] = value
					}
				}
			}
			table.Columns[column] = tags
		}
		for _, r := range rec.OfType(filterToken) {
			if r.String(t, "tableData.databaseName") == table.Database &&
				r.String(t, "tableData.tableName") == table.Name {
				table.Filters[r.String(t, "tableData.name")] = governance.Filter{
					Columns: texts(r.Value("tableData.columnNames")),
					Rows:    r.String(t, "tableData.rowFilter.filterExpression"),
				}
			}
		}
		all[contract.ID] = table
	}
	return all
}

func recordedGrants(t *testing.T, rec *pulumitest.Recorder) []governance.Grant {
	t.Helper()
	var all []governance.Grant
	for _, r := range rec.OfType(permissionsToken) {
		grant := governance.Grant{Principal: r.String(t, "principal"), Permissions: texts(r.Value("permissions"))}
		switch {
		case r.Has("lfTagPolicy") && r.String(t, "lfTagPolicy.resourceType") == "TABLE":
			grant.Expression = map[string][]string{}
			for _, tag := range r.Value("lfTagPolicy.expressions").([]any) {
				grant.Expression[tag.(map[string]any)["key"].(string)] = texts(tag.(map[string]any)["values"])
			}
		case r.Has("dataCellsFilter"):
			grant.Database, grant.Table = r.String(t, "dataCellsFilter.databaseName"),
				r.String(t, "dataCellsFilter.tableName")
			grant.Filter = r.String(t, "dataCellsFilter.name")
		default:
			continue // databases and locations
		}
		all = append(all, grant)
	}
	return all
}

// TestWhatIsRegisteredIsWhatIsExpected reads the registered tags, filters and grants as Lake Formation does.
func TestWhatIsRegisteredIsWhatIsExpected(t *testing.T) {
	set, rec := loadContracts(t), runGovernance(t, false)
	tables, grants := recordedTables(t, rec, set), recordedGrants(t, rec)
	differences := governance.Compare(governance.Expect(set, principals(t)),
		func(cell governance.Cell) governance.Cell {
			return governance.Effective(tables[cell.Table], roles+cell.Principal, grants).Cell(cell)
		})
	assert.Empty(t, differences)
	for _, grant := range grants {
		assert.False(t, strings.HasPrefix(grant.Principal, roles+"analyst-") && grant.Expression != nil,
			"%s has a filter and a tag grant: they add up", grant.Principal)
	}
}

func TestGovernanceIsOneChain(t *testing.T) {
	rec := runGovernance(t, false)
	rec.AssertNoOrphans(t)
	rec.AssertUniqueNames(t)
	var steps []pulumitest.Resource
	for _, r := range rec.All() {
		if strings.HasPrefix(r.Type, "aws:lakeformation/") || r.Type == invocationToken {
			steps = append(steps, r)
			assert.True(t, r.DeleteBeforeReplace || r.Name == "shaped",
				"%s: taking the old away last would take the new along", r.Name)
		}
	}
	followers := map[string]int{}
	first := 0
	for _, r := range steps {
		waits := 0
		for _, other := range steps {
			if r.URN != other.URN && r.WaitsFor(other) {
				waits++
				followers[other.URN]++
			}
		}
		if waits == 0 {
			first++
			assert.Equal(t, "governance-administrators", r.Name, "whoever grants is an admin first")
			for _, table := range rec.OfType(tableToken) {
				assert.True(t, r.WaitsFor(table), table.Name)
			}
		}
	}
	assert.Equal(t, 1, first)
	assert.Len(t, followers, len(steps)-1, "each has a next one, but the last")
	last := rec.One(t, invocationToken, "governance")
	assert.Zero(t, followers[last.URN], "IAM is locked out when everybody has their grants")
}

func TestGovernanceRegistersTheLayers(t *testing.T) {
	rec := runGovernance(t, true)
	for _, layer := range []string{"raw", "processed", "curated"} {
		location := rec.One(t, "aws:lakeformation/resource:Resource", "governance-"+layer)
		assert.Equal(t, "arn:aws:s3:::"+layer, location.String(t, "arn"))
		assert.Equal(t, roles+"governance-reader-role", location.String(t, "roleArn"))
	}
	assert.ElementsMatch(t, []any{"raw", "processed", "curated"},
		rec.One(t, "aws:lakeformation/lfTag:LfTag", "governance-layer").Value("values"))
	assert.Equal(t, []any{"internal", "pii", "pseudonymous", "public"},
		rec.One(t, "aws:lakeformation/lfTag:LfTag", "governance-classification").Value("values"))
	seen := rec.Observed(t, "governance")
	assert.InDelta(t, 1, seen.Number(t, "rows"), 0)
	assert.InDelta(t, 4, seen.Number(t, "curate"), 0, "databases, a location, and what it writes and reads")
	own := rec.One(t, permissionsToken, "governance-discovery-own-databases")
	assert.Equal(t, []any{"CREATE_TABLE", "DESCRIBE"}, own.Value("permissions"))
	rec.One(t, permissionsToken, "governance-discovery-raw-location")
	byCountry := 0
	for _, contract := range loadContracts(t).All() {
		if contract.Layer != "raw" &&
			slices.ContainsFunc(contract.Columns, func(c contracts.Column) bool { return c.Name == "country_code" }) {
			byCountry++
		}
	}
	assert.Len(t, rec.OfType(filterToken), byCountry, "a filter a table that has countries, however many roles have it")
}

// TestTheAccountsSettingsAreMergedAndGivenBack: the provider's resource would put them as a whole and delete them; the
// function is called for every change.
func TestTheAccountsSettingsAreMergedAndGivenBack(t *testing.T) {
	for _, retain := range []bool{false, true} {
		rec := runGovernance(t, retain)
		assert.Empty(t, rec.OfType("aws:lakeformation/dataLakeSettings:DataLakeSettings"))
		administrators := rec.One(t, invocationToken, "governance-administrators")
		assert.JSONEq(t, fmt.Sprintf(`{"administrators":{"admins":[%q],"function":%q,"keep":%t}}`, roles+"deployer",
			roles+"governance-function-role", retain),
			administrators.String(t, "input"))
		closing := rec.One(t, invocationToken, "governance")
		var event struct {
			Catalog struct {
				Admins    []string
				Databases map[string]struct{ Tables, Views []string }
				Contracts string
			}
		}
		closing.DecodeJSON(t, "input", &event)
		assert.Equal(t, []string{roles + "deployer"}, event.Catalog.Admins)
		assert.Len(t, event.Catalog.Databases, 3)
		assert.Contains(t, event.Catalog.Databases["shop_test_raw"].Tables, "clicks")
		assert.Equal(t, loadContracts(t).Hash(), event.Catalog.Contracts)
		for _, r := range []pulumitest.Resource{administrators, closing} {
			assert.Equal(t, "CRUD", r.Value("lifecycleScope"),
				"%s: otherwise nobody tells the function of a destroy", r.Name)
			assert.False(t, r.RetainOnDelete, r.Name)
			assert.Nil(t, r.Value("triggers"), "%s: with one, a change would give everything back first", r.Name)
		}
		function := rec.One(t, "aws:lambda/function:Function", "governance-function")
		assert.Equal(t, "leases", function.Value("environment.variables.LEASES_TABLE"))
	}
}

func TestNewGovernanceRejects(t *testing.T) {
	layers := map[string]*components.Layer{"raw": {}, "processed": {}, "curated": {}}
	change := func(f func(*components.GovernanceArgs)) *components.GovernanceArgs {
		args := governanceArgs(t, &components.Catalog{}, layers)
		f(args)
		return args
	}
	for want, args := range map[string]*components.GovernanceArgs{
		"args are required":         nil,
		"Admins is required":        change(func(a *components.GovernanceArgs) { a.Admins = nil }),
		"Contracts is required":     change(func(a *components.GovernanceArgs) { a.Contracts = nil }),
		"LeasesName is required":    change(func(a *components.GovernanceArgs) { a.LeasesName = nil }),
		"LeasesARN is required":     change(func(a *components.GovernanceArgs) { a.LeasesARN = nil }),
		"LeasesKeyARN is required":  change(func(a *components.GovernanceArgs) { a.LeasesKeyARN = nil }),
		"Catalog is required":       change(func(a *components.GovernanceArgs) { a.Catalog = nil }),
		`Layers["raw"] is required`: change(func(a *components.GovernanceArgs) { a.Layers = nil }),
		"want both or neither":      change(func(a *components.GovernanceArgs) { a.MigratedBy = "sales-curate" }),
		`MigratedBy "nobody": want one of`: change(func(a *components.GovernanceArgs) {
			a.MigratedBy, a.Migrate = "nobody", func([]pulumi.Resource) (pulumi.Resource, error) { return nil, nil }
		}),
		"Region is required": change(func(a *components.GovernanceArgs) { a.Region = "" }),
		`"analyst" is given twice`: change(func(a *components.GovernanceArgs) {
			a.Grantees = append(a.Grantees, a.Grantees[3])
		}),
		`name "a b": want`:                change(func(a *components.GovernanceArgs) { a.Grantees[0].Name = "a b" }),
		"ARN of sales-curate is required": change(func(a *components.GovernanceArgs) { a.Grantees[0].ARN = nil }),
		"engineer has neither Rules nor":  change(func(a *components.GovernanceArgs) { a.Grantees[1].Rules = nil }),
		"has Countries and may write": change(func(a *components.GovernanceArgs) {
			a.Grantees[0].Countries = []string{"GB"}
		}),
		"analyst-gb has other Rules than": change(func(a *components.GovernanceArgs) {
			a.Grantees[5].Rules = governance.Engineers()
		}),
	} {
		rejects(t, want, func(ctx *pulumi.Context) error {
			_, err := components.NewGovernance(ctx, "governance", args)
			return err
		})
	}
}

// TestColumnsAreThereBeforeTheyAreTagged: Lake Formation refuses tags and filters of columns that a table does not have
// yet.
func TestColumnsAreThereBeforeTheyAreTagged(t *testing.T) {
	rec := runGovernance(t, false)
	migrated := rec.One(t, invocationToken, "shaped")
	byURN := map[string]pulumitest.Resource{}
	for _, r := range rec.All() {
		byURN[r.URN] = r
	}
	var waits func(r pulumitest.Resource) bool
	waits = func(r pulumitest.Resource) bool {
		return r.WaitsFor(migrated) ||
			slices.ContainsFunc(r.DependsOn, func(urn string) bool { return waits(byURN[urn]) })
	}
	columns := 0
	for _, r := range rec.OfType(taggedToken) {
		assert.Equal(t, r.Has("tableWithColumns"), waits(r), r.Name)
		if r.Has("tableWithColumns") {
			columns++
		}
	}
	assert.Positive(t, columns)
	for _, r := range rec.OfType(filterToken) {
		assert.True(t, waits(r), r.Name)
	}
	for _, r := range rec.OfType(permissionsToken) {
		assert.Equal(t, r.Value("principal") != roles+"tables", waits(r), r.Name)
	}
}
