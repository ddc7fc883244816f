package platform

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"dataplatform/contracts"
	"dataplatform/internal/artifacts"
	"dataplatform/internal/graph"
	"dataplatform/internal/pulumitest"
	"dataplatform/platform/settings/settingstest"
)

// stackSettings reads the settings of Pulumi.<stack>.yaml and points them at files that stand in for what make build
// makes.
func stackSettings(t testing.TB, stack string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "Pulumi."+stack+".yaml"))
	require.NoError(t, err)
	var file struct {
		Config map[string]map[string]any `yaml:"config"`
	}
	require.NoError(t, yaml.Unmarshal(text, &file))
	require.Equal(t, []string{"dataplatform:settings"}, slices.Collect(maps.Keys(file.Config)),
		"a stack has one configuration value")
	settings := file.Config["dataplatform:settings"]
	settings["buildDirectory"] = buildDirectory(t)
	settings["scriptsDirectory"] = filepath.Join("..", "glue-scripts", "jobs")
	return settings
}

func buildDirectory(t testing.TB) string {
	t.Helper()
	directory := t.TempDir()
	files := []string{filepath.Join("glue", "dataplatform.zip"), filepath.Join("sagemaker", "source.tar.gz")}
	for _, binary := range functionBinaries {
		for _, architecture := range artifacts.Architectures {
			files = append(files, filepath.Join("lambda", architecture, binary+".zip"))
		}
	}
	for _, file := range files {
		path := filepath.Join(directory, file)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(file), 0o644))
	}
	return directory
}

func deployed(t testing.TB, stack string, settings map[string]any, opts ...graph.Option) (*pulumitest.Recorder, error) {
	t.Helper()
	return pulumitest.RunErr(Deploy, append(opts, graph.WithStack(stack), settingsOption(t, settings))...)
}

func runProgram(t testing.TB, settings map[string]any, program pulumi.RunFunc) *pulumitest.Recorder {
	t.Helper()
	return pulumitest.Run(t, program, settingsOption(t, settings))
}

func settingsOption(t testing.TB, settings map[string]any) graph.Option {
	t.Helper()
	text, err := json.Marshal(settings)
	require.NoError(t, err)
	return graph.WithConfig(map[string]string{"dataplatform:settings": string(text)})
}

// forEachStack runs a check on every stack the project has.
func forEachStack(t *testing.T, check func(t *testing.T, stack string, rec *pulumitest.Recorder)) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "Pulumi.*.yaml"))
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), 3)
	for _, file := range files {
		stack := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), "Pulumi."), ".yaml")
		t.Run(stack, func(t *testing.T) {
			rec, err := deployed(t, stack, stackSettings(t, stack))
			require.NoError(t, err)
			check(t, stack, rec)
		})
	}
}

func TestStacks(t *testing.T) {
	forEachStack(t, func(t *testing.T, _ string, rec *pulumitest.Recorder) { checkStack(t, rec) })
}

// checkStack is what holds of every stack, whatever is switched on in it.
func checkStack(t *testing.T, rec *pulumitest.Recorder) {
	t.Helper()
	rec.AssertUniqueNames(t)
	rec.AssertNoOrphans(t)
	rec.AssertOneProvider(t, "aws")
	for name, check := range map[string]func(*testing.T, *pulumitest.Recorder){
		"policies are narrow and fit":           checkPolicies,
		"buckets are closed":                    checkBuckets,
		"messages and tables are encrypted":     checkEncryption,
		"mappings lose nothing":                 checkMappings,
		"logs end":                              checkLogs,
		"what can fail has an alarm":            checkAlarms,
		"alarms have runbooks":                  checkRunbooks,
		"machines are complete":                 checkStateMachines,
		"the dashboard is complete":             checkDashboard,
		"tables have SLOs of freshness":         checkFreshness,
		"logs have saved queries":               checkSavedQueries,
		"names fit":                             checkNames,
		"everything says what it belongs to":    checkTags,
		"only Athena knows of projected tables": checkProjectedTables,
		"who reads the catalog has grants":      checkGrants,
	} {
		t.Run(name, func(t *testing.T) { check(t, rec) })
	}
}

