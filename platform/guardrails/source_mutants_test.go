//go:build mutants

package guardrails

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
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
	{publicAccessBlocked, "components/bucket.go", "BlockPublicPolicy: pulumi.Bool(true)", "BlockPublicPolicy: pulumi.Bool(false)"},
	{publicAccessBlocked, "components/bucket.go", `pulumi.String("BucketOwnerEnforced")`, `pulumi.String("ObjectWriter")`},
	{strongTransport, "policies/bucket.go", `.When("NumericLessThan", "s3:TlsVersion", "1.2")`, `.When("NumericLessThan", "s3:TlsVersion", "1.1")`},
	{strongTransport, "policies/messaging.go", "func PrivateQueue(queueARN string) Document { return Queue(refuseHTTP(queueARN, \"sqs:*\"))", "func PrivateQueue(queueARN string) Document { return Queue(refuseHTTP(queueARN, \"sqs:PurgeQueue\"))"},
	{ownKey, "components/bucket.go", "byDefault.SseAlgorithm, byDefault.KmsMasterKeyId = pulumi.String(\"aws:kms\"), key.ToStringOutput()", "byDefault.SseAlgorithm = pulumi.String(\"aws:kms\")"},
	{ownKey, "components/function.go", "RetentionInDays: pulumi.Int(args.LogRetentionDays), KmsKeyId: args.LogKeyARN,", "RetentionInDays: pulumi.Int(args.LogRetentionDays),"},
	{ownKey, "platform/storage.go", "KMSKeyARN: d.keys.layers[name].ARN, Retain", "KMSKeyARN: d.keys.layers[contracts.LayerRaw].ARN, Retain"},
	{keysRotate, "components/key.go", "EnableKeyRotation: pulumi.Bool(true)", "EnableKeyRotation: pulumi.Bool(false)"},
	{catalogEncrypted, "platform/storage.go", "Layers: d.layers, After: encrypted,", "Layers: d.layers, After: encrypted[:0],"},
	{catalogEncrypted, "components/catalog_encryption.go", "ReturnConnectionPasswordEncrypted: pulumi.Bool(true)", "ReturnConnectionPasswordEncrypted: pulumi.Bool(false)"},
	{versionsKept, "components/bucket.go", `Status: pulumi.String("Enabled")`, `Status: pulumi.String("Suspended")`},
	{versionsKept, "components/ledger.go", "&dynamodb.TablePointInTimeRecoveryArgs{Enabled: pulumi.Bool(true)}", "&dynamodb.TablePointInTimeRecoveryArgs{Enabled: pulumi.Bool(false)}"},
	{lifecyclePresent, "components/ageing.go", `rule("clean", "", `, `rule("clean", "old/", `},
	{accessLogged, "components/logs.go", "Bucket: layer.BucketName, TargetBucket: b.ID()", "Bucket: layer.BucketName, TargetBucket: layer.BucketName"},
	{exactGrants, "policies/statement.go", `"s3:GetObject", "s3:GetObjectVersion")`, `"s3:Get*")`},
	{exactGrants, "policies/schedule.go", `AllowActions("StartMachine", []string{r.MachineARN}, `, `AllowActions("StartMachine", []string{"*"}, `},
	{knownDeputies, "policies/trust.go", "Trust(AssumedBy(service).FromAccount(account, sourceARNs...))", "Trust(AssumedBy(service))"},
	{knownDeputies, "policies/messaging.go", `.By("Service", CloudWatch).FromAccount(account)`, `.By("Service", CloudWatch)`},
	{logsEnd, "components/job_runtime.go", `Name: pulumi.Sprintf("%s/%s", r.LogPrefix, suffix), RetentionInDays: pulumi.Int(args.LogRetentionDays),`, `Name: pulumi.Sprintf("%s/%s", r.LogPrefix, suffix),`},
	{logsEnd, "components/function.go", `"/aws/lambda/%s"`, `"/aws/lambda/%s/log"`},
	{failuresKept, "components/event_rule.go", "DeadLetterConfig: &cloudwatch.EventTargetDeadLetterConfigArgs{Arn: r.UndeliveredARN.ToStringOutput()},", ""},
	{failuresKept, "components/landing.go", "RedrivePolicy:", "RedriveAllowPolicy:"},
	{failuresAlarmed, "components/function.go", `functionMetric("Errors", "Sum", function)}, Period: 60, Periods: 3,`, `functionMetric("Invocations", "Sum", function)}, Period: 60, Periods: 3,`},
	{failuresAlarmed, "components/alarm.go", "AlarmActions:       pulumi.Array{topic},", ""},
	{tagsComplete, "platform/provider.go", `"owner": pulumi.String(d.settings.Owner), "costCentre"`, `"costCentre"`},
	{tagsComplete, "platform/provider.go", `return d.tagged(map[string]string{"component": component})`, `return d.tagged(map[string]string{"part": component})`},
	{dataKept, "components/bucket.go", "pulumi.Protect(retain)", "pulumi.Protect(false)"},
	{dataKept, "components/ledger.go", "DeletionProtectionEnabled: pulumi.Bool(args.Retain)", "DeletionProtectionEnabled: pulumi.Bool(false)"},
}

