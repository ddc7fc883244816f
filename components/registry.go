package components

import (
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/glue"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components/rendering"
	"dataplatform/contracts"
	"dataplatform/policies"
)

const registryType = "dataplatform:catalog:Registry"

// RegistryArgs configures a Registry.
type RegistryArgs struct {
	// RegistryName is the registry's name in the account: producers configure it. Required.
	RegistryName string
	// Schemas are registered, each with every version it has. Required.
	Schemas []contracts.Schema
	// Build is what the stack's functions share.
	Build FunctionBuild
}

func (args *RegistryArgs) validate() error {
	if args == nil {
		return errNoArgs
	}
	var c checks
	// Glue API, CreateRegistry.
	c.that(args.RegistryName != "" && len(args.RegistryName) <= 255,
		"RegistryName %q: want 1 to 255 characters", args.RegistryName)
	c.that(len(args.Schemas) > 0, "Schemas is required")
	for _, schema := range args.Schemas {
		c.that(len(schema.Definitions) > 0, "Schemas: %s has no version", schema.Name)
	}
	return c.err()
}

// Registry is the Glue schema registry with one schema a contract and major version, and in it every version there has
// been. What may follow what is decided before, by the check of released contracts.
type Registry struct {
	pulumi.ResourceState
	ARN pulumi.StringOutput `pulumi:"arn"`
	// Widgets are the part of the function that registers versions on the dashboard.
	Widgets []WidgetRow
}

// schemasBinary is the function that registers the versions after a schema's first.
const schemasBinary = "schemas"

// registration is the event of the function.
type registration struct {
	Registry string          `json:"registry"`
	Versions []schemaVersion `json:"versions"`
}

type schemaVersion struct {
	Schema     string `json:"schema"`
	Definition string `json:"definition"`
}

// NewRegistry registers a Registry named name.
func NewRegistry(
	ctx *pulumi.Context, name string, args *RegistryArgs, opts ...pulumi.ResourceOption,
) (*Registry, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("registry %q: %w", name, err)
	}
	r := &Registry{}
	if err := ctx.RegisterComponentResourceV2(registryType, name, pulumi.Map{
		"registryName": pulumi.String(args.RegistryName), "schemas": pulumi.Int(len(args.Schemas)),
	}, r, opts...); err != nil {
		return nil, fmt.Errorf("registry %q: %w", name, err)
	}
	parent := pulumi.Parent(r)
	registry, err := glue.NewRegistry(ctx, name, &glue.RegistryArgs{
		RegistryName: pulumi.String(args.RegistryName),
		Description:  pulumi.String("Schemas of the platform's datasets, made from their contracts"),
	}, parent)
	if err != nil {
		return nil, fmt.Errorf("registry %q: %w", name, err)
	}
	schemas, err := r.newSchemas(ctx, name, args, registry)
	if err != nil {
		return nil, fmt.Errorf("registry %q: %w", name, err)
	}
	if err := r.newVersions(ctx, name, args, registry, schemas); err != nil {
		return nil, fmt.Errorf("registry %q: %w", name, err)
	}
	r.ARN = registry.Arn
	return r, ctx.RegisterResourceOutputs(r, pulumi.Map{"arn": r.ARN})
}

// newSchemas registers every schema with its first version. What follows is not the resource's to change: in a registry
// that is made anew it could only register the last version.
func (r *Registry) newSchemas(
	ctx *pulumi.Context, name string, args *RegistryArgs, registry *glue.Registry,
) ([]*glue.Schema, error) {
	var schemas []*glue.Schema
	for _, one := range args.Schemas {
		schema, err := glue.NewSchema(ctx, name+"-"+one.Name, &glue.SchemaArgs{
			RegistryArn: registry.Arn, SchemaName: pulumi.String(one.Name), Description: pulumi.String(one.Description),
			DataFormat: pulumi.String("JSON"), Compatibility: pulumi.String(one.Compatibility),
			SchemaDefinition: pulumi.String(one.Definitions[0]),
		}, pulumi.Parent(r), pulumi.IgnoreChanges([]string{"schemaDefinition"}))
		if err != nil {
			return nil, fmt.Errorf("schema %s: %w", one.Name, err)
		}
		schemas = append(schemas, schema)
	}
	return schemas, nil
}

// newVersions lets the function register the later versions, in order, when there is one that it has not registered
// yet.
func (r *Registry) newVersions(
	ctx *pulumi.Context, name string, args *RegistryArgs, registry *glue.Registry, schemas []*glue.Schema,
) error {
	var may policies.SchemasRefs
	refs := rendering.Refs{&may.RegistryARN: registry.Arn}
	event := registration{Registry: args.RegistryName, Versions: []schemaVersion{}}
	after := []pulumi.Resource{}
	for i, schema := range schemas {
		after = append(after, schema)
		for _, definition := range args.Schemas[i].Definitions[1:] {
			event.Versions = append(event.Versions, schemaVersion{args.Schemas[i].Name, definition})
		}
	}
	function, err := NewFunction(ctx, name+"-function", &FunctionArgs{
		Description: "Registers the versions of schemas, in a deployment", Binary: schemasBinary,
		FunctionBuild: args.Build, MemoryMB: 128, TimeoutSeconds: 300, Refs: refs,
		Grants: func() []policies.Statement { return policies.Schemas(may) },
	}, pulumi.Parent(r))
	if err != nil {
		return err
	}
	r.Widgets = function.Widgets
	input, err := json.Marshal(event)
	if err != nil {
		return err
	}
	// A changed input makes a new invocation; nothing is invoked when it is destroyed.
	_, err = lambda.NewInvocation(ctx, name,
		&lambda.InvocationArgs{FunctionName: function.Name, Input: pulumi.String(input)}, pulumi.Parent(r),
		pulumi.DependsOn(after))
	return err
}
