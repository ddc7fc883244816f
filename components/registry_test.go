package components_test

import (
	"encoding/json"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/components"
	"dataplatform/contracts"
	"dataplatform/contracts/released"
	"dataplatform/internal/pulumitest"
	"dataplatform/policies"
)

func loadSchemas(t *testing.T) []contracts.Schema {
	t.Helper()
	schemas, err := contracts.Schemas(loadContracts(t), released.Files)
	require.NoError(t, err)
	return schemas
}

func TestRegistryHasEveryVersionOfEverySchemaInOrder(t *testing.T) {
	schemas := loadSchemas(t)
	rec := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		_, err := components.NewRegistry(ctx,
			"schemas", &components.RegistryArgs{RegistryName: "shop_test", Schemas: schemas, Build: build()})
		return err
	})
	rec.AssertNoOrphans(t)
	require.Len(t, rec.OfType("aws:glue/schema:Schema"), len(schemas))
	invocation := rec.One(t, "aws:lambda/invocation:Invocation", "schemas")
	var input struct {
		Registry string
		Versions []struct{ Schema, Definition string }
	}
	invocation.DecodeJSON(t, "input", &input)
	assert.Equal(t, "shop_test", input.Registry)
	later := map[string][]string{}
	for _, version := range input.Versions {
		later[version.Schema] = append(later[version.Schema], version.Definition)
	}
	document, err := policies.Parse(rec.One(t, "aws:iam/rolePolicy:RolePolicy", "schemas-function-grants").String(t,
		"policy"))
	require.NoError(t, err)
	for _, want := range schemas {
		schema := rec.One(t, "aws:glue/schema:Schema", "schemas-"+want.Name)
		assert.Equal(t, "JSON", schema.String(t, "dataFormat"))
		assert.Equal(t, want.Compatibility, schema.String(t, "compatibility"))
		assert.Equal(t, "arn:aws:glue:eu-west-1:123456789012:registry/shop_test", schema.String(t, "registryArn"))
		assert.True(t, json.Valid([]byte(schema.String(t, "schemaDefinition"))))
		assert.Equal(t, want.Definitions, append([]string{schema.String(t, "schemaDefinition")}, later[want.Name]...),
			want.Name)
		assert.True(t, invocation.WaitsFor(schema), "%s has its first version before the next", want.Name)
		got, err := policies.Evaluate(policies.Request{
			Action: "glue:RegisterSchemaVersion", Resource: "arn:aws:glue:eu-west-1:123456789012:schema/shop_test/" + want.Name,
		}, document)
		require.NoError(t, err)
		assert.Equal(t, policies.Allowed, got, want.Name)
	}
	assert.Len(t, later["raw.clicks.v1"], 2, "1.1.0 follows 1.0.0, and 1.2.0 that")
	assert.True(t, invocation.WaitsFor(rec.One(t, "aws:lambda/function:Function", "schemas-function")))
}

func TestNewRegistryRejects(t *testing.T) {
	schemas := loadSchemas(t)
	for want, args := range map[string]*components.RegistryArgs{
		"args are required":   nil,
		"RegistryName \"\"":   {Schemas: schemas, Build: build()},
		"Schemas is required": {RegistryName: "shop", Build: build()},
		"Schemas: a.v1 has no version": {
			RegistryName: "shop", Schemas: []contracts.Schema{{Name: "a.v1"}}, Build: build(),
		},
	} {
		rejects(t, want, func(ctx *pulumi.Context) error {
			_, err := components.NewRegistry(ctx, "schemas", args)
			return err
		})
	}
}
