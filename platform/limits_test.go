package platform_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/components"
	"dataplatform/components/limits"
	"dataplatform/contracts"
	"dataplatform/internal/graph"
	"dataplatform/internal/pulumitest"
	"dataplatform/platform"
	"dataplatform/platform/preview"
	"dataplatform/policies"
)

var recorded = sync.OnceValues(func() ([]preview.Recorded, error) { return preview.RecordAll("..") })

// forEachGraph runs a check on every stack of the project and on one with everything on.
func forEachGraph(t *testing.T, check func(t *testing.T, stack string, rec *pulumitest.Recorder)) {
	t.Helper()
	all, err := recorded()
	require.NoError(t, err)
	for _, one := range all {
		t.Run(one.Stack, func(t *testing.T) { check(t, one.Stack, &pulumitest.Recorder{Recorder: one.Recorder}) })
	}
}

// within fails when something is larger than AWS allows, and logs how much of the limit the largest takes.
type within struct {
	limit   int
	largest int
	name    string
	seen    int
}

func (w *within) add(t *testing.T, name string, size int) {
	t.Helper()
	assert.LessOrEqual(t, size, w.limit, name)
	if w.seen++; size > w.largest {
		w.largest, w.name = size, name
	}
}

func (w *within) end(t *testing.T, of string) {
	t.Helper()
	require.NotZero(t, w.seen, of)
	t.Logf("%s: at most %d of %d, %s", of, w.largest, w.limit, w.name)
}

// nameLength is of what autonaming puts around a name, ${project}-${stack}-${name}-${hex(6)}, in a stack of 17 letters.
const nameLength = len("dataplatform-12345678901234567--abcdef")

// longer are the ARNs that are longer on AWS than in a recorded document, by as many characters: what autonaming names
// is called by the shorter name it has in the program, and keys are.
func longer(rec *pulumitest.Recorder) map[string]int {
	found := map[string]int{}
	for _, r := range rec.All() {
		arn, ok := r.Outputs["arn"]
		if !ok || !arn.IsString() {
			continue
		}
		grows := nameLength
		switch {
		case r.Type == "aws:kms/key:Key":
			grows = len("12345678-1234-1234-1234-123456789012") - len(r.Name+"-key")
		case !strings.HasSuffix(arn.StringValue(), r.Name) ||
			slices.ContainsFunc([]string{"name", "namePrefix", "bucket"}, r.Has):
			continue // it has the name that it has on AWS
		}
		found[arn.StringValue()] = grows
	}
	return found
}

// sizeOf is a document's size on AWS.
func sizeOf(document string, longer map[string]int) int {
	size := len(document)
	for arn, grows := range longer {
		size += grows * strings.Count(document, arn)
	}
	return size
}

// TestPoliciesFit: IAM and AWS STS quotas, Amazon S3 bucket policies, AWS KMS resource quotas, SNS, SQS and EventBridge
// quotas.
// White space does not count for IAM; documents have none.
func TestPoliciesFit(t *testing.T) {
	forEachGraph(t, func(t *testing.T, _ string, rec *pulumitest.Recorder) { policiesFit(t, rec) })
}

// TestPoliciesFitManyDatasets: no role's rights may end how many datasets there can be.
func TestPoliciesFitManyDatasets(t *testing.T) {
	const datasets = 40
	given, err := preview.EverythingOn("..")
	require.NoError(t, err)
	rec, err := preview.RecordProgram("..", preview.Everything, given, platform.DeployOther(moreDatasets(t, datasets)))
	require.NoError(t, err)
	many := &pulumitest.Recorder{Recorder: rec}
	assert.Greater(t, len(many.OfType("aws:sfn/stateMachine:StateMachine")), 2*datasets)
	rightsFit(t, many)
}

