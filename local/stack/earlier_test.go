//go:build local

package stack

import (
	"context"
	"encoding/json"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	gluetypes "github.com/aws/aws-sdk-go-v2/service/glue/types"
	"github.com/aws/aws-sdk-go-v2/service/lakeformation"
	"github.com/aws/aws-sdk-go-v2/service/lakeformation/types"
	pulumiaws "github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	pulumiglue "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/glue"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	pulumilake "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lakeformation"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"dataplatform/operations/doctor"
	"dataplatform/operations/target"
)

// earlier is small with the account's settings as resources of the stack, as versions of the program had them that are
// deployed still.
func earlier(ctx *pulumi.Context) error {
	if err := small(ctx); err != nil {
		return err
	}
	provider, err := pulumiaws.NewProvider(ctx, "earlier", &pulumiaws.ProviderArgs{Region: pulumi.String(region)})
	if err != nil {
		return err
	}
	by := pulumi.Provider(provider)
	if _, err := pulumilake.NewDataLakeSettings(ctx, "governance",
		&pulumilake.DataLakeSettingsArgs{Admins: pulumi.ToStringArray([]string{DeployerARN})}, by); err != nil {
		return err
	}
	key, err := kms.NewKey(ctx, "catalog-encryption", nil, by)
	if err != nil {
		return err
	}
	_, err = pulumiglue.NewDataCatalogEncryptionSettings(ctx,
		"catalog-encryption", &pulumiglue.DataCatalogEncryptionSettingsArgs{
			DataCatalogEncryptionSettings: pulumiglue.DataCatalogEncryptionSettingsDataCatalogEncryptionSettingsArgs{
				ConnectionPasswordEncryption: pulumiglue.
					DataCatalogEncryptionSettingsDataCatalogEncryptionSettingsConnectionPasswordEncryptionArgs{
					ReturnConnectionPasswordEncrypted: pulumi.Bool(false),
				},
				EncryptionAtRest: pulumiglue.
					DataCatalogEncryptionSettingsDataCatalogEncryptionSettingsEncryptionAtRestArgs{
					CatalogEncryptionMode: pulumi.String("SSE-KMS"), SseAwsKmsKeyId: key.Arn,
				},
			},
		}, by)
	return err
}

// TestTheStackOfAnEarlierVersion is updated and destroyed by this one. Its state holds settings of the account, and
// others have added theirs; the doctor fails, and after the line that it prints everything that the account says stays.
func TestTheStackOfAnEarlierVersion(t *testing.T) {
	for name, heeded := range map[string]bool{"the line is run": true, "the line is not run": false} {
		t.Run(name, func(t *testing.T) {
			p := start(t, earlier)
			_, err := p.Up(t.Context())
			require.NoError(t, err)
			says := othersAdd(t, p)
			remedy := p.ask(t, doctor.Fail)
			if heeded {
				p.shell(t, remedy)
				require.Empty(t, p.ask(t, doctor.OK))
			}
			p.options.Program = small
			_, err = p.Up(t.Context())
			require.NoError(t, err)
			_, err = p.Destroy(t.Context())
			require.NoError(t, err)
			if heeded {
				require.Equal(t, says, accountSays(t, p))
				return
			}
			require.NotEqual(t, says, accountSays(t, p), "then the line is not needed any more")
		})
	}
}

// othersAdd makes somebody an administrator of the lake, and answers what the account says from then on.
func othersAdd(t *testing.T, p *Platform) string {
	t.Helper()
	lake := lakeformation.NewFromConfig(target.Config(p.Endpoint, region))
	got, err := lake.GetDataLakeSettings(t.Context(), &lakeformation.GetDataLakeSettingsInput{})
	require.NoError(t, err)
	settings := got.DataLakeSettings
	require.Len(t, settings.DataLakeAdmins, 1)
	require.NoError(t, p.newRole(t.Context(), ownAccount, "/", "lead"))
	settings.DataLakeAdmins = append(settings.DataLakeAdmins,
		types.DataLakePrincipal{DataLakePrincipalIdentifier: aws.String(roleARN(ownAccount, "lead"))})
	_, err = lake.PutDataLakeSettings(t.Context(), &lakeformation.PutDataLakeSettingsInput{DataLakeSettings: settings})
	require.NoError(t, err)
	said := accountSays(t, p)
	require.Contains(t, said, roleARN(ownAccount, "lead"))
	require.Contains(t, said, gluetypes.CatalogEncryptionModeSsekms)
	return said
}

// accountSays is what the account says of its lake and its catalog.
func accountSays(t *testing.T, p *Platform) string {
	t.Helper()
	config := target.Config(p.Endpoint, region)
	lake, err := lakeformation.NewFromConfig(config).GetDataLakeSettings(t.Context(),
		&lakeformation.GetDataLakeSettingsInput{})
	require.NoError(t, err)
	catalog, err := glue.NewFromConfig(config).GetDataCatalogEncryptionSettings(t.Context(),
		&glue.GetDataCatalogEncryptionSettingsInput{})
	require.NoError(t, err)
	text, err := json.Marshal([]any{lake.DataLakeSettings, catalog.DataCatalogEncryptionSettings})
	require.NoError(t, err)
	return string(text)
}

// ask lets the doctor look at the stack's state as the engine exports it, and answers what to do.
func (p *Platform) ask(t *testing.T, want doctor.State) string {
	t.Helper()
	run := func(_ context.Context, name string, arguments ...string) (string, error) {
		said, err := p.command(t, name, arguments...).Output()
		return string(said), err
	}
	report := doctor.Deployer(t.Context(), "../..", doctor.Needs{Stack: Name}, run)
	i := slices.IndexFunc(report, func(c doctor.Check) bool { return c.Name == "the stack's state" })
	require.GreaterOrEqual(t, i, 0)
	require.Equal(t, want, report[i].State, report[i].Found)
	return report[i].Remedy
}

// shell runs a line as a person does in the project's folder.
func (p *Platform) shell(t *testing.T, line string) {
	t.Helper()
	said, err := p.command(t, "bash", "-euo", "pipefail", "-c", line).CombinedOutput()
	require.NoError(t, err, "%s\n%s", line, said)
}
