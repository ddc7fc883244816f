package platform

import (
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components"
	"dataplatform/policies"
)

// tablesScript gives the tables their shape.
const tablesScript = "tables"

// tables is what gives the Iceberg tables their shape, inside the deployment.
type tables struct {
	batch
	job      job
	function *components.Function
}

func newTables(ctx *pulumi.Context, b batch) (tables, error) {
	const name = "tables"
	// The function counts on it that there is one run at a time: a deployment may invoke it more than once.
	args := b.tableJobArgs(tablesScript, "Gives the Iceberg tables the columns, partitions, order and properties of their contracts", nil)
	args.Policy = policyOf(b.placesWithFeatures(), func(at places[string]) policies.Document { return policies.TablesJob(b.allTables(at)) })
	job, err := newJob(ctx, name, args, nil, icebergContracts(b.contracts.All()), b.part(name))
	if err != nil {
		return tables{}, err
	}
	function, err := components.NewFunction(ctx, name+"-function", &components.FunctionArgs{
		Description: "Starts the tables job in a deployment and waits for it", Binary: name, FunctionBuild: b.functionBuild(),
		MemoryMB: 128, TimeoutSeconds: 900, Environment: pulumi.StringMap{"JOB_NAME": job.Name},
		Refs: pulumi.StringMap{"job": job.ARN},
		Grants: func(ref map[string]string) []policies.Statement {
			return policies.Tables(policies.TablesRefs{JobARN: ref["job"]})
		},
	}, b.part(name))
	return tables{b, job, function}, err
}

// shape runs the tables job when it has its grants.
func (t tables) shape(ctx *pulumi.Context, granted []pulumi.Resource) (pulumi.Resource, error) {
	after := slices.Concat(t.catalog.Tables, granted)
	for _, layer := range t.contracts.Layers() {
		if len(t.icebergTables(layer)) > 0 {
			after = append(after, t.layers[layer].Ready...)
		}
	}
	shaped, err := components.NewTables(ctx, tablesScript, &components.TablesArgs{
		FunctionName: t.function.Name, JobName: t.job.Name, ContractsHash: t.contracts.Hash(), After: after,
	}, t.part(tablesScript))
	if err != nil {
		return nil, err
	}
	return shaped.Done, nil
}
