package guardrails

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// sourceMutant is a change of one place of the program's text that one control, and no other, has to notice.
type sourceMutant struct {
	control  Control
	file     string // from the root
	old, new string
}

var sourceMutants = []sourceMutant{
	{publicAccessBlocked, "components/bucket.go", "BlockPublicPolicy: pulumi.Bool(true)",
		"BlockPublicPolicy: pulumi.Bool(false)"},
	{publicAccessBlocked, "components/bucket.go", `pulumi.String("BucketOwnerEnforced")`,
		`pulumi.String("ObjectWriter")`},
	{strongTransport, "policies/bucket.go", `"1.2"`, `"1.1"`},
	{
		strongTransport, "policies/messaging.go",
		"func PrivateQueue(queueARN string) Document { return Queue(refuseHTTP(queueARN, \"sqs:*\"))",
		"func PrivateQueue(queueARN string) Document { return Queue(refuseHTTP(queueARN, \"sqs:PurgeQueue\"))",
	},
	{
		ownKey, "components/bucket.go",
		"byDefault.SseAlgorithm, byDefault.KmsMasterKeyId = pulumi.String(\"aws:kms\"), key.ToStringOutput()",
		"byDefault.SseAlgorithm = pulumi.String(\"aws:kms\")",
	},
	{ownKey, "components/function.go", "RetentionInDays: pulumi.Int(args.LogRetentionDays), KmsKeyId: args.LogKeyARN,",
		"RetentionInDays: pulumi.Int(args.LogRetentionDays),"},
	{ownKey, "platform/storage.go", "KMSKeyARN: k.layers[name].ARN, Retain",
		"KMSKeyARN: k.layers[settings.LayerArtifacts].ARN, Retain"},
	{keysRotate, "components/key.go", "EnableKeyRotation: pulumi.Bool(true)", "EnableKeyRotation: pulumi.Bool(false)"},
	{catalogEncrypted, "platform/catalog.go", "Views: f.savedViews(), After: encrypted,",
		"Views: f.savedViews(), After: encrypted[:0],"},
	{catalogEncrypted, "components/catalog_encryption.go", "pulumi.Protect(args.Protect), pulumi.RetainOnDelete(true)",
		"pulumi.Protect(args.Protect), pulumi.RetainOnDelete(false)"},
	{dataWatched, "components/trail.go", "EnableLogFileValidation: pulumi.Bool(true)",
		"EnableLogFileValidation: pulumi.Bool(false)"},
	{versionsKept, "components/bucket.go", `Status: pulumi.String("Enabled")`, `Status: pulumi.String("Suspended")`},
	{versionsKept, "components/ledger.go", "&dynamodb.TablePointInTimeRecoveryArgs{Enabled: pulumi.Bool(true)}",
		"&dynamodb.TablePointInTimeRecoveryArgs{Enabled: pulumi.Bool(false)}"},
	{lifecyclePresent, "components/lifecycle.go", `rule("clean", "", `, `rule("clean", "old/", `},
	{accessLogged, "components/logs.go", "Bucket: layer.BucketName, TargetBucket: b.ID()",
		"Bucket: layer.BucketName, TargetBucket: layer.BucketName"},
	{exactGrants, "policies/statement.go", `"s3:GetObject", "s3:GetObjectVersion")`, `"s3:Get*")`},
	{exactGrants, "policies/schedule.go", `AllowActions("StartMachine", []string{r.StateMachineARN}, `,
		`AllowActions("StartMachine", []string{"*"}, `},
	{rightsFirst, "components/function.go", "after([]pulumi.ResourceOption{parent}, grants)...",
		"after([]pulumi.ResourceOption{parent}, grants)[:1]..."},
	{jobsPinned, "components/job.go", `"--scriptLocation":`, `"--other":`},
	{rightsFirst, "components/job.go", "after([]pulumi.ResourceOption{parent}, grants)...",
		"after([]pulumi.ResourceOption{parent}, grants)[:1]..."},
	{nothingHasty, "components/landing.go", "after([]pulumi.ResourceOption{parent}, mapping)...",
		"after([]pulumi.ResourceOption{parent}, mapping)[0]"},
	{knownDeputies, "policies/trust.go", "Trust(AssumedBy(service).FromAccount(account, sourceARNs...))",
		"Trust(AssumedBy(service))"},
	{knownDeputies, "policies/messaging.go",
		`CloudWatch).FromAccount(account,
			sources(topicARN, "cloudwatch", "alarm:*")),`, `CloudWatch),`},
	{
		logsEnd, "components/job_runtime.go",
		`Name: pulumi.Sprintf("%s/%s", r.LogPrefix, suffix), RetentionInDays: pulumi.Int(args.LogRetentionDays),`,
		`Name: pulumi.Sprintf("%s/%s", r.LogPrefix, suffix),`,
	},
	{logsEnd, "components/function.go", `LogFormat: pulumi.String("Text"), LogGroup: group}`,
		`LogFormat: pulumi.String("Text")}`},
	{failuresKept, "components/event_rule.go",
		"DeadLetterConfig: &cloudwatch.EventTargetDeadLetterConfigArgs{Arn: r.UndeliveredARN.ToStringOutput()},", ""},
	{failuresKept, "components/bucket_notifications.go", "RedrivePolicy:", "RedriveAllowPolicy:"},
	{failuresAlarmed, "components/function.go", `functionMetric("Errors", "Sum", function)}, Period: 60, Periods: breaches,`,
		`functionMetric("Invocations", "Sum", function)}, Period: 60, Periods: 3,`},
	{alarmsReached, "components/alarm.go", "late += arrival", "late = 0"},
	{failuresAlarmed, "components/alarm.go", "AlarmActions:       pulumi.Array{topic},", ""},
	{tagsComplete, "platform/environment.go", `"owner": p.settings.Owner, "costCentre"`, `"costCentre"`},
	{tagsComplete, "platform/environment.go", `return e.tagged(map[string]string{"component": component})`,
		`return e.tagged(map[string]string{"part": component})`},
	{dataKept, "components/bucket.go", "pulumi.Protect(retain)", "pulumi.Protect(false)"},
	{dataKept, "components/ledger.go", "DeletionProtectionEnabled: pulumi.Bool(args.Retain)",
		"DeletionProtectionEnabled: pulumi.Bool(false)"},
}

// TestEveryControlHasASourceMutant keeps the list complete.
func TestEveryControlHasASourceMutant(t *testing.T) {
	for _, control := range Controls() {
		assert.True(t, slices.ContainsFunc(sourceMutants,
			func(m sourceMutant) bool { return m.control.Name == control.Name }), control.Name)
	}
}

// TestSourceMutantsApply finds the text that each mutant changes, so that none is left behind by a change of the
// program. Compiling and running them takes minutes: that is TestSourceMutants, behind the tag mutants.
func TestSourceMutantsApply(t *testing.T) {
	for _, m := range sourceMutants {
		text, err := os.ReadFile(filepath.Join(root, m.file))
		require.NoError(t, err)
		assert.Equal(t, 1, bytes.Count(text, []byte(m.old)), "%s: the text to change has to be there once: %s", m.file,
			m.old)
	}
}
