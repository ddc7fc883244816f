package platform

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
	"dataplatform/internal/graph"
	"dataplatform/internal/pulumitest"
	"dataplatform/platform/settings"
	"dataplatform/policies"
)

const (
	bucketToken       = "aws:s3/bucketV2:BucketV2"
	bucketPolicyToken = "aws:s3/bucketPolicy:BucketPolicy"
	tableToken        = "aws:dynamodb/table:Table"
	catalogTableToken = "aws:glue/catalogTable:CatalogTable"
	functionToken     = "aws:lambda/function:Function"
	mappingToken      = "aws:lambda/eventSourceMapping:EventSourceMapping"
	jobToken          = "aws:glue/job:Job"
	stateMachineToken = "aws:sfn/stateMachine:StateMachine"
	queueToken        = "aws:sqs/queue:Queue"
	streamToken       = "aws:kinesis/stream:Stream"
	alarmToken        = "aws:cloudwatch/metricAlarm:MetricAlarm"
	logGroupToken     = "aws:cloudwatch/logGroup:LogGroup"
	rolePolicyToken   = "aws:iam/rolePolicy:RolePolicy"

	managedPolicyToken = "aws:iam/policy:Policy"
	attachmentToken    = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
)

// documents are all policies of a stack by the resource and property that hold them.
func documents(t *testing.T, rec *pulumitest.Recorder) map[string]policies.Document {
	t.Helper()
	found := map[string]policies.Document{}
	for _, r := range rec.All() {
		for _, property := range []string{"policy", "assumeRolePolicy"} {
			if !r.Custom || !r.Has(property) {
				continue
			}
			document, err := policies.Parse(r.String(t, property))
			require.NoError(t, err, "%s %s", r.Type, r.Name)
			found[r.Type+" "+r.Name+" "+property] = document
		}
	}
	return found
}

func checkPolicies(t *testing.T, rec *pulumitest.Recorder) {
	all := documents(t, rec)
	assert.GreaterOrEqual(t, len(all), 40)
	for name, document := range all {
		assert.Empty(t, policies.Lint(document), name)
		assert.NotEmpty(t, document.Statement, name)
	}
	// One document a role: the limit of all inline policies of a role is then the document's.
	roles := map[string]int{}
	for _, r := range rec.OfType(rolePolicyToken) {
		text := r.String(t, "policy")
		assert.LessOrEqual(t, len(text), 10240, r.Name)
		roles[r.String(t, "role")]++
	}
	for role, count := range roles {
		assert.Equal(t, 1, count, role)
	}
	assert.Len(t, rec.OfType("aws:iam/role:Role"), len(roles))
	// Managed policies are for people's roles, which are not the stack's; AWS's own ones are wider than anybody needs.
	managed := map[string]bool{}
	for _, r := range rec.OfType(managedPolicyToken) {
		assert.LessOrEqual(t, len(r.String(t, "policy")), 6144, r.Name)
		managed[r.Outputs["arn"].StringValue()] = true
	}
	for _, r := range rec.OfType(attachmentToken) {
		assert.True(t, managed[r.String(t, "policyArn")], "%s: not a policy of the stack", r.Name)
		assert.Zero(t, roles[r.String(t, "role")], "%s: a role of the stack", r.Name)
	}
}

