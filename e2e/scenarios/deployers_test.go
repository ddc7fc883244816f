package scenarios

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	gluetypes "github.com/aws/aws-sdk-go-v2/service/glue/types"
	awsglue "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/glue"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"dataplatform/local/stack"
	"dataplatform/operations/target"
	"dataplatform/platform"
)

const (
	person, pipeline  = "person", "pipeline"
	theirs, auditor   = "theirs", "auditor"
	roles             = "arn:aws:iam::123456789012:role/"
	settingsOperation = "GetDataLakeSettings"
)

// foreignSettings are what others have said of the account's lake: everything that can be said.
const foreignSettings = `{"DataLakeSettings":{
	"DataLakeAdmins":[{"DataLakePrincipalIdentifier":"` + roles + theirs +
	`"}],"ReadOnlyAdmins":[{"DataLakePrincipalIdentifier":"` + roles + auditor + `"}],
	"CreateDatabaseDefaultPermissions":[{"Principal":{"DataLakePrincipalIdentifier":"IAM_ALLOWED_PRINCIPALS"},"Permissions":["ALL"]}],
	"CreateTableDefaultPermissions":[{"Principal":{"DataLakePrincipalIdentifier":"IAM_ALLOWED_PRINCIPALS"},"Permissions":["ALL"]}],
	"Parameters":{"CROSS_ACCOUNT_VERSION":"4","SET_CONTEXT":"TRUE"},"TrustedResourceOwners":["210987654321"],
	"AllowExternalDataFiltering":true,"AllowFullTableExternalDataAccess":true,
	"ExternalDataFilteringAllowList":[{"DataLakePrincipalIdentifier":"210987654321"}],"AuthorizedSessionTagValueList":["engine"]}}`

// TestAnotherDeploys deploys as one role, changes a contract as another and destroys as that one, in an account whose
// lake and catalog others use: what is theirs is the same afterwards, byte for byte.
func TestAnotherDeploys(t *testing.T) {
	ctx, stop := signal.NotifyContext(t.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	t.Chdir("../..")
	changed := false
	options, err := stack.Prepare(ctx, ".", "", func(ctx *pulumi.Context) error {
		if changed {
			if err := ctx.RegisterStackTransformation(withAColumn); err != nil {
				return err
			}
		}
		return platform.Deploy(ctx)
	}, os.Stderr)
	require.NoError(t, err)
	options.Deployers = []string{person, pipeline}
	options.People = append(options.People, roles+theirs, roles+auditor)
	options.Settings = map[string]string{
		"governance.admins[0]": roles + person, "governance.admins[1]": roles + pipeline,
	}
	p, err := stack.Start(ctx, options)
	require.NoError(t, err)
	defer func() {
		if t.Failed() {
			keep(t, p.EmulatorLog())
		}
		require.NoError(t, p.Close())
	}()
	callLake(ctx, t, p, "PutDataLakeSettings", foreignSettings)
	catalog := glue.NewFromConfig(target.Config(p.Endpoint, "eu-west-1"))
	_, err = catalog.CreateDatabase(ctx,
		&glue.CreateDatabaseInput{DatabaseInput: &gluetypes.DatabaseInput{Name: aws.String(theirs)}})
	require.NoError(t, err)
	_, err = catalog.CreateTable(ctx, &glue.CreateTableInput{
		DatabaseName: aws.String(theirs), TableInput: &gluetypes.TableInput{Name: aws.String(theirs)},
	})
	require.NoError(t, err)
	before, held := foreign(ctx, t, p)

	_, err = p.Up(ctx)
	require.NoError(t, err)
	require.ElementsMatch(t, []string{roles + theirs, roles + person, roles + pipeline}, deployers(ctx, t, p),
		"and the function")
	again, err := p.UpAgain(ctx)
	require.NoError(t, err)
	require.Empty(t, again.Changes)

	changed = true
	require.NoError(t, p.DeployAs(pipeline))
	second, err := p.UpAgain(ctx)
	require.NoError(t, err)
	require.True(t, slices.ContainsFunc(second.Changes,
		func(c stack.Change) bool { return c.Name == changedTable && c.Op == "update" }), "%v", second.Changes)
	_, err = p.Destroy(ctx)
	require.NoError(t, err)
	after, left := foreign(ctx, t, p)
	require.JSONEq(t, before, after)
	require.Equal(t, held, left, "nothing of ours is left, and everything of theirs is")
}

const changedTable = "catalog-raw-sales"

// withAColumn is what a contract does to its table that has a column more.
func withAColumn(args *pulumi.ResourceTransformationArgs) *pulumi.ResourceTransformationResult {
	table, ok := args.Props.(*awsglue.CatalogTableArgs)
	if !ok || args.Name != changedTable {
		return nil
	}
	stored := *table.StorageDescriptor.(*awsglue.CatalogTableStorageDescriptorArgs)
	columns := slices.Clone(stored.Columns.(awsglue.CatalogTableStorageDescriptorColumnArray))
	stored.Columns = append(columns,
		&awsglue.CatalogTableStorageDescriptorColumnArgs{Name: pulumi.String("note"), Type: pulumi.String("string")})
	with := *table
	with.StorageDescriptor = &stored
	return &pulumi.ResourceTransformationResult{Props: &with, Opts: args.Opts}
}

// foreign are the account's settings as they come, and everything that exists.
func foreign(ctx context.Context, t *testing.T, p *stack.Platform) (settings string, exists stack.Inventory) {
	t.Helper()
	exists, err := p.Inventory(ctx)
	require.NoError(t, err)
	return callLake(ctx, t, p, settingsOperation, "{}"), exists
}

// deployers are the administrators but the role of the function that makes them.
func deployers(ctx context.Context, t *testing.T, p *stack.Platform) []string {
	t.Helper()
	var got struct {
		DataLakeSettings struct {
			DataLakeAdmins []struct{ DataLakePrincipalIdentifier string }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(callLake(ctx, t, p, settingsOperation, "{}")), &got))
	var arns []string
	for _, admin := range got.DataLakeSettings.DataLakeAdmins {
		if !strings.Contains(admin.DataLakePrincipalIdentifier, "governance-function-role") {
			arns = append(arns, admin.DataLakePrincipalIdentifier)
		}
	}
	require.Len(t, got.DataLakeSettings.DataLakeAdmins, len(arns)+1)
	return arns
}

// callLake calls Lake Formation and returns the answer as it came.
func callLake(ctx context.Context, t *testing.T, p *stack.Platform, operation, body string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.Endpoint+"/"+operation, strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization",
		"AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/lakeformation/aws4_request, SignedHeaders=host, Signature=none")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode, string(text))
	return string(text)
}