// moreDatasets are all contracts and that many copies of the customers', in each layer, with personal columns.
func moreDatasets(t *testing.T, count int) *contracts.Set {
	t.Helper()
	folder := os.DirFS(filepath.Join("..", "contracts"))
	files := fstest.MapFS{}
	paths, err := fs.Glob(folder, "*/*.odcs.yaml")
	require.NoError(t, err)
	for _, file := range paths {
		text, err := fs.ReadFile(folder, file)
		require.NoError(t, err)
		files[file] = &fstest.MapFile{Data: text}
	}
	for _, file := range []string{
		"raw/customers.odcs.yaml", "processed/customers.odcs.yaml", "curated/customers_current.odcs.yaml",
	} {
		for i := range count {
			of := strings.NewReplacer("domain: customers", "domain: customers",
				"customers", fmt.Sprintf("customers_of_shop_%02d", i))
			files[of.Replace(file)] = &fstest.MapFile{Data: []byte(of.Replace(string(files[file].Data)))}
		}
	}
	set, err := contracts.LoadFS(files)
	require.NoError(t, err)
	return set
}

func policiesFit(t *testing.T, rec *pulumitest.Recorder) {
	t.Helper()
	onAWS := longer(rec)
	for _, kind := range []struct {
		token, property string
		limit           int
	}{
		{"aws:iam/policy:Policy", "policy", 6144}, {"aws:iam/role:Role", "assumeRolePolicy", 2048},
		{"aws:s3/bucketPolicy:BucketPolicy", "policy", 20480}, {"aws:kms/key:Key", "policy", 32768},
		{"aws:sns/topicPolicy:TopicPolicy", "policy", 30720}, {"aws:sqs/queue:Queue", "policy", 8192},
		{"aws:sqs/queuePolicy:QueuePolicy", "policy", 8192},
		{"aws:cloudwatch/eventRule:EventRule", "eventPattern", 2048},
	} {
		sizes := within{limit: kind.limit}
		for _, r := range rec.OfType(kind.token) {
			if r.Has(kind.property) {
				sizes.add(t, r.Name, sizeOf(r.String(t, kind.property), onAWS))
			}
		}
		if sizes.seen > 0 || kind.token != "aws:iam/policy:Policy" {
			sizes.end(t, kind.token)
		}
	}
	rightsFit(t, rec)
}

func rightsFit(t *testing.T, rec *pulumitest.Recorder) {
	t.Helper()
	onAWS := longer(rec)
	inline, roles := map[string]int{}, within{limit: 10240}
	for _, r := range rec.OfType("aws:iam/rolePolicy:RolePolicy") {
		inline[r.String(t, "role")] += sizeOf(r.String(t, "policy"), onAWS)
	}
	for role, size := range inline {
		roles.add(t, role, size)
	}
	roles.end(t, "all inline policies of a role")
}

// TestStateMachinesFitIntoTheAccountsPolicyForTheirLogs alone: beside those of others they share the entry for
// /aws/vendedlogs/.
func TestStateMachinesFitIntoTheAccountsPolicyForTheirLogs(t *testing.T) {
	forEachGraph(t, func(t *testing.T, _ string, rec *pulumitest.Recorder) {
		var entries []string
		for _, stateMachine := range rec.OfType("aws:sfn/stateMachine:StateMachine") {
			group := strings.TrimSuffix(stateMachine.String(t, "loggingConfiguration.logDestination"), ":*")
			require.Contains(t, group, ":log-group:/aws/vendedlogs/states/", stateMachine.Name)
			// The provider ends a prefixed name with 26 characters.
			entries = append(entries, group+strings.Repeat("x", 26)+":log-stream:*")
		}
		slices.Sort(entries)
		document := policies.Document{Version: "2012-10-17", Statement: []policies.Statement{
			policies.AllowActions("AWSLogDeliveryWrite", slices.Compact(entries), "logs:CreateLogStream",
				"logs:PutLogEvents").
				By("Service", "delivery.logs.amazonaws.com").FromAccount(graph.Account),
		}}
		size := within{limit: 5120}
		size.add(t, "AWSLogDeliveryWrite20150319", len(document.JSON()))
		size.end(t, "log delivery")
	})
}

