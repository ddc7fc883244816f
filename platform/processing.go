package platform

import (
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components"
)

// processing are the jobs: what shapes the tables, a pipeline a source, the care for tables, the right to erasure, and what models are
// trained with.
type processing struct {
	tables      tables
	pipelines   map[string]pipeline
	maintenance maintenance
	erasure     job
	learning    learning
	grantees    []components.Grantee
	rows        []components.Row
}

func newProcessing(ctx *pulumi.Context, f foundation, c catalog, i ingestion) (processing, error) {
	batch, err := newBatch(ctx, f, c, i.ledger)
	if err != nil {
		return processing{}, err
	}
	tables, err := newTables(ctx, batch)
	if err != nil {
		return processing{}, fmt.Errorf("tables: %w", err)
	}
	pipelines, err := newPipelines(ctx, batch, i.clickstream)
	if err != nil {
		return processing{}, fmt.Errorf("pipelines: %w", err)
	}
	maintenance, err := newMaintenance(ctx, batch)
	if err != nil {
		return processing{}, fmt.Errorf("maintenance: %w", err)
	}
	erasure, err := newErasure(ctx, batch)
	if err != nil {
		return processing{}, fmt.Errorf("erasure: %w", err)
	}
	learning, err := newLearning(ctx, batch)
	if err != nil {
		return processing{}, fmt.Errorf("features: %w", err)
	}
	made := processing{tables: tables, pipelines: pipelines, maintenance: maintenance, erasure: erasure, learning: learning}
	made.join(tables.job)
	made.rows = append(made.rows, tables.function.Rows...)
	for _, source := range f.contracts.Pipelines() {
		pipeline := pipelines[source.Name]
		made.join(pipeline.jobs...)
		made.rows = slices.Concat(made.rows, pipeline.Rows, pipeline.schedule.Rows)
	}
	made.join(maintenance.job)
	made.rows = append(made.rows, maintenance.daily.Rows...)
	made.join(erasure)
	made.join(learning.jobs()...)
	return made, nil
}

// join adds what jobs say of themselves.
func (p *processing) join(jobs ...job) {
	for _, job := range jobs {
		p.grantees, p.rows = append(p.grantees, job.grantee), append(p.rows, job.Rows...)
	}
}

// unscheduled are the jobs that no pipeline has, by stage.
func (p processing) unscheduled() map[string]job {
	jobs := map[string]job{stageMaintain: p.maintenance.job, stageErase: p.erasure}
	maps.Copy(jobs, p.learning)
	return jobs
}