// TestDataOutlivesTheStack unless its settings say that it is disposable.
func TestDataOutlivesTheStack(t *testing.T) {
	forEachStack(t, func(t *testing.T, stack string, rec *pulumitest.Recorder) {
		disposable, _ := stackSettings(t, stack)["disposableData"].(bool)
		assert.Equal(t, stack != "prod", disposable, "which stacks keep their data")
		kept := 0
		for _, r := range rec.All() {
			data := slices.Contains([]string{bucketToken, tableToken, "aws:glue/catalogDatabase:CatalogDatabase"},
				r.Type) ||
				r.Type == "aws:kms/key:Key" && r.Name != "operations" ||
				r.Type == catalogTableToken && r.Has("openTableFormatInput")
			if !data {
				continue
			}
			kept++
			assert.Equal(t, !disposable, r.Protect, "%s %s is protected", r.Type, r.Name)
			assert.Equal(t, !disposable, r.RetainOnDelete, "%s %s is kept", r.Type, r.Name)
		}
		assert.GreaterOrEqual(t, kept, 6+2+3+5+4)
	})
}

// TestOnlyTheEndpointIsLocal: nothing but its endpoint makes a stack local.
func TestOnlyTheEndpointIsLocal(t *testing.T) {
	forEachStack(t, func(t *testing.T, stack string, rec *pulumitest.Recorder) {
		provider := rec.OfType("pulumi:providers:aws")[0]
		endpoint, local := stackSettings(t, stack)["endpoint"]
		assert.Equal(t, stack == "local", local)
		assert.False(t, provider.Has("accessKey"), "who deploys is the environment's to say")
		assert.Equal(t, local, provider.Has("endpoints"))
		if !local {
			assert.Equal(t, map[string]any{
				"project": "dataplatform", "stack": stack, "owner": "data-team", "costCentre": "data-" + stack,
			}, provider.Value("defaultTags.tags"))
			return
		}
		for _, r := range rec.All() {
			if service := serviceOf(r.Type); service != "" {
				assert.Equal(t, endpoint, provider.Value("endpoints[0]."+service), "%s would be called on AWS", service)
			}
		}
		assert.Equal(t, endpoint, provider.Value("endpoints[0].sts"))
	})
}

// serviceOf is the provider's name of the service that a type belongs to.
func serviceOf(token string) string {
	module, _, aws := strings.Cut(strings.TrimPrefix(token, "aws:"), "/")
	if !aws || !strings.HasPrefix(token, "aws:") {
		return ""
	}
	switch {
	case module != "cloudwatch":
		return module
	case strings.Contains(token, "/event"):
		return "events"
	case strings.Contains(token, "/log"):
		return "logs"
	}
	return module
}

// TestEveryPipelineIsDeployed: every pipeline of the contracts has its jobs, state machines, schedule and outputs.
func TestEveryPipelineIsDeployed(t *testing.T) {
	set, err := contracts.Load()
	require.NoError(t, err)
	forEachStack(t, func(t *testing.T, _ string, rec *pulumitest.Recorder) {
		for _, source := range set.Pipelines() {
			if len(source.Curated) > 0 {
				rec.One(t, jobToken, source.Name+"-curate")
			}
			rec.One(t, stateMachineToken, source.Name+"-pipeline")
			rec.One(t, stateMachineToken, source.Name+"-pipeline-backfill")
			schedule := rec.One(t, "aws:scheduler/schedule:Schedule", source.Name+"-hourly")
			assert.JSONEq(t, `{"hours":"<aws.scheduler.scheduled-time>"}`, schedule.String(t, "target.input"))
			if !source.Streaming {
				rec.One(t, jobToken, source.Name+"-process")
			}
		}
	})
}

func TestLineageGoesToAnEndpointOnDemand(t *testing.T) {
	const endpoint = "https://marquez.example.com/api/v1/lineage"
	for give, want := range map[string]any{"": nil, endpoint: endpoint} {
		rec, err := deployed(t,
			"test", settingstest.With(stackSettings(t, "dev"), map[string]any{"lineage.endpoint": give}))
		require.NoError(t, err)
		job := rec.One(t, jobToken, "sales-curate")
		assert.Equal(t, "dataplatform/shop_dev", job.Value("nonOverridableArguments.--metrics_namespace"))
		assert.Equal(t, want, job.Value("nonOverridableArguments.--lineage_endpoint"))
	}
	const secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:lineage-AbCdEf"
	rec, err := deployed(t, "test", settingstest.With(stackSettings(t, "dev"),
		map[string]any{"lineage": map[string]any{"endpoint": endpoint, "secret": secret}}))
	require.NoError(t, err)
	for name, reads := range map[string]bool{
		"sales-curate": true, "clicks-curate": true, "erase": false, "maintain": false,
	} {
		var want any
		if reads {
			want = secret
		}
		assert.Equal(t, want, rec.One(t, jobToken, name).Value("nonOverridableArguments.--lineage_secret"), name)
		grants := rec.One(t, "aws:iam/rolePolicy:RolePolicy", name+"-grants").String(t, "policy")
		assert.Equal(t, reads, strings.Contains(grants, secret), name)
	}
}