// TestNamesFit counts the names that are written out, too; TestStacks counts what autonaming makes.
func TestNamesFit(t *testing.T) {
	limits := map[string]struct {
		property string
		limit    int
	}{
		"aws:iam/role:Role": {"name", 64}, "aws:iam/policy:Policy": {"name", 128},
		"aws:lambda/function:Function": {"name", 64}, "aws:sqs/queue:Queue": {"name", 80},
		"aws:sfn/stateMachine:StateMachine": {"name", 80}, "aws:glue/catalogDatabase:CatalogDatabase": {"name", 255},
		"aws:glue/registry:Registry": {"registryName", 255}, "aws:glue/schema:Schema": {"schemaName", 255},
		"aws:cloudwatch/dashboard:Dashboard": {"dashboardName", 255}, "aws:cloudwatch/logGroup:LogGroup": {"name", 512},
		"aws:cloudwatch/metricAlarm:MetricAlarm": {"name", 255}, "aws:kms/alias:Alias": {"name", 256},
		"aws:athena/workgroup:Workgroup":                    {"name", 128},
		"aws:redshiftserverless/workgroup:Workgroup":        {"workgroupName", 64},
		"aws:redshiftserverless/namespace:Namespace":        {"namespaceName", 64},
		"aws:sagemaker/modelPackageGroup:ModelPackageGroup": {"modelPackageGroupName", 63},
		"aws:redshiftdata/statement:Statement":              {"statementName", 500},
		"aws:lakeformation/lfTag:LfTag":                     {"key", 128},
		"aws:cloudformation/stack:Stack":                    {"name", 128}, "aws:s3/bucketV2:BucketV2": {"bucket", 63},
	}
	forEachGraph(t, func(t *testing.T, _ string, rec *pulumitest.Recorder) {
		named := 0
		for _, r := range rec.All() {
			if limit, known := limits[r.Type]; known && r.Has(limit.property) {
				named++
				assert.LessOrEqual(t, len(r.String(t, limit.property)), limit.limit, "%s %s", r.Type, r.Name)
			}
		}
		assert.Greater(t, named, 20)
	})
}

// TestAlarmsLookBackNoFurtherThanTheyMay: CloudWatch PutMetricAlarm, EvaluationPeriods and Metrics.
func TestAlarmsLookBackNoFurtherThanTheyMay(t *testing.T) {
	const hour, day, week = 3600, 86400, 604800
	forEachGraph(t, func(t *testing.T, _ string, rec *pulumitest.Recorder) {
		windows := within{limit: week}
		for _, alarm := range rec.OfType("aws:cloudwatch/metricAlarm:MetricAlarm") {
			var periods []float64
			if alarm.Has("period") {
				periods = append(periods, alarm.Number(t, "period"))
			}
			metrics := 0
			queries, _ := alarm.Value("metricQueries").([]any)
			for _, query := range queries {
				one, _ := query.(map[string]any)
				if metric, ok := one["metric"].(map[string]any); ok {
					metrics++
					period, ok := metric["period"].(float64)
					require.True(t, ok, alarm.Name)
					periods = append(periods, period)
				}
			}
			require.NotEmpty(t, periods, alarm.Name)
			assert.LessOrEqual(t, metrics, 10, alarm.Name)
			for _, period := range periods {
				window := int(period * alarm.Number(t, "evaluationPeriods"))
				windows.add(t, alarm.Name, window)
				if period < hour {
					assert.LessOrEqual(t, window, day, alarm.Name)
				}
			}
		}
		windows.end(t, "alarm windows")
	})
}