func checkBuckets(t *testing.T, rec *pulumitest.Recorder) {
	buckets := rec.OfType(bucketToken)
	assert.Len(t, buckets, len(rec.OfType("aws:glue/catalogDatabase:CatalogDatabase"))+5,
		"one a layer of tables, and landing, artifacts, logs, audit, discarded")
	of := func(token string, bucket pulumitest.Resource) pulumitest.Resource {
		t.Helper()
		found := slices.DeleteFunc(rec.OfType(token), func(r pulumitest.Resource) bool {
			return !strings.HasPrefix(r.Name, bucket.Name+"-")
		})
		require.Len(t, found, 1, "%s of %s", token, bucket.Name)
		return found[0]
	}
	for _, bucket := range buckets {
		closed := of("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", bucket)
		for _, switched := range []string{"blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls",
			"restrictPublicBuckets"} {
			assert.True(t, closed.True(switched), "%s %s", bucket.Name, switched)
		}
		assert.Equal(t, "BucketOwnerEnforced",
			of("aws:s3/bucketOwnershipControls:BucketOwnershipControls", bucket).String(t, "rule.objectOwnership"))
		assert.Equal(t, "Enabled", of("aws:s3/bucketVersioningV2:BucketVersioningV2", bucket).String(t,
			"versioningConfiguration.status"))
		encryption := of("aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2",
			bucket)
		algorithm := encryption.String(t, "rules[0].applyServerSideEncryptionByDefault.sseAlgorithm")
		if bucket.Name == settings.LayerLogs {
			assert.Equal(t, "AES256", algorithm)
		} else {
			assert.Equal(t, "aws:kms", algorithm, bucket.Name)
			assert.True(t, encryption.True("rules[0].bucketKeyEnabled"), bucket.Name)
			assert.Contains(t, encryption.String(t, "rules[0].applyServerSideEncryptionByDefault.kmsMasterKeyId"),
				"key/"+bucket.Name, "each layer has its own key")
			rec.One(t, "aws:s3/bucketLoggingV2:BucketLoggingV2", settings.LayerLogs+"-"+bucket.Name)
		}
		var lifecycle []map[string]any
		text, err := json.Marshal(
			of("aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2", bucket).Value("rules"),
		)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(text, &lifecycle))
		assert.True(t, slices.ContainsFunc(lifecycle, func(rule map[string]any) bool {
			return rule["noncurrentVersionExpiration"] != nil && rule["abortIncompleteMultipartUpload"] != nil
		}), "%s: old versions and unfinished uploads end", bucket.Name)
		document, err := policies.Parse(of(bucketPolicyToken, bucket).String(t, "policy"))
		require.NoError(t, err)
		for _, weak := range []map[string]string{{"aws:SecureTransport": "false", "s3:TlsVersion": "1.2"},
			{"aws:SecureTransport": "true", "s3:TlsVersion": "1.1"}} {
			decision, err := policies.Evaluate(policies.Request{
				Principal: "arn:aws:iam::123456789012:role/any", Action: "s3:GetObject",
				Resource: "arn:aws:s3:::" + bucket.Name + "/key", Context: weak,
			}, document)
			require.NoError(t, err)
			assert.Equal(t, policies.Denied, decision, "%s %v", bucket.Name, weak)
		}
	}
}

func checkEncryption(t *testing.T, rec *pulumitest.Recorder) {
	for token, property := range map[string]string{
		streamToken: "kmsKeyId", queueToken: "kmsMasterKeyId", "aws:sns/topic:Topic": "kmsMasterKeyId",
		tableToken: "serverSideEncryption.kmsKeyArn",
	} {
		found := rec.OfType(token)
		assert.NotEmpty(t, found)
		for _, r := range found {
			assert.Contains(t, r.String(t, property), ":key/", "%s %s", token, r.Name)
		}
	}
	for _, key := range rec.OfType("aws:kms/key:Key") {
		assert.NotEqual(t, key.Name == "pseudonyms", key.True("enableKeyRotation"), key.Name)
	}
	for _, table := range rec.OfType(tableToken) {
		assert.True(t, table.True("pointInTimeRecovery.enabled"), table.Name)
		assert.False(t, table.Has("pointInTimeRecovery.recoveryPeriodInDays"), "the local provider does not know it")
	}
}

// checkMappings: a stream that stops, skips or forgets loses clicks.
func checkMappings(t *testing.T, rec *pulumitest.Recorder) {
	mappings := rec.OfType(mappingToken)
	assert.Len(t, mappings, 3)
	for _, m := range mappings {
		assert.Equal(t, []any{"ReportBatchItemFailures"}, m.Value("functionResponseTypes"), m.Name)
		function := rec.OfType(functionToken)
		assert.True(t, slices.ContainsFunc(function, m.WaitsFor), m.Name)
		if !strings.Contains(m.String(t, "eventSourceArn"), ":kinesis:") {
			continue
		}
		retention := rec.OfType(streamToken)[0].Number(t, "retentionPeriod") * 3600
		assert.Equal(t, "TRIM_HORIZON", m.String(t, "startingPosition"),
			"what was sent before the mapping existed counts, too")
		assert.True(t, m.True("bisectBatchOnFunctionError"))
		assert.Equal(t, -1.0, m.Number(t, "maximumRetryAttempts"), "an outage lasts as long as it lasts")
		assert.GreaterOrEqual(t, m.Number(t, "maximumRecordAgeInSeconds"), 60.0)
		assert.Less(t, m.Number(t, "maximumRecordAgeInSeconds"), retention)
		assert.LessOrEqual(t, m.Number(t, "maximumBatchingWindowInSeconds"), 60.0)
		assert.Equal(t, "arn:aws:s3:::discarded", m.String(t, "destinationConfig.onFailure.destinationArn"),
			"a queue would get metadata only")
		assert.Equal(t, []any{"EventCount"}, m.Value("metricsConfig.metrics"))
	}
	for _, q := range rec.OfType(queueToken) {
		assert.True(t, q.Has("redrivePolicy") || strings.HasSuffix(q.Name, "-dead-letters"),
			"%s: what fails for ever needs a place", q.Name)
	}
}

