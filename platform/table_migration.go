package platform

import (
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components"
	"dataplatform/components/rendering"
	"dataplatform/policies"
)

// tablesScript migrates the tables.
const tablesScript = "tables"

// tables is the migration of the Iceberg tables, inside the deployment.
type tables struct {
	batch
	job      job
	function *components.Function
}

func newTables(ctx *pulumi.Context, b batch) (tables, error) {
	const name = "tables"
	// The function counts on it that there is one run at a time: a deployment may invoke it more than once.
	args := b.tableJobArgs(tablesScript,
		"Gives the Iceberg tables the columns, partitions, order and properties of their contracts", nil)
	args.Policy = policyOf(b.placesWithFeatures(),
		func(at places[string]) policies.Document { return policies.TableMigrationJob(b.allTables(at)) })
	job, err := newJob(ctx, name, args, nil, icebergContracts(b.contracts.All()), b.part(name))
	if err != nil {
		return tables{}, err
	}
	var may policies.TableMigrationRefs
	function, err := components.NewFunction(ctx, name+"-function", &components.FunctionArgs{
		Description: "Starts the table migration in a deployment and waits for it", Binary: name,
		FunctionBuild: b.functionBuild(), MemoryMB: 128, TimeoutSeconds: 900,
		Environment: pulumi.StringMap{"JOB_NAME": job.Name}, Refs: rendering.Refs{&may.JobARN: job.ARN},
		Grants: func() []policies.Statement { return policies.TableMigration(may) },
	}, b.part(name))
	return tables{b, job, function}, err
}

// migrate runs the table migration when it has its grants.
func (t tables) migrate(ctx *pulumi.Context, granted []pulumi.Resource) (pulumi.Resource, error) {
	after := slices.Concat(t.catalog.Tables, granted)
	for _, layer := range t.contracts.Layers() {
		if len(t.icebergTables(layer)) > 0 {
			after = append(after, t.layers[layer].Ready...)
		}
	}
	migrated, err := components.NewTableMigration(ctx, tablesScript, &components.TableMigrationArgs{
		FunctionName: t.function.Name, JobName: t.job.Name, ContractsHash: t.contracts.Hash(), After: after,
	}, t.part(tablesScript))
	if err != nil {
		return nil, err
	}
	return migrated.Done, nil
}
