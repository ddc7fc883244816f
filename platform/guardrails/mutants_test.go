package guardrails

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/internal/graph"
	"dataplatform/policies"
)

// mutant is a change of the graph that one control, and no other, has to notice.
type mutant struct {
	control Control
	name    string
	change  change
	stacks  []string // nil for all of them
}

var keeping = []string{"prod"}

const (
	publicBlockToken = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
	ownershipToken   = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
	encryptionToken  = "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2"
	versioningToken  = "aws:s3/bucketVersioningV2:BucketVersioningV2"
	lifecycleToken   = "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2"
	loggingToken     = "aws:s3/bucketLoggingV2:BucketLoggingV2"
	catalogToken     = "aws:glue/dataCatalogEncryptionSettings:DataCatalogEncryptionSettings"
	grantsToken      = rolePolicyToken
	everyAction      = "s3:*"
)

func keyOf(name string) string { return "arn:aws:kms:eu-west-1:123456789012:key/" + name + "-key" }

var graphMutants = []mutant{
	{control: publicAccessBlocked, name: "a switch is off", change: set(publicBlockToken, "curated-public-access",
		"blockPublicPolicy", false)},
	{control: publicAccessBlocked, name: "a switch is missing", change: unset(publicBlockToken, "raw-public-access",
		"restrictPublicBuckets")},
	{control: publicAccessBlocked, name: "the block is missing", change: drop(publicBlockToken,
		"landing-public-access")},
	{control: publicAccessBlocked, name: "access lists are taken", change: set(ownershipToken, "logs-ownership",
		"rule.objectOwnership", "ObjectWriter")},

	{control: strongTransport, name: "a bucket has no policy", change: drop(bucketPolicyToken, "raw-policy")},
	{control: strongTransport, name: "a bucket takes plain HTTP", change: without(bucketPolicyToken, "curated-policy",
		"policy", "DenyPlainHTTP")},
	{control: strongTransport, name: "a bucket takes old TLS", change: replace(bucketPolicyToken, "logs-policy",
		"policy", `"1.2"`, `"1.0"`)},
	{control: strongTransport, name: "only objects are protected", change: edit(bucketPolicyToken, "raw-policy",
		"policy", "DenyPlainHTTP", func(s *policies.Statement) { s.Resource = s.Resource[1:] })},
	{control: strongTransport, name: "a queue takes plain HTTP", change: without(queueToken, "landing-queue", "policy",
		"DenyPlainHTTP")},
	{control: strongTransport, name: "a queue has no policy", change: drop(queuePolicyToken,
		"alarms-dead-letters-policy")},
	{control: strongTransport, name: "a topic takes plain HTTP", change: without(topicPolicyToken, "alarms-policy",
		"policy", "DenyPlainHTTP")},

	{control: ownKey, name: "a bucket has another layer's key", change: set(encryptionToken,
		"raw-encryption", byDefault+"kmsMasterKeyId", keyOf("curated"))},
	{control: ownKey, name: "a bucket has S3's key", change: set(encryptionToken,
		"processed-encryption", byDefault+"sseAlgorithm", "AES256")},
	{control: ownKey, name: "a bucket has no bucket key", change: unset(encryptionToken, "curated-encryption",
		"rules[0].bucketKeyEnabled")},
	{control: ownKey, name: "a bucket takes objects under other keys", change: without(bucketPolicyToken,
		"curated-policy", "policy", "DenyOtherKeys")},
	{control: ownKey, name: "a bucket takes objects under S3's key", change: without(bucketPolicyToken, "raw-policy",
		"policy", "DenyOtherEncryption")},
	{control: ownKey, name: "a queue has SQS's key", change: unset(queueToken, "landing-queue", "kmsMasterKeyId")},
	{control: ownKey, name: "a topic has AWS's key", change: set(topicToken, "alarms", "kmsMasterKeyId",
		"alias/aws/sns")},
	{control: ownKey, name: "a log group has no key", change: unset(logGroupToken, "jobs-log-error", "kmsKeyId")},
	{control: ownKey, name: "a stream is not encrypted", change: set(streamToken, "clickstream", "encryptionType",
		"NONE")},
	{control: ownKey, name: "a stream has the key of messages", change: set(streamToken, "clickstream",
		"kmsKeyId", keyOf(operationsKey))},
	{control: ownKey, name: "a table has DynamoDB's key", change: unset(tableToken, "ledger-leases",
		"serverSideEncryption.kmsKeyArn")},

	{control: keysRotate, name: "a key is not rotated", change: set(keyToken, "curated", "enableKeyRotation", false)},
	{control: keysRotate, name: "rotation is not mentioned", change: unset(keyToken, operationsKey,
		"enableKeyRotation")},

	{control: catalogEncrypted, name: "there is no setting", change: drop(catalogToken,
		"catalog-encryption"), stacks: keeping},
	{control: catalogEncrypted, name: "the catalog is plain", change: set(catalogToken, "catalog-encryption",
		"dataCatalogEncryptionSettings.encryptionAtRest.catalogEncryptionMode", "DISABLED"), stacks: keeping},
	{control: catalogEncrypted, name: "the setting goes", change: with(catalogToken,
		"catalog-encryption", func(r *graph.Resource) { r.RetainOnDelete = false }), stacks: keeping},
	{control: catalogEncrypted, name: "the role goes", change: with(roleToken,
		"catalog-encryption-role", func(r *graph.Resource) { r.RetainOnDelete = false }), stacks: keeping},
	{control: catalogEncrypted, name: "a database does not wait for it", change: with(databaseToken,
		"catalog-raw", func(r *graph.Resource) { r.DependsOn = nil }), stacks: keeping},

	{control: versionsKept, name: "a bucket keeps no versions", change: set(versioningToken, "raw-versioning",
		"versioningConfiguration.status", "Suspended")},
	{control: versionsKept, name: "versioning is missing", change: drop(versioningToken, "logs-versioning")},
	{control: versionsKept, name: "a table can't go back", change: set(tableToken, "ledger-files",
		"pointInTimeRecovery.enabled", false)},

	{control: lifecyclePresent, name: "a bucket has no lifecycle", change: drop(lifecycleToken, "artifacts-lifecycle")},
	{control: lifecyclePresent, name: "old versions stay", change: unset(lifecycleToken, "curated-lifecycle",
		"rules[0].noncurrentVersionExpiration")},
	{control: lifecyclePresent, name: "unfinished uploads stay", change: unset(lifecycleToken, "landing-lifecycle",
		"rules[0].abortIncompleteMultipartUpload")},
	{control: lifecyclePresent, name: "the rule is off", change: set(lifecycleToken, "raw-lifecycle", "rules[0].status",
		"Disabled")},
	{control: lifecyclePresent, name: "the rule is for a part", change: set(lifecycleToken, "raw-lifecycle",
		"rules[0].filter.prefix", "clicks/")},

	{control: accessLogged, name: "a bucket logs nothing", change: drop(loggingToken, "logs-raw")},
	{control: dataWatched, name: "there is no trail", change: drop(trailToken, "audit")},
	{control: dataWatched, name: "a bucket is left out", change: unset(trailToken, "audit",
		"advancedEventSelectors[0].fieldSelectors[2].startsWiths[1]")},
	{control: dataWatched, name: "only some calls are recorded", change: set(trailToken, "audit",
		"advancedEventSelectors[0].fieldSelectors[0].field", "readOnly")},
	{control: dataWatched, name: "files can be changed", change: set(trailToken, "audit",
		"enableLogFileValidation", false)},
	{control: accessLogged, name: "a bucket logs to itself", change: set(loggingToken, "logs-curated", "targetBucket",
		"curated-id")},

	{control: exactGrants, name: "every action", change: edit(grantsToken, "clickstream-function-grants", "policy",
		"WriteProcessed", func(s *policies.Statement) { s.Action = []string{everyAction} })},
	{control: exactGrants, name: "every resource", change: edit(grantsToken, "sales-curate-grants", "policy",
		"ReadProcessed", func(s *policies.Statement) { s.Resource = []string{"*"} })},
	{control: exactGrants, name: "every table", change: edit(
		grantsToken, "tables-grants", "policy", "CommitCuratedTables",
		func(s *policies.Statement) { s.Resource = []string{"arn:aws:glue:eu-west-1:123456789012:table/*"} },
	)},
	{control: exactGrants, name: "every role", change: edit(roleToken, "landing-producer", "assumeRolePolicy",
		"AssumedByProducers", func(s *policies.Statement) { s.Principal = map[string][]string{"AWS": {"*"}} })},
	{control: exactGrants, name: "metrics of any namespace", change: edit(grantsToken, "tables-grants", "policy",
		"ReportMetrics", func(s *policies.Statement) { s.Condition = nil })},
	{control: exactGrants, name: "no policy of this program", change: set(grantsToken, "tables-grants", "policy",
		`{"Version":"2012-10-17","Statement":[{"Sid":"All","Effect":"Allow","NotAction":["iam:*"],"Resource":["*"]}]}`)},

	{control: rightsFirst, name: "a function does not wait", change: hurried(functionToken, "landing-function",
		"landing-function-grants")},
	{control: rightsFirst, name: "a job does not wait", change: hurried(jobToken, "sales-curate",
		"sales-curate-grants")},
	{control: rightsFirst, name: "a state machine does not wait", change: hurried(stateMachineToken, "sales-pipeline",
		"sales-pipeline-grants")},
	{control: rightsFirst, name: "a schedule does not wait", change: hurried(scheduleToken, "sales-hourly",
		"sales-hourly-grants")},
	{control: rightsFirst, name: "a crawler does not wait", change: hurried("aws:glue/crawler:Crawler", "discovery",
		"discovery-grants")},
	{control: rightsFirst, name: "a mapping does not wait for its function", change: hurried(mappingToken,
		"landing-mapping", "landing-function")},
	{control: rightsFirst, name: "a function is called too early", change: hurried(invocationToken, "tables",
		"tables-function")},
	{control: rightsFirst, name: "what is handed on has no rights yet", change: hurried(functionToken,
		"recommendations-function", "recommendations-execution-grants"), stacks: []string{recommendations}},
	{control: rightsFirst, name: "rights are added later",
		change: add(graph.Resource{URN: "new", Type: roleAttachmentToken, Name: "new", Custom: true}, map[string]any{
			"role": "tables-role", "policyArn": "arn:aws:iam::123456789012:policy/more"})},

	{control: nothingHasty, name: "S3 asks a new queue", change: hurried(notificationToken, "landing-notification",
		"landing-mapping")},
	{control: nothingHasty, name: "an SLO is made of new alarms", change: hurried(compositeToken, "clickstream-late",
		"clicks-hourly")},
	{control: nothingHasty, name: "Glue tries a new role", stacks: keeping, change: following(catalogToken,
		"catalog-encryption", rolePolicyToken, "catalog-encryption-grants")},
	{control: nothingHasty, name: "Lake Formation tries a new role", change: following(locationToken,
		"governance-raw", rolePolicyToken, "governance-reader-grants")},

	{control: knownDeputies, name: "a role for any account", change: edit(roleToken, "clickstream-function-role",
		"assumeRolePolicy", "AssumedByService", unconditioned)},
	{control: knownDeputies, name: "a queue for any bucket", change: edit(queueToken, "landing-queue", "policy",
		"BucketSendsNotices", unconditioned)},
	{control: knownDeputies, name: "a queue for any rule", change: edit(queuePolicyToken, "alarms-dead-letters-policy",
		"policy", "EventRulesLeaveDeadLetters", unconditioned)},
	{control: knownDeputies, name: "a topic for any alarm", change: edit(topicPolicyToken, "alarms-policy", "policy",
		"AlarmsPublish", unconditioned)},
	{control: knownDeputies, name: "a key for any account's services", change: edit(keyToken, operationsKey, "policy",
		"ServicesUseKey", unconditioned)},
	{control: knownDeputies, name: "a key for any rule", change: edit(keyToken, operationsKey, "policy",
		"EventRulesUseKeyOfTopics", unconditioned)},
	{control: knownDeputies, name: "a key for any log group", change: edit(keyToken, operationsKey, "policy",
		"LogGroupsUseKey", unconditioned)},
	{control: knownDeputies, name: "a bucket for any log", change: edit(bucketPolicyToken, "logs-policy", "policy",
		"S3WritesAccessLogs", unconditioned)},

	{control: logsEnd, name: "a log group keeps all", change: unset(logGroupToken, "clicks-pipeline-log",
		"retentionInDays")},
	{control: logsEnd, name: "a function's group is missing", change: drop(logGroupToken, "clickstream-function-log")},
	{control: logsEnd, name: "a job logs elsewhere", change: set(jobToken, "sales-curate",
		`nonOverridableArguments["--custom-logGroup-prefix"]`, "/aws-glue/jobs/other")},
	{control: logsEnd, name: "a state machine logs nothing", change: unset(stateMachineToken, "sales-pipeline",
		"loggingConfiguration")},

	{control: jobsPinned, name: "a job has defaults", change: set(jobToken, "erase", "defaultArguments",
		map[string]any{"--conf": "a=b"})},
	{control: jobsPinned, name: "a job's script is open", change: unset(jobToken, "erase",
		`nonOverridableArguments["--scriptLocation"]`)},
	{control: jobsPinned, name: "a job's modules are open", change: unset(jobToken, "erase",
		`nonOverridableArguments["--extra-py-files"]`)},

	{control: failuresKept, name: "a queue has no dead letters", change: unset(queueToken, "landing-queue",
		"redrivePolicy")},
	{control: failuresKept, name: "dead letters go nowhere", change: replace(queueToken, "landing-queue",
		"redrivePolicy", "landing-dead-letters", "elsewhere")},
	{control: failuresKept, name: "a stream's failures are forgotten", change: unset(mappingToken,
		"clickstream-mapping", "destinationConfig")},
	{control: failuresKept, name: "minutes of trouble end a stream's tries", change: set(mappingToken,
		"clickstream-mapping", "maximumRetryAttempts", 5.0)},
	{control: failuresKept, name: "a stream's tries have no end", change: unset(mappingToken, "clickstream-mapping",
		"maximumRecordAgeInSeconds")},
	{control: failuresKept, name: "a stream's records expire first", change: set(mappingToken, "clickstream-mapping",
		"maximumRecordAgeInSeconds", 604800.0)},
	{control: failuresKept, name: "a stream's failures go where its rows go", change: set(mappingToken,
		"clickstream-mapping", "destinationConfig.onFailure.destinationArn", "arn:aws:s3:::raw")},
	{control: failuresKept, name: "a schedule forgets", change: unset(scheduleToken, "sales-hourly",
		"target.deadLetterConfig")},
	{control: failuresKept, name: "a rule forgets", change: unset(targetToken, "sales-curate-failures-target",
		"deadLetterConfig")},
	{control: failuresKept, name: "a rule may not leave dead letters", change: without(queuePolicyToken,
		"alarms-dead-letters-policy", "policy", "EventRulesLeaveDeadLetters")},
	{control: failuresKept, name: "a rule's topic wants to know for whom", change: edit(topicPolicyToken,
		"alarms-policy", "policy", "EventRulesPublish", fromAccount)},
	{control: failuresKept, name: "a rule's topic has a key that wants to know for whom", change: edit(keyToken,
		operationsKey, "policy", "EventRulesUseKeyOfTopics", fromAccount)},
	{control: failuresKept, name: "a rule may not use the key of dead letters", change: without(keyToken, operationsKey,
		"policy", "EventRulesUseKeyOfQueues")},
	{control: failuresKept, name: "a bucket calls a function", change: set(notificationToken, "raw-notices",
		"lambdaFunctions",
		[]any{
			map[string]any{"lambdaFunctionArn": "arn:aws:lambda:eu-west-1:123456789012:function:clickstream-function"},
		})},
	{control: failuresKept, name: "a rule calls a function", change: set(targetToken, "tables-failures-target", "arn",
		"arn:aws:lambda:eu-west-1:123456789012:function:tables-function")},
	{control: failuresKept, name: "a subscribed queue gets what it can",
		change: add(graph.Resource{URN: "new", Type: subscriptionToken, Name: "new", Custom: true}, map[string]any{
			"protocol": "sqs", "topic": "arn:aws:sns:eu-west-1:123456789012:alarms",
			"endpoint": "arn:aws:sqs:eu-west-1:123456789012:landing-notices"})},

	{control: failuresAlarmed, name: "a function fails silently", change: drop(alarmToken, "landing-function-errors")},
	{control: failuresAlarmed, name: "dead letters pile up silently", change: drop(alarmToken,
		"landing-dead-letters-depth")},
	{control: failuresAlarmed, name: "a queue grows silently", change: drop(alarmToken, "landing-queue-age")},
	{control: failuresAlarmed, name: "a state machine fails silently", change: drop(alarmToken,
		"sales-pipeline-backfill-failures")},
	{control: failuresAlarmed, name: "a stream refuses silently", change: drop(alarmToken, "clickstream-refused")},
	{control: failuresAlarmed, name: "a job fails silently", change: drop(alarmToken, "sales-process-failures")},
	{control: failuresAlarmed, name: "a job times out silently", change: replace(ruleToken, "tables-failures",
		"eventPattern", `"TIMEOUT",`, "")},
	{control: failuresAlarmed, name: "an alarm notifies nobody", change: set(alarmToken, "clickstream-function-errors",
		"alarmActions", []any{})},
	{control: failuresAlarmed, name: "an alarm is switched off", change: set(alarmToken, "clicks-pipeline-failures",
		"actionsEnabled", false)},

	{control: alarmsReached, name: "a time-out is over before it is counted", change: set(alarmToken,
		"landing-function-errors", "evaluationPeriods", 5.0)},
	{control: alarmsReached, name: "three errors of a function that a queue calls", change: set(alarmToken,
		"landing-function-errors", "datapointsToAlarm", 3.0)},
	{control: alarmsReached, name: "the latest minute alone, which is filled", change: set(alarmToken,
		"clickstream-dropped", "evaluationPeriods", 1.0)},

	{control: tagsComplete, name: "a bucket has no tags", change: unset(bucketToken, "raw", "tags")},
	{control: tagsComplete, name: "a component has no name", change: set(functionToken, "tables-function",
		"tags.component", "")},
	{control: tagsComplete, name: "nobody pays", change: unset(providerToken, "aws", "defaultTags.tags.costCentre")},

	{control: dataKept, name: "a bucket is not protected", change: with(bucketToken,
		"raw", func(r *graph.Resource) { r.Protect = false }), stacks: keeping},
	{control: dataKept, name: "a bucket goes with the stack", change: with(bucketToken,
		"curated", func(r *graph.Resource) { r.RetainOnDelete = false }), stacks: keeping},
	{control: dataKept, name: "a bucket is emptied", change: set(bucketToken, "processed",
		"forceDestroy", true), stacks: keeping},
	{control: dataKept, name: "a key goes with the stack", change: with(keyToken,
		"raw", func(r *graph.Resource) { r.RetainOnDelete = false }), stacks: keeping},
	{control: dataKept, name: "the ledger can be deleted", change: set(tableToken, "ledger-files",
		"deletionProtectionEnabled", false), stacks: keeping},
	{control: dataKept, name: "an Iceberg table is not protected", change: with(catalogTableToken,
		"catalog-processed-sales", func(r *graph.Resource) { r.Protect = false }), stacks: keeping},
}