func checkLogs(t *testing.T, rec *pulumitest.Recorder) {
	groups := map[string]bool{}
	for _, group := range rec.OfType(logGroupToken) {
		assert.GreaterOrEqual(t, group.Number(t, "retentionInDays"), 1.0, group.Name)
		assert.Contains(t, group.String(t, "kmsKeyId"), ":key/operations", group.Name)
		groups[group.Outputs["name"].StringValue()] = true
	}
	for _, query := range rec.OfType("aws:cloudwatch/queryDefinition:QueryDefinition") {
		// terraform-provider-aws, resourceQueryDefinition
		assert.Regexp(t, `^[^/:*][^:*]*[^/:*]$`, query.String(t, "name"), "the provider takes no other")
		for _, group := range query.Value("logGroupNames").([]any) {
			assert.True(t, groups[group.(string)], "%s asks %s", query.Name, group)
		}
	}
	for _, f := range rec.OfType(functionToken) {
		assert.True(t, groups[f.String(t, "loggingConfig.logGroup")], f.Name)
	}
	for _, job := range rec.OfType(jobToken) {
		arguments := job.Value("nonOverridableArguments").(map[string]any)
		prefix := fmt.Sprint(arguments["--custom-logGroup-prefix"])
		assert.True(t, groups[prefix+"/output"] && groups[prefix+"/error"], "%s logs to %s", job.Name, prefix)
	}
	for _, stateMachine := range rec.OfType(stateMachineToken) {
		assert.Contains(t, stateMachine.String(t, "loggingConfiguration.logDestination"), ":log-group:")
	}
	for name, document := range documents(t, rec) {
		if strings.Contains(name, " discovery-grants ") {
			continue // all crawlers of an account share one group, which no stack can own
		}
		if strings.Contains(name, " recommendations-execution-grants ") {
			continue // so do all training jobs, and all processing jobs
		}
		for _, s := range document.Statement {
			assert.NotContains(t, s.Action, "logs:CreateLogGroup",
				"%s: a group made by the service has no retention", name)
		}
	}
}

// watched are the values of the dimensions of all alarms.
func watched(rec *pulumitest.Recorder) map[string]bool {
	values := map[string]bool{}
	collect := func(dimensions any) {
		for _, value := range anyMap(dimensions) {
			values[fmt.Sprint(value)] = true
		}
	}
	for _, a := range rec.OfType(alarmToken) {
		collect(a.Value("dimensions"))
		queries, _ := a.Value("metricQueries").([]any)
		for _, query := range queries {
			collect(anyMap(anyMap(query)["metric"])["dimensions"])
		}
	}
	return values
}

func anyMap(value any) map[string]any { m, _ := value.(map[string]any); return m }

