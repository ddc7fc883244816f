package platform

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components"
	"dataplatform/contracts"
	"dataplatform/platform/settings"
)

// ingestion is how data comes in, and the ledger of what came and waits.
type ingestion struct {
	ledger      *components.Ledger
	clickstream *components.Clickstream
	collector   *components.Collector // nil where it is off
	landing     *components.Landing
	assets      *components.Assets
	widgets     []components.WidgetRow
}

func newIngestion(ctx *pulumi.Context, f foundation) (ingestion, error) {
	ledger, err := components.NewLedger(ctx, "ledger", &components.LedgerArgs{
		KMSKeyARN: f.keys.layers[settings.LayerArtifacts].ARN, Retain: f.retain(),
	}, f.part("ledger"))
	if err != nil {
		return ingestion{}, err
	}
	clickstream, err := newClickstream(ctx, f, ledger)
	if err != nil {
		return ingestion{}, fmt.Errorf("clickstream: %w", err)
	}
	collector, err := newCollector(ctx, f, clickstream)
	if err != nil {
		return ingestion{}, fmt.Errorf("collector: %w", err)
	}
	landing, err := newLanding(ctx, f, ledger)
	if err != nil {
		return ingestion{}, fmt.Errorf("landing: %w", err)
	}
	assets, err := newAssets(ctx, f, ledger, clickstream)
	if err != nil {
		return ingestion{}, fmt.Errorf("assets: %w", err)
	}
	widgets := clickstream.Widgets
	if collector != nil {
		widgets = slices.Concat(collector.Widgets, widgets)
	}
	return ingestion{ledger, clickstream, collector, landing, assets,
		slices.Concat(widgets, landing.Widgets, assets.Widgets)}, nil
}

// newClickstream is the way of the one dataset that comes on a stream.
func newClickstream(ctx *pulumi.Context, f foundation, ledger *components.Ledger) (*components.Clickstream, error) {
	streaming := f.pipelinesThat(func(p contracts.Pipeline) bool { return p.Streaming })
	if len(streaming) != 1 {
		return nil, fmt.Errorf("the contracts describe %d streaming datasets, there is a function for one",
			len(streaming))
	}
	source, c := streaming[0], f.settings.Clickstream
	raw, discarded := f.layers[contracts.LayerRaw].Storage(), f.layers[settings.LayerDiscarded].Storage()
	if _, err := components.NewBucketNotifications(ctx, "discarded-notices", &components.BucketNotificationsArgs{
		Bucket: discarded, EventBridge: true,
	}, f.part("storage")); err != nil {
		return nil, err
	}
	return components.NewClickstream(ctx, "clickstream", &components.ClickstreamArgs{
		Producers: f.orAccount(c.Producers),
		Dataset:   source.Name, Shards: c.Shards, RetentionHours: c.RetentionHours,
		BatchSize: c.BatchSize, BatchWindowSeconds: c.BatchWindowSeconds,
		MaxRecordAgeSeconds: c.MaxRecordAgeSeconds, Lateness: time.Duration(c.LatenessHours) * time.Hour,
		MaxEventBytes: c.MaxEventBytes, MaxExpandedBytes: c.MaxExpandedBytes, SLO: source.Processed.SLA.Latency,
		QuarantineLimit: f.settings.Pipelines.QuarantineLimit,
		StreamKeyARN:    raw.KeyARN, Raw: raw, Processed: f.layers[contracts.LayerProcessed].Storage(),
		Discarded: discarded, HoursTableName: ledger.HoursName, HoursTableARN: ledger.HoursARN,
		LedgerKeyARN: f.keys.layers[settings.LayerArtifacts].ARN, MetricsNamespace: f.metricsNamespace(),
		UndeliveredARN: f.alarms.UndeliveredARN, Build: f.functionBuild(),
	}, f.datasetPart("clickstream", source.Name))
}

// newCollector is the address that clicks are sent to without credentials, or nil where it is off.
func newCollector(
	ctx *pulumi.Context, f foundation, clickstream *components.Clickstream,
) (*components.Collector, error) {
	c := f.settings.Collector
	if !c.Enabled {
		return nil, nil
	}
	access, err := c.Access()
	if err != nil {
		return nil, err
	}
	return components.NewCollector(ctx, "collector", &components.CollectorArgs{
		Dataset: clickstream.Dataset(), StreamARN: clickstream.StreamARN,
		StreamKeyARN: f.layers[contracts.LayerRaw].Storage().KeyARN, Access: access,
		MaxConcurrency: c.MaxConcurrency, MetricsNamespace: f.metricsNamespace(), Build: f.functionBuild(),
	}, f.datasetPart("collector", clickstream.Dataset()))
}