// TestAWarehouseOnDemand: Redshift brings its network, and reads of curated what analysts see, when it has been granted
// that.
func TestAWarehouseOnDemand(t *testing.T) {
	without, err := deployed(t, "test", stackSettings(t, "dev"))
	require.NoError(t, err)
	assert.Empty(t, without.OfType("dataplatform:network:Network"))
	assert.Empty(t, without.OfType("dataplatform:analytics:Warehouse"))
	vpc := graph.WithOutputs("awsx:ec2:Vpc", func(resource.PropertyMap) (resource.PropertyMap, error) {
		return resource.NewPropertyMapFromMap(map[string]any{
			"vpcId": "vpc-1", "isolatedSubnetIds": []any{"a", "b", "c"}, "routeTables": []any{},
		}), nil
	})
	settings := settingstest.With(stackSettings(t, "dev"), map[string]any{
		"analytics.redshift.enabled": true, "analytics.redshift.maxRpu": 32, "network.cidr": "10.50.0.0/16",
	})
	rec, err := deployed(t, "test", settings, vpc)
	require.NoError(t, err)
	rec.AssertNoOrphans(t)
	rec.AssertOneProvider(t, "aws")
	checkPolicies(t, rec)
	checkGrants(t, rec)
	network := rec.OfType("dataplatform:network:Network")
	require.Len(t, network, 1)
	assert.Equal(t, "10.50.0.0/16", network[0].String(t, "cidr"))
	workgroup := rec.One(t, "aws:redshiftserverless/workgroup:Workgroup", "warehouse-redshift")
	assert.Equal(t, []any{"a", "b", "c"}, workgroup.Value("subnetIds"))
	assert.InDelta(t, 32, workgroup.Number(t, "maxCapacity"), 0)
	schema := rec.One(t, "aws:redshiftdata/statement:Statement", "warehouse-redshift-schema")
	assert.Contains(t, schema.String(t, "sql"), "'shop_dev_curated'")
	granted := 0
	for _, grant := range rec.OfType(permissionsToken) {
		if grant.String(t, "principal") == "arn:aws:iam::123456789012:role/warehouse-role" {
			granted++
			assert.True(t, schema.WaitsFor(grant), grant.Name)
			assert.NotContains(t, fmt.Sprint(grant.Value("lfTagPolicy")), "processed",
				"tables that Athena alone can read")
		}
	}
	assert.Equal(t, 2, granted, "databases and tables of curated")

	_, err = deployed(t, "test", settingstest.With(settings, map[string]any{"governance.enabled": false}), vpc)
	require.ErrorContains(t, err,
		"analytics.redshift.enabled: true is not allowed: want false unless governance.enabled")
}

// TestQuickSightDashboardOnDemand: QuickSight queries by a role that sees of curated what analysts see, when it has
// been granted that.
func TestQuickSightDashboardOnDemand(t *testing.T) {
	const stackToken = "aws:cloudformation/stack:Stack"
	without, err := deployed(t, "test", stackSettings(t, "dev"))
	require.NoError(t, err)
	assert.Empty(t, without.OfType(stackToken))
	settings := settingstest.With(stackSettings(t, "dev"), map[string]any{
		"analytics.quickSight.enabled": true,
		"analytics.quickSight.viewers": []any{"arn:aws:quicksight:eu-west-1:123456789012:group/default/analysts"},
	})
	rec, err := deployed(t, "test", settings)
	require.NoError(t, err)
	rec.AssertNoOrphans(t)
	rec.AssertOneProvider(t, "aws")
	checkPolicies(t, rec)
	checkGrants(t, rec)
	stack := rec.One(t, stackToken, "reports-dashboard")
	granted := 0
	for _, grant := range rec.OfType(permissionsToken) {
		if grant.String(t, "principal") != "arn:aws:iam::123456789012:role/reports-role" {
			continue
		}
		granted++
		assert.True(t, stack.WaitsFor(grant), grant.Name)
		assert.NotContains(t, fmt.Sprint(grant.Value("lfTagPolicy")), "processed", "tables that Athena alone can read")
	}
	assert.Equal(t, 2, granted, "databases and tables of curated")
	assert.Equal(t, "reports", stack.String(t, "parameters.Workgroup"))

	_, err = deployed(t, "test", settingstest.With(settings, map[string]any{"governance.enabled": false}))
	require.ErrorContains(t, err,
		"analytics.quickSight.enabled: true is not allowed: want false unless governance.enabled")
}
