package components

import (
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const tableMigrationType = "dataplatform:catalog:Tables"

// TableMigrationArgs configures a TableMigration.
type TableMigrationArgs struct {
	// FunctionName starts the table migration and waits for it. Required.
	FunctionName pulumi.StringInput
	// JobName is the Glue job that migrates the tables. Required.
	JobName pulumi.StringInput
	// ContractsHash changes when a contract does. Required.
	ContractsHash string
	// After are the tables, where their data goes, and what the job is granted on them. Required.
	After []pulumi.Resource
}

func (args *TableMigrationArgs) validate() error {
	if args == nil {
		return errNoArgs
	}
	var c checks
	c.input("FunctionName", args.FunctionName)
	c.input("JobName", args.JobName)
	c.text("ContractsHash", args.ContractsHash)
	c.that(len(args.After) > 0, "After is required")
	return c.err()
}

// TableMigration gives the Iceberg tables their columns, partitions, sort order and properties inside the deployment,
// because the catalog resource cannot set them. It runs when the contracts or the job change; the job is idempotent.
type TableMigration struct {
	pulumi.ResourceState
	// Done is there when the tables are migrated.
	Done pulumi.Resource
}

// tableMigrationInput is the event of the function.
type tableMigrationInput struct {
	ContractsHash string `json:"contractsHash"`
	JobName       string `json:"jobName"`
}

// NewTableMigration registers a TableMigration named name.
func NewTableMigration(
	ctx *pulumi.Context, name string, args *TableMigrationArgs, opts ...pulumi.ResourceOption,
) (*TableMigration, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("table migration %q: %w", name, err)
	}
	tables := &TableMigration{}
	if err := ctx.RegisterComponentResourceV2(tableMigrationType, name,
		pulumi.Map{"contractsHash": pulumi.String(args.ContractsHash)}, tables, opts...); err != nil {
		return nil, fmt.Errorf("table migration %q: %w", name, err)
	}
	input := args.JobName.ToStringOutput().ApplyT(func(job string) (string, error) {
		text, err := json.Marshal(tableMigrationInput{ContractsHash: args.ContractsHash, JobName: job})
		return string(text), err
	}).(pulumi.StringOutput)
	// A changed input makes a new invocation; nothing is invoked when it is destroyed.
	invocation, err := lambda.NewInvocation(ctx, name, &lambda.InvocationArgs{
		FunctionName: args.FunctionName, Input: input,
		Triggers: pulumi.StringMap{"contracts": pulumi.String(args.ContractsHash)},
	}, after([]pulumi.ResourceOption{pulumi.Parent(tables)}, args.After...)...)
	if err != nil {
		return nil, fmt.Errorf("table migration %q: %w", name, err)
	}
	tables.Done = invocation
	return tables, ctx.RegisterResourceOutputs(tables, pulumi.Map{})
}