// newLanding takes in the files of every dataset that comes as files.
func newLanding(ctx *pulumi.Context, f foundation, ledger *components.Ledger) (*components.Landing, error) {
	var datasets []string
	var slos []time.Duration
	for _, source := range f.pipelinesThat(func(p contracts.Pipeline) bool { return p.Landing }) {
		datasets, slos = append(datasets, source.Name), append(slos, slo(source))
	}
	if len(datasets) == 0 {
		return nil, errors.New("the contracts describe no dataset that comes as files")
	}
	return components.NewLanding(ctx, "landing", &components.LandingArgs{
		Datasets: datasets, QueueKeyARN: f.keys.operations.ARN, Producers: f.orAccount(f.settings.Landing.Producers),
		Landing: f.layers[settings.LayerLanding].Storage(), Raw: f.layers[contracts.LayerRaw].Storage(),
		FilesTableName: ledger.FilesName, FilesTableARN: ledger.FilesARN,
		LedgerKeyARN: f.keys.layers[settings.LayerArtifacts].ARN, MaxFileBytes: f.settings.Landing.MaxFileBytes,
		MaxExpandedBytes: f.settings.Landing.MaxExpandedBytes, GoLive: f.settings.Catalog.GoLive,
		SLO: slices.Min(slos), MetricsNamespace: f.metricsNamespace(), Build: f.functionBuild(),
	}, f.part("landing"))
}

// newAssets describes the objects of the one dataset that is objects, and makes raw tell of them.
func newAssets(
	ctx *pulumi.Context, f foundation, ledger *components.Ledger, clickstream *components.Clickstream,
) (*components.Assets, error) {
	objects := f.pipelinesThat(func(p contracts.Pipeline) bool { return !p.Streaming && !p.Landing })
	if len(objects) != 1 {
		return nil, fmt.Errorf("the contracts describe %d datasets of objects, there is a function for one",
			len(objects))
	}
	source, a := objects[0], f.settings.Assets
	raw := f.layers[contracts.LayerRaw].Storage()
	assets, err := components.NewAssets(ctx, "assets", &components.AssetsArgs{
		Dataset: source.Name, RowsPrefix: source.Raw.Prefix(), QueueKeyARN: f.keys.operations.ARN,
		Sources: f.orAccount(a.Sources), Raw: raw, Processed: f.layers[contracts.LayerProcessed].Storage(),
		FilesTableName: ledger.FilesName, FilesTableARN: ledger.FilesARN,
		LedgerKeyARN: f.keys.layers[settings.LayerArtifacts].ARN, MaxBytes: a.MaxBytes, MaxPixels: a.MaxPixels,
		MaxSeconds: a.MaxSeconds, ThumbnailSide: a.ThumbnailSide, SLO: source.Raw.SLA.Latency,
		MetricsNamespace: f.metricsNamespace(), Build: f.functionBuild(),
	}, f.datasetPart("assets", source.Name))
	if err != nil {
		return nil, err
	}
	_, err = components.NewBucketNotifications(ctx, "raw-notices", &components.BucketNotificationsArgs{
		Bucket: raw, Queues: []components.QueueTarget{assets.BucketNotifications}, Before: clickstream,
	}, f.part("storage"))
	return assets, err
}

// orAccount are the roles that may assume a sources' role: the configured ones, or whom the account's own policies let.
func (e environment) orAccount(roles []string) []string {
	if len(roles) > 0 {
		return roles
	}
	return []string{"arn:" + e.where.partition + ":iam::" + e.where.account + ":root"}
}

func (p plan) pipelinesThat(wanted func(contracts.Pipeline) bool) []contracts.Pipeline {
	return slices.DeleteFunc(p.contracts.Pipelines(), func(source contracts.Pipeline) bool { return !wanted(source) })
}

// slo is the shortest time within which one of a pipeline's tables has to show what arrived.
func slo(p contracts.Pipeline) time.Duration {
	slos := []time.Duration{p.Processed.SLA.Latency}
	if p.Streaming {
		slos = nil // its processed rows don't wait for the hour
	}
	for _, curated := range p.Curated {
		slos = append(slos, curated.SLA.Latency)
	}
	if len(slos) == 0 {
		return p.Processed.SLA.Latency
	}
	return slices.Min(slos)
}
