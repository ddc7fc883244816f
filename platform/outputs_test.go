package platform

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/analytics/sql"
	"dataplatform/contracts"
	"dataplatform/contracts/released"
	"dataplatform/internal/pulumitest"
	"dataplatform/platform/settings/settingstest"
)

const namedQueryToken = "aws:athena/namedQuery:NamedQuery"

// TestOutputs runs the program and observes what it would export.
func TestOutputs(t *testing.T) {
	settings := stackSettings(t, "dev")
	rec := runProgram(t, settings, func(ctx *pulumi.Context) error {
		out, err := compose(ctx, released.Files)
		if err != nil {
			return err
		}
		return pulumitest.Observe(ctx, "outputs", out.fields())
	})
	out := rec.Observed(t, "outputs")
	set, err := contracts.Load()
	require.NoError(t, err)

	var names []string
	for key := range out.Inputs {
		names = append(names, string(key))
	}
	slices.Sort(names)
	assert.Equal(t, []string{
		"alarmsTopic", "assetSourceRole", "buckets", "clickProducerRole", "collector", "consoleLinks", "dashboard",
		"databases",
		"erasureStateMachine", "eventSourceMapping", "exampleQueries", "exportStateMachine", "functions", "jobs",
		"machines", "principals",
		"producerRole", "queues", "readerPolicies", "recommendations", "region", "schedules", "stack", "stream",
		"tables", "workgroup", "workgroups",
	}, names, "names are stable across releases")
	assert.Equal(t, map[string]any{
		"landing": "landing", "raw": "raw", "processed": "processed", "curated": "curated", "artifacts": "artifacts",
		"logs": "logs", "audit": "audit", "discarded": "discarded",
	}, out.Value("buckets"))
	assert.Equal(t, map[string]any{
		"raw": "shop_dev_raw", "processed": "shop_dev_processed", "curated": "shop_dev_curated",
	}, out.Value("databases"))
	assert.Equal(t, map[string]any{"files": "ledger-files", "hours": "ledger-hours", "leases": "ledger-leases"},
		out.Value("tables"))
	assert.Equal(t, map[string]any{
		"clicks": "clickstream-function", "landing": "landing-function", "assets": "assets-function",
		"tables": "tables-function",
	}, out.Value("functions"))
	assert.Equal(t, map[string]any{"maintain": "maintain", "erase": "erase", "export": "export"}, out.Value("jobs"))
	assert.Equal(t, "clickstream-mapping-uuid", out.String(t, "eventSourceMapping"))
	assert.Equal(t, "eu-west-1", out.String(t, "region"))
	assert.Equal(t, "analysts", out.String(t, "workgroup"))
	assert.Equal(t, map[string]any{
		"analysts": "analysts", "data-scientists": "data-scientists", "engineers": "engineers",
	}, out.Value("workgroups"))
	const policy = "arn:aws:iam::123456789012:policy/shop_dev-"
	assert.Equal(t, map[string]any{
		"analysts": policy + "analysts", "data-scientists": policy + "data-scientists",
		"engineers": policy + "engineers",
	}, out.Value("readerPolicies"))
	assert.Equal(t, map[string]any{
		"queries":   "https://eu-west-1.console.aws.amazon.com/athena/home?region=eu-west-1#/query-editor",
		"tables":    "https://eu-west-1.console.aws.amazon.com/glue/home?region=eu-west-1#/v2/data-catalog/tables",
		"dashboard": "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#dashboards/dashboard/shop_dev",
	}, out.Value("consoleLinks"))
	for _, source := range set.Pipelines() {
		stateMachine := "arn:aws:states:eu-west-1:123456789012:stateMachine:" + source.Name + "-pipeline"
		assert.Equal(t, map[string]any{"hourly": stateMachine, "backfill": stateMachine + "-backfill"},
			out.Value("machines."+source.Name))
		assert.Equal(t, source.Name+"-hourly", out.String(t, "schedules."+source.Name))
	}
}

// TestEveryQueryIsNamedAndExported: engineers, who see everything, find in Athena what the outputs and the catalog
// show.
func TestEveryQueryIsNamedAndExported(t *testing.T) {
	settings := stackSettings(t, "dev")
	rec := runProgram(t, settings, func(ctx *pulumi.Context) error {
		out, err := compose(ctx, released.Files)
		if err != nil {
			return err
		}
		return pulumitest.Observe(ctx, "outputs", out.fields())
	})
	queries, err := sql.All()
	require.NoError(t, err)
	exported, ok := rec.Observed(t, "outputs").Value("exampleQueries").(map[string]any)
	require.True(t, ok)
	assert.Len(t, exported, len(queries))
	for _, query := range queries {
		named := rec.One(t, namedQueryToken, "engineers-queries-"+query.Name)
		text := query.SQL(map[string]string{
			"raw": "shop_dev_raw", "processed": "shop_dev_processed", "curated": "shop_dev_curated",
		})
		assert.Equal(t, text, named.String(t, "query"))
		assert.Equal(t, text, exported[query.Key()])
		assert.Contains(t, text, named.String(t, "database")+".")
		assert.Equal(t, query.Description, named.String(t, "description"))
	}
}