// hurried takes one dependency from a resource, and all others by which it would wait for it all the same.
func hurried(token, name, dependency string) change {
	return func(t *testing.T, g *Graph) {
		t.Helper()
		r := &g.Resources[index(t, g, token, name)]
		kept := slices.DeleteFunc(slices.Clone(r.DependsOn), func(urn string) bool {
			i := slices.IndexFunc(g.Resources, func(one graph.Resource) bool { return one.URN == urn })
			return i >= 0 && (g.Resources[i].Name == dependency ||
				slices.ContainsFunc(slices.Collect(maps.Keys(g.before(g.Resources[i].DependsOn))),
					func(urn string) bool {
						return strings.HasSuffix(urn, "::"+dependency)
					}))
		})
		require.Less(t, len(kept), len(r.DependsOn), "%s %q does not wait for %s", token, name, dependency)
		r.DependsOn = kept
	}
}

// following lets a resource wait for one other and for nothing else.
func following(token, name, otherToken, other string) change {
	return func(t *testing.T, g *Graph) {
		t.Helper()
		g.Resources[index(t, g, token, name)].DependsOn = []string{g.Resources[index(t, g, otherToken, other)].URN}
	}
}

func unconditioned(s *policies.Statement) { s.Condition = nil }

func fromAccount(s *policies.Statement) { *s = s.FromAccount(graph.Account) }

func TestGraphMutants(t *testing.T) {
	for _, m := range graphMutants {
		t.Run(m.control.Name+"/"+m.name, func(t *testing.T) {
			for _, g := range allGraphs(t) {
				if m.stacks != nil && !slices.Contains(m.stacks, g.Stack) {
					continue
				}
				changed := clone(g)
				m.change(t, &changed)
				found := violations(changed)
				assert.Equal(t, []string{m.control.Name}, slices.Sorted(maps.Keys(found)), "%s: %v", g.Stack, found)
			}
		})
	}
}

// TestEveryControlHasAMutant, and every test of the mutants a graph without violations to start from.
func TestEveryControlHasAMutant(t *testing.T) {
	for _, control := range Controls() {
		assert.True(t, slices.ContainsFunc(graphMutants, func(m mutant) bool { return m.control.Name == control.Name }),
			control.Name)
	}
	for _, g := range allGraphs(t) {
		assert.Empty(t, violations(g), g.Stack)
	}
}