func checkAlarms(t *testing.T, rec *pulumitest.Recorder) {
	values := watched(rec)
	for _, r := range rec.All() {
		switch r.Type {
		case functionToken, queueToken:
			name := r.Name
			if r.Has("name") {
				name = r.String(t, "name")
			}
			assert.True(t, values[name], "%s %s has no alarm", r.Type, name)
		case stateMachineToken:
			assert.True(t, values["arn:aws:states:eu-west-1:123456789012:stateMachine:"+r.Name],
				"%s has no alarm", r.Name)
		case jobToken:
			assert.True(t, values[r.Name+"-failures"], "%s has no alarm", r.Name)
		case mappingToken:
			if r.Has("metricsConfig") {
				assert.True(t, values[r.Name+"-uuid"], "%s has no alarm", r.Name)
			}
		}
	}
	for _, a := range rec.OfType(alarmToken) {
		assert.NotEmpty(t, a.Value("alarmActions"), a.Name)
		assert.Greater(t, len(a.String(t, "alarmDescription")), 60, "%s: what does it mean, and what first?", a.Name)
		assert.LessOrEqual(t, len(a.String(t, "alarmDescription")), 1024,
			"%s: CloudWatch takes 1,024 characters", a.Name)
	}
	late := rec.One(t, alarmToken, "clickstream-lateness")
	assert.Less(t, late.Number(t, "threshold"), 15*60*1000.0, "the alarm comes before the SLO is missed")
	assert.Equal(t, 15*60*1000.0, rec.One(t, alarmToken, "clickstream-freshness").Number(t, "threshold"))
	rec.One(t, alarmToken, "clickstream-dropped")
	rec.One(t, alarmToken, "clickstream-put-aside")
	for _, schedule := range rec.OfType("aws:scheduler/schedule:Schedule") {
		if strings.HasSuffix(schedule.String(t, "target.arn"), ":aws-sdk:glue:startJobRun") {
			continue // no dataset has an SLO by it; what does not start is in its queue, what fails is the job's alarm
		}
		if schedule.Name == "recommendations-weekly" {
			// an alarm looks back a week at most (CloudWatch PutMetricAlarm), which is when the next run is due
			continue
		}
		_, hasSLO := rec.ByURN(strings.Replace(strings.Replace(schedule.URN, schedule.Type, alarmToken, 1),
			"::"+schedule.Name, "::"+schedule.Name+"-freshness", 1))
		assert.True(t, hasSLO, "%s: an hour that does not come is noticed, switched off or not", schedule.Name)
	}
}

func checkStateMachines(t *testing.T, rec *pulumitest.Recorder) {
	for _, stateMachine := range rec.OfType(stateMachineToken) {
		text := stateMachine.String(t, "definition")
		var definition struct{ States map[string]any }
		require.NoError(t, json.Unmarshal([]byte(text), &definition), stateMachine.Name)
		assert.NotEmpty(t, definition.States, stateMachine.Name)
		for _, match := range regexp.MustCompile(`"JobName":"([^"]*)"`).FindAllStringSubmatch(text, -1) {
			rec.One(t, jobToken, match[1])
		}
		assert.True(t, stateMachine.True("tracingConfiguration.enabled"), stateMachine.Name)
		assert.Contains(
			t, stateMachine.String(t, "loggingConfiguration.logDestination"), ":log-group:/aws/vendedlogs/states/",
			"%s: every other name fills the account's policy for log delivery", stateMachine.Name,
		)
	}
}

// checkDashboard finds everything that runs or waits on the one dashboard, by the name that its metrics have.
func checkDashboard(t *testing.T, rec *pulumitest.Recorder) {
	boards := rec.OfType("aws:cloudwatch/dashboard:Dashboard")
	require.Len(t, boards, 1)
	body := boards[0].String(t, "dashboardBody")
	for kind, property := range map[string]string{
		functionToken: "name", jobToken: "name", stateMachineToken: "arn", queueToken: "name", streamToken: "name",
	} {
		for _, r := range rec.OfType(kind) {
			assert.Contains(t, body, strconv.Quote(r.Outputs[resource.PropertyKey(property)].StringValue()),
				"%s %s has no row", kind, r.Name)
		}
	}
	for _, alarm := range rec.OfType(alarmToken) {
		if alarm.Value("metricName") == "Freshness" {
			dataset, _ := alarm.Value("dimensions.Dataset").(string)
			assert.Contains(t, body, strconv.Quote(dataset), "the freshness of %s has no graph", dataset)
		}
	}
}

// checkFreshness: every table that a job publishes has an alarm with its contract's SLO.
func checkFreshness(t *testing.T, rec *pulumitest.Recorder) {
	set, err := contracts.Load()
	require.NoError(t, err)
	got, want := map[string]float64{}, map[string]float64{}
	for _, alarm := range rec.OfType(alarmToken) {
		if alarm.Value("metricName") == "Freshness" {
			dataset, _ := alarm.Value("dimensions.Dataset").(string)
			got[dataset] = alarm.Number(t, "threshold")
		}
	}
	for _, contract := range slices.Concat(set.Layer(contracts.LayerProcessed), set.Layer(contracts.LayerCurated)) {
		if contract.Format == contracts.FormatIceberg {
			want[contract.ID] = float64(contract.SLA.Latency.Milliseconds())
		}
	}
	assert.Equal(t, want, got)
}

