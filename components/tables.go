package components

import (
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const tablesType = "dataplatform:catalog:Tables"

// TablesArgs configures Tables.
type TablesArgs struct {
	// FunctionName starts the tables job and waits for it. Required.
	FunctionName pulumi.StringInput
	// JobName is the Glue job that shapes the tables. Required.
	JobName pulumi.StringInput
	// ContractsHash changes when a contract does. Required.
	ContractsHash string
	// After are the tables, where their data goes, and what the job is granted on them. Required.
	After []pulumi.Resource
}

func (args *TablesArgs) validate() error {
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

// Tables gives the Iceberg tables their columns, partitions, sort order and properties inside the deployment, because the
// catalog resource cannot set them. It runs when the contracts or the job change; the job is idempotent.
type Tables struct {
	pulumi.ResourceState
	// Done is there when the tables have their shape.
	Done pulumi.Resource
}

// tablesInput is the event of the tables function.
type tablesInput struct {
	ContractsHash string `json:"contractsHash"`
	JobName       string `json:"jobName"`
}

// NewTables registers Tables named name.
func NewTables(ctx *pulumi.Context, name string, args *TablesArgs, opts ...pulumi.ResourceOption) (*Tables, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("tables %q: %w", name, err)
	}
	tables := &Tables{}
	if err := ctx.RegisterComponentResourceV2(tablesType, name, pulumi.Map{"contractsHash": pulumi.String(args.ContractsHash)}, tables, opts...); err != nil {
		return nil, fmt.Errorf("tables %q: %w", name, err)
	}
	input := args.JobName.ToStringOutput().ApplyT(func(job string) (string, error) {
		text, err := json.Marshal(tablesInput{ContractsHash: args.ContractsHash, JobName: job})
		return string(text), err
	}).(pulumi.StringOutput)
	// A changed input makes a new invocation; nothing is invoked when it is destroyed.
	invocation, err := lambda.NewInvocation(ctx, name, &lambda.InvocationArgs{
		FunctionName: args.FunctionName, Input: input, Triggers: pulumi.StringMap{"contracts": pulumi.String(args.ContractsHash)},
	}, after([]pulumi.ResourceOption{pulumi.Parent(tables)}, args.After...)...)
	if err != nil {
		return nil, fmt.Errorf("tables %q: %w", name, err)
	}
	tables.Done = invocation
	return tables, ctx.RegisterResourceOutputs(tables, pulumi.Map{})
}