// TestSourceMutants runs the controls' tests against each changed program.
func TestSourceMutants(t *testing.T) {
	for _, m := range sourceMutants {
		t.Run(m.control.Name+"/"+strings.ReplaceAll(m.file, "/", "."), func(t *testing.T) {
			failed := failedControls(t, m)
			assert.Equal(t, []string{m.control.Name}, failed, "%s: %s", m.file, m.new)
		})
	}
}

// TestEveryControlHasASourceMutant keeps the list complete.
func TestEveryControlHasASourceMutant(t *testing.T) {
	for _, control := range Controls() {
		assert.True(t, slices.ContainsFunc(sourceMutants, func(m sourceMutant) bool { return m.control.Name == control.Name }), control.Name)
	}
}

// failedControls compiles the tests with the mutant in the file's place and names the controls that fail.
func failedControls(t *testing.T, m sourceMutant) []string {
	t.Helper()
	file, err := filepath.Abs(filepath.Join(root, m.file))
	require.NoError(t, err)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, 1, bytes.Count(text, []byte(m.old)), "%s: the text to change has to be there once: %s", m.file, m.old)
	directory := t.TempDir()
	mutated, overlay := filepath.Join(directory, filepath.Base(m.file)), filepath.Join(directory, "overlay.json")
	require.NoError(t, os.WriteFile(mutated, bytes.Replace(text, []byte(m.old), []byte(m.new), 1), 0o644))
	replace, err := json.Marshal(map[string]map[string]string{"Replace": {file: mutated}})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(overlay, replace, 0o644))

	command := exec.Command("go", "test", "-json", "-vet=off", "-overlay", overlay, "-run", "^TestControls$", ".")
	var complaints bytes.Buffer
	command.Stderr = &complaints
	output, err := command.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("go test: %v", err)
	}
	require.NoError(t, built(output), complaints.String())
	return failures(t, output)
}

// failures are the controls among the failed tests of go test -json.
func failures(t *testing.T, output []byte) []string {
	t.Helper()
	slugs := map[string]string{}
	for _, control := range Controls() {
		slugs[strings.ReplaceAll(control.Name, " ", "_")] = control.Name
	}
	failed, ran := []string{}, 0
	for decoder := json.NewDecoder(bytes.NewReader(output)); ; {
		var event struct{ Action, Test string }
		err := decoder.Decode(&event)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		control, ok := strings.CutPrefix(event.Test, "TestControls/")
		if !ok || strings.Contains(control, "/") {
			continue
		}
		switch event.Action {
		case "run":
			ran++
		case "fail":
			name, known := slugs[control]
			require.True(t, known, control)
			failed = append(failed, name)
		}
	}
	require.Equal(t, len(slugs), ran, "every control runs")
	slices.Sort(failed)
	return failed
}

// built tells a program that does not compile, which fails every test, from one that controls reject.
func built(output []byte) error {
	if bytes.Contains(output, []byte("[build failed]")) || bytes.Contains(output, []byte(`"Action":"build-fail"`)) {
		return errors.New("the mutant does not compile: " + string(output))
	}
	return nil
}
