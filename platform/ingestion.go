package platform

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"dataplatform/components"
	"dataplatform/contracts"
)

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
		MetricsNamespace: d.metricsNamespace(), UndeliveredARN: d.alarms.UndeliveredARN, Build: d.functionBuild(),
	}, d.datasetPart("clickstream", source.Name)); err != nil {
		return err
	}
	d.show(d.clickstream.Rows)
	return nil
}

// newLanding takes in the files of every other dataset.
func (d *deployment) newLanding() error {
	var err error
	if d.ledger, err = components.NewLedger(d.ctx, "ledger", &components.LedgerArgs{
		KMSKeyARN: d.keys.layers[layerArtifacts].ARN, Retain: d.retain(),
	}, d.part("ledger")); err != nil {
		return err
	}
	var datasets []string
	var promises []time.Duration
	for _, source := range d.pipelinesThat(func(p contracts.Pipeline) bool { return !p.Streaming }) {
		datasets, promises = append(datasets, source.Name), append(promises, promise(source))
	}
	if len(datasets) == 0 {
		return errors.New("the contracts describe no dataset that comes as files")
	}
	if d.landing, err = components.NewLanding(d.ctx, "landing", &components.LandingArgs{
		Datasets: datasets, QueueKeyARN: d.keys.operations.ARN, Producers: d.producers(),
		Landing: d.layers[layerLanding].Storage(), Raw: d.layers[contracts.LayerRaw].Storage(),
		FilesTableName: d.ledger.FilesName, FilesTableARN: d.ledger.FilesARN, LedgerKeyARN: d.keys.layers[layerArtifacts].ARN,
		MaxFileBytes: d.settings.Landing.MaxFileBytes, MaxExpandedBytes: d.settings.Landing.MaxExpandedBytes,
		Promise: slices.Min(promises), MetricsNamespace: d.metricsNamespace(), Build: d.functionBuild(),
	}, d.part("landing")); err != nil {
		return err
	}
	d.show(d.landing.Rows)
	return nil
}

// producers may assume the sources' role: the configured roles, or whom the account's own policies let.
func (d *deployment) producers() []string {
	if len(d.settings.Landing.Producers) > 0 {
		return d.settings.Landing.Producers
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
