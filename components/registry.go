package components

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/glue"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/contracts"
)

const registryType = "dataplatform:catalog:Registry"

// RegistryArgs configures a Registry.
type RegistryArgs struct {
	// RegistryName is the registry's name in the account: producers configure it. Required.
	RegistryName string
	// Contracts whose schemas are registered. Required.
	Contracts *contracts.Set
}

func (args *RegistryArgs) validate() error {
	if args == nil {
		return errNoArgs
	}
	var c checks
	// Glue API, CreateRegistry.
	c.that(args.RegistryName != "" && len(args.RegistryName) <= 255, "RegistryName %q: want 1 to 255 characters", args.RegistryName)
	c.that(args.Contracts != nil, "Contracts is required")
	return c.err()
}

// Registry is the Glue schema registry with one schema a contract and major version. It refuses a version that breaks
// the contract's compatibility.
type Registry struct {
	pulumi.ResourceState
	ARN pulumi.StringOutput `pulumi:"arn"`
}

// NewRegistry registers a Registry named name.
func NewRegistry(ctx *pulumi.Context, name string, args *RegistryArgs, opts ...pulumi.ResourceOption) (*Registry, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("registry %q: %w", name, err)
	}
	r := &Registry{}
	if err := ctx.RegisterComponentResourceV2(registryType, name, pulumi.Map{
		"registryName": pulumi.String(args.RegistryName), "contractsHash": pulumi.String(args.Contracts.Hash()),
	}, r, opts...); err != nil {
		return nil, fmt.Errorf("registry %q: %w", name, err)
	}
	parent := pulumi.Parent(r)
	registry, err := glue.NewRegistry(ctx, name, &glue.RegistryArgs{
		RegistryName: pulumi.String(args.RegistryName), Description: pulumi.String("Schemas of the platform's datasets, made from their contracts"),
	}, parent)
	if err != nil {
		return nil, fmt.Errorf("registry %q: %w", name, err)
	}
	for _, contract := range args.Contracts.All() {
		definition, err := contract.JSONSchema()
		if err != nil {
			return nil, fmt.Errorf("registry %q: %w", name, err)
		}
		if _, err := glue.NewSchema(ctx, name+"-"+contract.SchemaName(), &glue.SchemaArgs{
			RegistryArn: registry.Arn, SchemaName: pulumi.String(contract.SchemaName()), Description: pulumi.String(contract.Description),
			DataFormat: pulumi.String("JSON"), Compatibility: pulumi.String(contract.Compatibility()), SchemaDefinition: pulumi.String(definition),
		}, parent); err != nil {
			return nil, fmt.Errorf("registry %q: schema %s: %w", name, contract.SchemaName(), err)
		}
	}
	r.ARN = registry.Arn
	return r, ctx.RegisterResourceOutputs(r, pulumi.Map{"arn": r.ARN})
}