// TestAthenaReadsEveryPartitionOfAScan: it reads a million at most, of those that a table's parameters allow, whether
// or not there is data (Athena User Guide, "Partitioning data in Athena", considerations and limitations).
func TestAthenaReadsEveryPartitionOfAScan(t *testing.T) {
	end := time.Now().AddDate(50, 0, 0)
	forEachGraph(t, func(t *testing.T, _ string, rec *pulumitest.Recorder) {
		scans := within{limit: 1_000_000}
		for _, table := range rec.OfType("aws:glue/catalogTable:CatalogTable") {
			parameters, _ := table.Value("parameters").(map[string]any)
			if parameters["projection.enabled"] != "true" {
				continue
			}
			setting := func(column, name string) string {
				text, _ := parameters["projection."+column+"."+name].(string)
				return text
			}
			keys, _ := table.Value("partitionKeys").([]any)
			scan, years := 1, 1
			for _, key := range keys {
				column := fmt.Sprint(key.(map[string]any)["name"])
				first, last, _ := strings.Cut(setting(column, "range"), ",")
				count := 0
				switch setting(column, "type") {
				case "enum":
					count = len(strings.Split(setting(column, "values"), ","))
				case "integer":
					low, err := strconv.Atoi(first)
					require.NoError(t, err)
					high, err := strconv.Atoi(last)
					require.NoError(t, err)
					count = high - low + 1
				case "date":
					begin, err := time.Parse(time.DateOnly, first)
					require.NoError(t, err)
					count = int(end.Sub(begin).Hours() / 24)
					years *= 1830
				}
				require.Positive(t, count, "%s.%s", table.Name, column)
				if column == "dataset" {
					// Who asks without naming one gives a range of dates: five years are few enough for three times the
					// datasets.
					years *= 3 * count
					continue
				}
				scan *= count
				if setting(column, "type") != "date" {
					years *= count
				}
			}
			scans.add(t, table.Name+", fifty years from now", scan)
			if scan != years {
				scans.add(t, table.Name+", five years", years)
			}
		}
		scans.end(t, "partitions of a scan")
	})
}

// TestExecutionsFitIntoTheirHistory: 25,000 events (Step Functions quotas, standard executions).
func TestExecutionsFitIntoTheirHistory(t *testing.T) {
	forEachGraph(t, func(t *testing.T, _ string, rec *pulumitest.Recorder) {
		histories := within{limit: 25_000}
		for _, stateMachine := range rec.OfType("aws:sfn/stateMachine:StateMachine") {
			var definition level
			require.NoError(t, json.Unmarshal([]byte(stateMachine.String(t, "definition")), &definition))
			histories.add(t, stateMachine.Name, 2+definition.events(limits.MaxChunks, components.MaxLooks))
		}
		histories.end(t, "events of an execution")
	})
}

func TestTheReadmeSaysHowManyChunksABackfillTakes(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "README.md"))
	require.NoError(t, err)
	assert.Contains(t, string(readme), fmt.Sprintf("at most %d chunks", limits.MaxChunks))
}

// level are the states of a state machine, or of a Map in it.
type level struct {
	States map[string]struct {
		Type, Resource, Next string
		Default              string
		Choices              []struct{ Next string }
		Retry                []struct{ MaxAttempts int }
		ItemProcessor        *level
	}
}

// events are as many as there can be when every state is entered and every call uses all its tries; a loop with a Wait
// in it goes round as often as it may, then without failing calls.
func (l *level) events(chunks, looks int) int {
	total := 0
	for _, s := range l.States {
		const entered = 2 // and left
		attempts := 1
		for _, retry := range s.Retry {
			attempts += retry.MaxAttempts
		}
		switch s.Type {
		case "Task":
			total += entered + attempts*call(s.Resource)
		case "Map": // started and ended, and each iteration is, too
			total += entered + 2 + chunks*(2+s.ItemProcessor.events(chunks, looks))
		case "Wait": // leads back to a call and a choice
			total += looks * (entered + entered + call(l.States[s.Next].Resource) + entered)
		default:
			total += entered
		}
	}
	return total
}

// call is one try of a task: scheduled, started, ended, and with .sync submitted before that.
func call(resource string) int {
	if strings.HasSuffix(resource, ".sync") {
		return 4
	}
	return 3
}
