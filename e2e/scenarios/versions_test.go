package scenarios

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
	"dataplatform/contracts/released"
)

// registeredVersions finds every released version in the registry, in order.
func registeredVersions(ctx context.Context, t *testing.T, l *lake) {
	set, err := contracts.Load()
	require.NoError(t, err)
	schemas, err := contracts.Schemas(set, released.Files)
	require.NoError(t, err)
	client := glue.NewFromConfig(l.config)
	registries, err := client.ListRegistries(ctx, &glue.ListRegistriesInput{})
	require.NoError(t, err)
	require.Len(t, registries.Registries, 1)
	later := 0
	for _, schema := range schemas {
		id := &types.SchemaId{RegistryName: registries.Registries[0].RegistryName, SchemaName: aws.String(schema.Name)}
		for i, want := range schema.Definitions {
			version, err := client.GetSchemaVersion(ctx, &glue.GetSchemaVersionInput{
				SchemaId: id, SchemaVersionNumber: &types.SchemaVersionNumber{VersionNumber: aws.Int64(int64(i + 1))},
			})
			require.NoError(t, err, "%s: version %d", schema.Name, i+1)
			assert.JSONEq(t, want, aws.ToString(version.SchemaDefinition), schema.Name)
		}
		found, err := client.GetSchema(ctx, &glue.GetSchemaInput{SchemaId: id})
		require.NoError(t, err)
		assert.EqualValues(t, len(schema.Definitions), aws.ToInt64(found.LatestSchemaVersion), schema.Name)
		later += len(schema.Definitions) - 1
	}
	assert.Positive(t, later)
}

// versionsSideBySide finds events of both versions of the contract among those that were sent.
func versionsSideBySide(ctx context.Context, t *testing.T, l *lake) {
	rows := l.rows(ctx, t,
		`SELECT coalesce(schema_version, 'none'), CAST(min(app_version) IS NULL AS varchar) FROM "%s"."clicks" GROUP BY 1 ORDER BY 1`,
		l.Outputs.Databases["processed"])
	assert.Equal(t, [][]string{{"1.1.0", "false"}, {"none", "true"}}, rows)
}