// checkSavedQueries: no log group of what runs is without a saved query.
func checkSavedQueries(t *testing.T, rec *pulumitest.Recorder) {
	asked := map[any]bool{}
	for _, query := range rec.OfType("aws:cloudwatch/queryDefinition:QueryDefinition") {
		groups, _ := query.Value("logGroupNames").([]any)
		for _, group := range groups {
			asked[group] = true
		}
	}
	for _, group := range rec.OfType("aws:cloudwatch/logGroup:LogGroup") {
		assert.True(t, asked[group.Outputs["name"].StringValue()], "%s has no saved query", group.Name)
	}
}

// nameLimits are AWS's, in characters, of names that autonaming makes.
var nameLimits = map[string]int{
	bucketToken: 63, functionToken: 64, "aws:iam/role:Role": 64, "aws:scheduler/schedule:Schedule": 64,
	"aws:cloudwatch/eventRule:EventRule": 64, stateMachineToken: 80, queueToken: 80, streamToken: 128,
	"aws:athena/workgroup:Workgroup": 128, alarmToken: 255, jobToken: 255,
}

// checkNames counts what autonaming would make of every name, against AWS's limits.
func checkNames(t *testing.T, rec *pulumitest.Recorder) {
	for _, r := range rec.All() {
		limit, known := nameLimits[r.Type]
		if !known || r.Has("name") {
			continue
		}
		stack := strings.Split(r.URN, "::")[0]
		name := strings.NewReplacer("${project}", graph.Project, "${stack}", stack[strings.LastIndex(stack,
			":")+1:], "${name}", r.Name, "${hex(6)}", "abcdef").Replace(namePattern)
		assert.LessOrEqual(t, len(name), limit, "%s %s", r.Type, name)
	}
}

func checkTags(t *testing.T, rec *pulumitest.Recorder) {
	tagged := 0
	for _, r := range rec.All() {
		tags, ok := r.Value("tags").(map[string]any)
		if !ok {
			continue
		}
		tagged++
		assert.NotEmpty(t, tags["component"], "%s %s", r.Type, r.Name)
	}
	assert.Greater(t, tagged, 100)
	assert.Equal(t, "sales", rec.One(t, jobToken, "sales-curate").Value("tags.dataset"))
	assert.Equal(t, map[string]any{"component": "clickstream", "dataset": "clicks"},
		rec.One(t, streamToken, "clickstream").Value("tags"))
}

// checkProjectedTables: their partitions exist for Athena only, any other engine would find the table empty.
func checkProjectedTables(t *testing.T, rec *pulumitest.Recorder) {
	set, err := contracts.LoadWithFeatures()
	require.NoError(t, err)
	projected := map[string]bool{}
	for _, contract := range set.All() {
		if contract.Format.Projected() {
			projected[contract.Layer+"/"+contract.Dataset] = true
		}
	}
	assert.Contains(t, slices.Collect(maps.Keys(projected)), "processed/clicks")
	table := regexp.MustCompile(`:table/[a-z0-9_]+_(raw|processed|features|curated)/([a-z0-9_*]+)$`)
	// They work on all Iceberg tables that the contracts name. Named each, they would fill what a role's policies hold.
	overAll := regexp.MustCompile(` (tables|maintain|erase|export)-grants `)
	found := 0
	for name, document := range documents(t, rec) {
		if strings.Contains(name, " governance-function-grants ") {
			continue // it takes grants on tables back, and reads none
		}
		if strings.HasPrefix(name, managedPolicyToken+" ") {
			continue // people read by Athena only: they hold no right on data
		}
		for _, s := range document.Statement {
			if s.Effect == "Deny" {
				continue
			}
			for _, resource := range s.Resource {
				if match := table.FindStringSubmatch(resource); match != nil {
					found++
					assert.False(t, projected[match[1]+"/"+match[2]], "%s names %s", name, resource)
					if match[1] == "raw" || !overAll.MatchString(name) {
						assert.NotEqual(t, "*", match[2], "%s names %s", name, resource)
					}
				}
			}
		}
	}
	assert.NotZero(t, found)
}