// TestPeopleFindTheQueriesThatTheyCanRun in their workgroup, and no others.
func TestPeopleFindTheQueriesThatTheyCanRun(t *testing.T) {
	rec, err := deployed(t, "local", stackSettings(t, "local"))
	require.NoError(t, err)
	found := map[string][]string{}
	for _, r := range rec.OfType(namedQueryToken) {
		kind, name, _ := strings.Cut(r.Name, "-queries-")
		assert.Equal(t, kind, r.String(t, "workgroup"))
		found[kind] = append(found[kind], name)
	}
	queries, err := sql.All()
	require.NoError(t, err)
	assert.Len(t, found["engineers"], len(queries))
	assert.Contains(t, found["data-scientists"], "quarantine")
	assert.Contains(t, found["analysts"], "hourly_revenue")
	assert.NotContains(t, found["analysts"], "quarantine", "analysts see nothing of raw")
	assert.Contains(t, found["analysts-country-gb"], "sales_by_country")
	assert.NotContains(t, found["analysts-country-gb"], "sessions", "sessions say no country")
}

// TestPoliciesOfPeopleAreAttached to the roles of the account that can be changed.
func TestPoliciesOfPeopleAreAttached(t *testing.T) {
	const iam = "arn:aws:iam::123456789012:role/"
	settings := settingstest.With(stackSettings(t, "dev"), map[string]any{
		"governance.analysts": []any{
			iam + "team/anna", iam + "aws-reserved/sso.amazonaws.com/AWSReservedSSO_Analyst_0123456789abcdef",
			"arn:aws:iam::999999999999:role/partner",
		},
		"governance.countryAnalysts": []any{
			map[string]any{"role": iam + "fr", "countries": []any{"FR", "DE"}},
			map[string]any{"role": iam + "de", "countries": []any{"DE", "FR"}},
		},
	})
	rec, err := deployed(t, "test", settings)
	require.NoError(t, err)
	attached := map[string]string{}
	for _, r := range rec.OfType(attachmentToken) {
		attached[r.String(t, "role")] = r.String(t, "policyArn")
	}
	const policy = "arn:aws:iam::123456789012:policy/shop_dev-"
	assert.Equal(t, map[string]string{
		"anna": policy + "analysts", "fr": policy + "analysts-country-de-fr", "de": policy + "analysts-country-de-fr",
	}, attached)
}

// TestReadmeUsesOutputsThatThereAre: what the README lets readers copy names outputs by their paths.
func TestReadmeUsesOutputsThatThereAre(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "README.md"))
	require.NoError(t, err)
	_, section, found := strings.Cut(string(text), "### Querying")
	require.True(t, found)
	section, _, _ = strings.Cut(section, "\n## ")
	for _, want := range []string{"pulumi stack output --json > outputs.json", "aws athena start-query-execution",
		"json.load(open(\"outputs.json\"))", "jdbc:athena://"} {
		assert.Contains(t, section, want)
	}
	var paths []string
	for _, pattern := range []string{
		`jq -r \.([A-Za-z.]+) outputs\.json`, `\\\(\.([A-Za-z.]+)\)`, "`([a-z][A-Za-z]+(?:\\.[A-Za-z]+)*)`",
	} {
		for _, match := range regexp.MustCompile(pattern).FindAllStringSubmatch(section, -1) {
			paths = append(paths, match[1])
		}
	}
	for _, match := range regexp.MustCompile(
		`outputs\[["']([A-Za-z]+)["']\](?:\[["']([a-z-]+)["']\])?`,
	).FindAllStringSubmatch(section, -1) {
		paths = append(paths, strings.TrimSuffix(match[1]+"."+match[2], "."))
	}
	paths = slices.DeleteFunc(paths, func(path string) bool { return path == "governance" }) // a setting
	assert.GreaterOrEqual(t, len(paths), 10)

	rec := runProgram(t, stackSettings(t, "dev"), func(ctx *pulumi.Context) error {
		out, err := compose(ctx, released.Files)
		if err != nil {
			return err
		}
		return pulumitest.Observe(ctx, "outputs", out.fields())
	})
	out := rec.Observed(t, "outputs")
	for _, path := range paths {
		at, last := out.Value(strings.Split(path, ".")[0]), path
		for _, step := range strings.Split(path, ".")[1:] {
			fields, ok := at.(map[string]any)
			require.True(t, ok, path)
			at, last = fields[step], step
		}
		assert.NotEmpty(t, at, "the README names the output %s; there is no %s", path, last)
	}
}
