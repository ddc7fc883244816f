package platform

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"dataplatform/components"
	"dataplatform/contracts"
	"dataplatform/platform/settings"
)

// newLedger is what knows what came in and waits.
func (d *deployment) newLedger() (err error) {
	d.ledger, err = components.NewLedger(d.ctx, "ledger", &components.LedgerArgs{
		KMSKeyARN: d.keys.layers[settings.LayerArtifacts].ARN, Retain: d.retain(),
	}, d.part("ledger"))
	return err
}

// newClickstream is the way of the one dataset that comes on a stream.
func (d *deployment) newClickstream() error {
	streaming := d.pipelinesThat(func(p contracts.Pipeline) bool { return p.Streaming })
	if len(streaming) != 1 {
		return fmt.Errorf("the contracts describe %d streaming datasets, there is a function for one", len(streaming))
	}
	source, c := streaming[0], d.settings.Clickstream
	raw := d.layers[contracts.LayerRaw].Storage()
	var err error
	if d.clickstream, err = components.NewClickstream(d.ctx, "clickstream", &components.ClickstreamArgs{
		Dataset: source.Name, Shards: c.Shards, RetentionHours: c.RetentionHours,
		BatchSize: c.BatchSize, BatchWindowSeconds: c.BatchWindowSeconds, Retries: c.Retries, MaxRecordAgeSeconds: c.MaxRecordAgeSeconds,
		Lateness: time.Duration(c.LatenessHours) * time.Hour, MaxEventBytes: c.MaxEventBytes, MaxExpandedBytes: c.MaxExpandedBytes,
		Promise: source.Processed.SLA.Latency, StreamKeyARN: raw.KeyARN, Raw: raw, Processed: d.layers[contracts.LayerProcessed].Storage(),
		HoursTableName: d.ledger.HoursName, HoursTableARN: d.ledger.HoursARN, LedgerKeyARN: d.keys.layers[settings.LayerArtifacts].ARN,
		MetricsNamespace: d.metricsNamespace(), UndeliveredARN: d.alarms.UndeliveredARN, Build: d.functionBuild(),
	}, d.datasetPart("clickstream", source.Name)); err != nil {
		return err
	}
	d.show(d.clickstream.Rows)
	return nil
}

// newLanding takes in the files of every dataset that comes as files.
func (d *deployment) newLanding() error {
	var datasets []string
	var promises []time.Duration
	for _, source := range d.pipelinesThat(func(p contracts.Pipeline) bool { return p.Landing }) {
		datasets, promises = append(datasets, source.Name), append(promises, promise(source))
	}
	if len(datasets) == 0 {
		return errors.New("the contracts describe no dataset that comes as files")
	}
	var err error
	if d.landing, err = components.NewLanding(d.ctx, "landing", &components.LandingArgs{
		Datasets: datasets, QueueKeyARN: d.keys.operations.ARN, Producers: d.orAccount(d.settings.Landing.Producers),
		Landing: d.layers[settings.LayerLanding].Storage(), Raw: d.layers[contracts.LayerRaw].Storage(),
		FilesTableName: d.ledger.FilesName, FilesTableARN: d.ledger.FilesARN, LedgerKeyARN: d.keys.layers[settings.LayerArtifacts].ARN,
		MaxFileBytes: d.settings.Landing.MaxFileBytes, MaxExpandedBytes: d.settings.Landing.MaxExpandedBytes,
		Promise: slices.Min(promises), MetricsNamespace: d.metricsNamespace(), Build: d.functionBuild(),
	}, d.part("landing")); err != nil {
		return err
	}
	d.show(d.landing.Rows)
	return nil
}

// newAssets describes the objects of the one dataset that is objects, and makes raw tell of them.
func (d *deployment) newAssets() error {
	objects := d.pipelinesThat(func(p contracts.Pipeline) bool { return !p.Streaming && !p.Landing })
	if len(objects) != 1 {
		return fmt.Errorf("the contracts describe %d datasets of objects, there is a function for one", len(objects))
	}
	source, a := objects[0], d.settings.Assets
	raw := d.layers[contracts.LayerRaw].Storage()
	var err error
	if d.assets, err = components.NewAssets(d.ctx, "assets", &components.AssetsArgs{
		Dataset: source.Name, RowsPrefix: source.Raw.Prefix(), QueueKeyARN: d.keys.operations.ARN, Sources: d.orAccount(a.Sources),
		Raw: raw, Processed: d.layers[contracts.LayerProcessed].Storage(),
		FilesTableName: d.ledger.FilesName, FilesTableARN: d.ledger.FilesARN, LedgerKeyARN: d.keys.layers[settings.LayerArtifacts].ARN,
		MaxBytes: a.MaxBytes, MaxPixels: a.MaxPixels, MaxSeconds: a.MaxSeconds, ThumbnailSide: a.ThumbnailSide,
		Promise: source.Raw.SLA.Latency, MetricsNamespace: d.metricsNamespace(), Build: d.functionBuild(),
	}, d.datasetPart("assets", source.Name)); err != nil {
		return err
	}
	d.show(d.assets.Rows)
	_, err = components.NewNotices(d.ctx, "raw-notices", &components.NoticesArgs{
		Bucket: raw, EventBridge: true, Queues: []components.NoticesQueue{d.assets.Notices}, Before: d.clickstream,
	}, d.part("storage"))
	return err
}

// orAccount are the roles that may assume a sources' role: the configured ones, or whom the account's own policies let.
func (d *deployment) orAccount(roles []string) []string {
	if len(roles) > 0 {
		return roles
	}
	return []string{"arn:" + d.where.partition + ":iam::" + d.where.account + ":root"}
}

func (d *deployment) pipelinesThat(wanted func(contracts.Pipeline) bool) []contracts.Pipeline {
	return slices.DeleteFunc(d.contracts.Pipelines(), func(p contracts.Pipeline) bool { return !wanted(p) })
}

// promise is the shortest time within which one of a pipeline's tables has to show what arrived.
func promise(p contracts.Pipeline) time.Duration {
	promises := []time.Duration{p.Processed.SLA.Latency}
	if p.Streaming {
		promises = nil // its processed rows don't wait for the hour
	}
	for _, curated := range p.Curated {
		promises = append(promises, curated.SLA.Latency)
	}
	if len(promises) == 0 {
		return p.Processed.SLA.Latency
	}
	return slices.Min(promises)
}
