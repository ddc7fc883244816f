package platform

import (
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components"
)

// processing are the jobs: the table migration, a pipeline a source, the care for tables, the rights to erasure and to
// access, and what models are trained with.
type processing struct {
	tables      tables
	pipelines   map[string]pipeline
	maintenance maintenance
	erasure     personWork
	export      personWork
	training    training
	grantees    []components.Grantee
	widgets     []components.WidgetRow
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
	pipelines, err := newPipelines(ctx, batch, i)
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
	export, err := newExport(ctx, batch)
	if err != nil {
		return processing{}, fmt.Errorf("export: %w", err)
	}
	training, err := newTraining(ctx, batch)
	if err != nil {
		return processing{}, fmt.Errorf("features: %w", err)
	}
	made := processing{
		tables: tables, pipelines: pipelines, maintenance: maintenance, erasure: erasure, export: export,
		training: training,
	}
	made.join(tables.job)
	made.widgets = append(made.widgets, tables.function.Widgets...)
	for _, source := range f.contracts.Pipelines() {
		pipeline := pipelines[source.Name]
		made.join(pipeline.jobs...)
		made.widgets = slices.Concat(made.widgets, pipeline.Widgets, pipeline.schedule.Widgets)
	}
	made.join(maintenance.job)
	made.widgets = append(made.widgets, maintenance.daily.Widgets...)
	for _, work := range []personWork{erasure, export} {
		made.join(work.job)
		made.widgets = append(made.widgets, work.stateMachine.Widgets...)
	}
	made.join(training.jobs()...)
	return made, nil
}

// join adds what jobs say of themselves.
func (p *processing) join(jobs ...job) {
	for _, job := range jobs {
		p.grantees, p.widgets = append(p.grantees, job.grantee), append(p.widgets, job.Widgets...)
	}
}

// unscheduled are the jobs that no pipeline has, by stage.
func (p processing) unscheduled() map[string]job {
	jobs := map[string]job{
		stageMaintain: p.maintenance.job, stageErase: p.erasure.job, stageExport: p.export.job,
	}
	maps.Copy(jobs, p.training)
	return jobs
}
