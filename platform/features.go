package platform

import (
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components"
	"dataplatform/components/featurestore"
	"dataplatform/contracts"
	"dataplatform/policies"
)

// The stages of recommendations that are jobs of Glue, and their scripts.
const (
	stageFeatures  = "features"
	stageRecommend = "recommend"
)

// withFeatures tells a job where the features are, when there are any.
func (d *deployment) withFeatures(args *components.JobArgs) *components.JobArgs {
	layer := d.layers[contracts.LayerFeatures]
	if layer == nil {
		return args
	}
	args.Arguments["features_bucket"], args.Arguments["features_database"] = layer.BucketName, d.catalog.DatabaseNames[contracts.LayerFeatures]
	args.Refs["features"], args.Refs["featuresKey"] = layer.BucketARN, layer.KMSKeyARN
	args.Refs["featuresDatabase"] = d.catalog.DatabaseARNs[contracts.LayerFeatures]
	return args
}

// newFeatures makes the jobs between which a model is trained: the one that makes what it learns from, and the one that publishes what
// it says.
func (d *deployment) newFeatures() error {
	if !d.settings.Recommendations.Enabled {
		return nil
	}
	made, said := icebergContracts(d.contracts.Layer(contracts.LayerFeatures)), d.learnt()
	var sources []*contracts.Contract
	for _, contract := range made {
		for _, id := range contract.Upstream {
			if source, ok := d.contracts.Get(id); ok && !slices.Contains(sources, source) {
				sources = append(sources, source)
			}
		}
	}
	refs := func(ref map[string]string) policies.FeaturesRefs {
		r := policies.FeaturesRefs{
			JobRefs: policies.JobRefs{
				ProcessedTables: iceberg(sources...), ProcessedBucketARN: ref["processed"], ProcessedKeyARN: ref["processedKey"], ProcessedDatabase: ref["processedDatabase"],
				CuratedTables: iceberg(said...), CuratedBucketARN: ref["curated"], CuratedKeyARN: ref["curatedKey"], CuratedDatabase: ref["curatedDatabase"],
				ArtifactsBucketARN: ref["artifacts"], ArtifactsKeyARN: ref["artifactsKey"], LeasesTableARN: ref["leases"], LedgerKeyARN: ref["artifactsKey"],
				LogGroupARNs: []string{ref["outputLog"], ref["errorLog"]},
			},
			FeaturesTables: iceberg(made...), FeaturesBucketARN: ref["features"], FeaturesKeyARN: ref["featuresKey"], FeaturesDatabase: ref["featuresDatabase"],
		}
		for _, contract := range d.grouped() {
			r.FeatureGroupARNs = append(r.FeatureGroupARNs, d.arn("sagemaker", "feature-group/"+featurestore.GroupName(d.settings.Prefix, contract)))
		}
		for _, source := range sources {
			if source.Format != contracts.FormatIceberg {
				r.Streams = append(r.Streams, source.Dataset)
			}
		}
		return r
	}
	own := pulumi.StringMap{}
	var groups []string
	for _, contract := range d.grouped() {
		groups = append(groups, contract.Dataset+"="+featurestore.GroupName(d.settings.Prefix, contract))
	}
	if len(groups) > 0 {
		own["feature_groups"] = pulumi.String(strings.Join(groups, ","))
	}
	if err := d.newLearningJob(stageFeatures, own, "Makes what recommendations are learnt from, as tables and as files of a training job", icebergContracts(sources), made,
		func(ref map[string]string) policies.Document { return policies.FeaturesJob(refs(ref)) }); err != nil {
		return err
	}
	return d.newLearningJob(stageRecommend, pulumi.StringMap{}, "Publishes what a model recommends to each customer", nil, said,
		func(ref map[string]string) policies.Document { return policies.RecommendJob(refs(ref)) })
}

// grouped are the features that are a group of SageMaker's feature store: those of one thing each. What a party did with a product is not.
func (d *deployment) grouped() []*contracts.Contract {
	if !d.settings.Recommendations.FeatureGroup {
		return nil
	}
	return slices.DeleteFunc(d.contracts.Layer(contracts.LayerFeatures), func(c *contracts.Contract) bool { return !featurestore.Fits(c) })
}

// newFeatureStore makes the groups when who deploys may make tables, and who learns may read them.
func (d *deployment) newFeatureStore() error {
	layer := d.layers[contracts.LayerFeatures]
	for _, contract := range d.grouped() {
		if _, err := featurestore.New(d.ctx, contract.Dataset+"-store", &featurestore.Args{
			Prefix: d.settings.Prefix, AccountID: d.where.account, Contract: contract, BucketName: layer.BucketName, BucketARN: layer.BucketARN, KeyARN: layer.KMSKeyARN,
			DatabaseName: d.catalog.DatabaseNames[contracts.LayerFeatures], Governed: d.governance != nil, After: slices.Concat(layer.Ready, d.granted(stageFeatures)),
		}, d.part("recommendations")); err != nil {
			return err
		}
	}
	return nil
}

// learnt are the curated datasets that are computed from features.
func (d *deployment) learnt() []*contracts.Contract {
	return slices.DeleteFunc(d.contracts.Layer(contracts.LayerCurated), func(c *contracts.Contract) bool {
		first, ok := d.contracts.Get(c.Upstream[0])
		return !ok || first.Layer != contracts.LayerFeatures
	})
}

func (d *deployment) newLearningJob(stage string, own pulumi.StringMap, description string, reads, writes []*contracts.Contract,
	policy func(map[string]string) policies.Document) error {
	own["metrics_namespace"] = pulumi.String(d.metricsNamespace())
	if d.settings.Lineage.Endpoint != "" {
		own["lineage_endpoint"] = pulumi.String(d.settings.Lineage.Endpoint)
	}
	args := d.withFeatures(d.jobArgs(stage, description, own, policy))
	args.MaxConcurrentRuns = 1
	job, err := components.NewJob(d.ctx, stage, args, d.part("recommendations"))
	if err != nil {
		return err
	}
	d.jobs[stage] = job
	d.governed(stage, job, reads, writes)
	d.show(job.Rows)
	return nil
}
