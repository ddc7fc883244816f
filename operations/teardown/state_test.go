package teardown

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dataplatform/operations/target"
)

// export is the state of dev with resources, each "type name id" with an ARN where one is given after it.
func export(resources ...string) []byte {
	list := []string{`{"urn": "urn:pulumi:dev::dataplatform::pulumi:pulumi:Stack::dataplatform-dev", "type": "pulumi:pulumi:Stack"}`,
		`{"urn": "urn:pulumi:dev::dataplatform::pulumi:providers:aws::aws", "type": "pulumi:providers:aws", "id": "1", "inputs": {"region": "eu-west-1"}}`}
	for _, r := range resources {
		words := append(strings.Fields(r), "")
		list = append(list,
			fmt.Sprintf(`{"urn": "urn:pulumi:dev::dataplatform::dataplatform:storage:Layer$%s::%s", "type": "%[1]s", "id": %[3]q, "outputs": {"arn": %[4]q}}`,
				words[0], words[1], words[2], words[3]))
	}
	return []byte(`{"version": 3, "deployment": {"resources": [` + strings.Join(list, ",") + `]}}`)
}

func describe(t *testing.T, text []byte) (Stack, error) {
	t.Helper()
	stack := Stack{Name: "dev", File: "Pulumi.dev.yaml", Disposable: true, Region: "eu-west-1"}
	return stack, stack.Describe(text)
}

// TestAFailedFirstUpIsKnownByItsState: it stores no outputs.
func TestAFailedFirstUpIsKnownByItsState(t *testing.T) {
	stack := Stack{Name: "dev", File: "Pulumi.dev.yaml", Disposable: true, Region: "eu-west-1"}
	require.NoError(t, stack.Describe(export(
		"aws:kms/key:Key raw 1234 arn:aws:kms:eu-west-1:111122223333:key/1234",
		"aws:s3/bucketV2:BucketV2 raw shop-raw-1 arn:aws:s3:::shop-raw-1",
		"aws:kinesis/stream:Stream clicks arn:aws:kinesis:eu-west-1:111122223333:stream/clicks-9 arn:aws:kinesis:eu-west-1:111122223333:stream/clicks-9",
		"aws:dynamodb/table:Table ledger-files ledger-files-7 arn:aws:dynamodb:eu-west-1:111122223333:table/ledger-files-7",
	)))
	require.Equal(t, account, stack.Account)
	require.Equal(t, map[string]string{"raw": "shop-raw-1"}, stack.Buckets)
	require.Equal(t, []string{
		"the stream arn:aws:kinesis:eu-west-1:111122223333:stream/clicks-9 with the records in it",
		"the table ledger-files-7 with the items in it",
	}, stack.Others)
}

// TestNothingTellsTheAccountYet: then the credentials' account is asked, and its buckets only.
func TestNothingTellsTheAccountYet(t *testing.T) {
	stack := Stack{Name: "dev", File: "Pulumi.dev.yaml", Disposable: true, Region: "eu-west-1"}
	require.NoError(t, stack.Describe(export("aws:s3/bucketV2:BucketV2 raw shop-raw-1 arn:aws:s3:::shop-raw-1")))
	require.Empty(t, stack.Account)
	out, removed, err := run(twoBuckets(), stack, "dev\n")
	require.NoError(t, err)
	require.Equal(t, []string{"dev"}, removed)
	require.Contains(t, out, "account "+account)

	foreign := twoBuckets()
	foreign.owner = "999988887777"
	_, removed, err = run(foreign, stack, "dev\n")
	require.ErrorContains(t, err, "what bucket shop-raw-1 holds: AccessDenied")
	require.Empty(t, removed)
}

// TestAReplacedBucketIsShown while it waits for its deletion under the same name.
func TestAReplacedBucketIsShown(t *testing.T) {
	stack := Stack{Name: "dev", Region: "eu-west-1"}
	require.NoError(t,
		stack.Describe(export("aws:s3/bucketV2:BucketV2 raw shop-raw-2", "aws:s3/bucketV2:BucketV2 raw shop-raw-1")))
	require.Equal(t, map[string]string{"raw": "shop-raw-2", "raw, replaced": "shop-raw-1"}, stack.Buckets)
}

func TestStatesThatCannotBeDescribed(t *testing.T) {
	for want, text := range map[string][]byte{
		"stack dev holds no resources": []byte(`{"version": 3, "deployment": {"manifest": {}}}`),
		"the state of stack dev":       []byte(`no JSON`),
		"stack dev is in us-east-1, Pulumi.dev.yaml says eu-": []byte(strings.Replace(string(export()), "eu-west-1",
			"us-east-1", 1)),
		"more than one account: 111122223333, 999988887777": export(
			"aws:kms/key:Key raw 1 arn:aws:kms:eu-west-1:111122223333:key/1",
			"aws:kms/key:Key logs 2 arn:aws:kms:eu-west-1:999988887777:key/2"),
	} {
		_, err := describe(t, text)
		require.ErrorContains(t, err, want)
	}
	_, err := describe(t, []byte(`{"deployment": {}}`))
	var refused target.RefusedError
	require.True(t, errors.As(err, &refused))
}

// TestThePreviewStaysOn: whatever the environment says, for without a preview the engine deletes until it meets what is
// protected.
func TestThePreviewStaysOn(t *testing.T) {
	require.True(t, slices.Contains(Arguments("dev"), "--skip-preview=false"))
}
