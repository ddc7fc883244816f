package platform

import (
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components/featurestore"
	"dataplatform/contracts"
	"dataplatform/policies"
)

// The stages of recommendations that are jobs of Glue, and their scripts.
const (
	stageFeatures  = "features"
	stageRecommend = "recommend"
)

// training are the jobs between which a model is trained, by stage: the one that makes what it learns from, and the one
// that publishes what it says. None without recommendations.
type training map[string]job

func newTraining(ctx *pulumi.Context, b batch) (training, error) {
	if !b.settings.Recommendations.Enabled {
		return nil, nil
	}
	made, said, sources := icebergContracts(b.contracts.Layer(contracts.LayerFeatures)), b.learnt(), b.featureSources()
	own := b.pseudonymous(pulumi.StringMap{})
	var groups []string
	for _, contract := range b.grouped() {
		groups = append(groups, contract.Dataset+"="+featurestore.GroupName(b.settings.Prefix, contract))
	}
	if len(groups) > 0 {
		own["feature_groups"] = pulumi.String(strings.Join(groups, ","))
	}
	jobs := training{}
	for _, stage := range []struct {
		name, description string
		own               pulumi.StringMap
		reads, writes     []*contracts.Contract
		policy            func(policies.FeaturesRefs) policies.Document
	}{
		{
			stageFeatures, "Makes what recommendations are learnt from, as tables and as files of a training job", own,
			icebergContracts(sources), made, policies.FeaturesJob,
		},
		{stageRecommend, "Publishes what a model recommends to each customer", pulumi.StringMap{}, nil, said,
			policies.RecommendJob},
	} {
		args := b.tableJobArgs(stage.name, stage.description, b.publishing(stage.own))
		args.Policy = policyOf(b.placesWithFeatures(), func(at places[string]) policies.Document {
			return stage.policy(b.featuresRefs(sources, made, said, at))
		})
		job, err := newJob(ctx, stage.name, args, stage.reads, stage.writes, b.part("recommendations"))
		if err != nil {
			return nil, err
		}
		jobs[stage.name] = job
	}
	return jobs, nil
}

// jobs are those of training, in the order of a run.
func (l training) jobs() []job {
	if l == nil {
		return nil
	}
	return []job{l[stageFeatures], l[stageRecommend]}
}

// featuresRefs are what the jobs work with.
func (b batch) featuresRefs(sources, made, said []*contracts.Contract, at places[string]) policies.FeaturesRefs {
	refs := policies.FeaturesRefs{
		JobRefs: policies.JobRefs{
			ProcessedTables: iceberg(sources...), ProcessedBucketARN: at.processed.bucket,
			ProcessedKeyARN: at.processed.key, ProcessedDatabase: at.processed.database,
			CuratedTables: iceberg(said...), CuratedBucketARN: at.curated.bucket, CuratedKeyARN: at.curated.key,
			CuratedDatabase: at.curated.database, ArtifactsBucketARN: at.artifacts.bucket,
			ArtifactsKeyARN: at.artifacts.key, LeasesTableARN: at.leases, LedgerKeyARN: at.artifacts.key,
			LogGroupARNs: []string{at.outputLog, at.errorLog}, PseudonymKeyARN: at.pseudonyms,
			LineageSecretARN: b.settings.Lineage.Secret,
		},
		FeaturesTables: iceberg(made...), FeaturesBucketARN: at.features.bucket, FeaturesKeyARN: at.features.key,
		FeaturesDatabase: at.features.database,
	}
	for _, contract := range b.grouped() {
		refs.FeatureGroupARNs = append(refs.FeatureGroupARNs,
			b.arn("sagemaker", "feature-group/"+featurestore.GroupName(b.settings.Prefix, contract)))
	}
	for _, source := range sources {
		if source.Format != contracts.FormatIceberg {
			refs.Streams = append(refs.Streams, source.Dataset)
		}
	}
	return refs
}

// featureSources are the datasets that features are made of.
func (p plan) featureSources() []*contracts.Contract {
	var sources []*contracts.Contract
	for _, contract := range icebergContracts(p.contracts.Layer(contracts.LayerFeatures)) {
		for _, id := range contract.Upstream {
			if source, ok := p.contracts.Get(id); ok && !slices.Contains(sources, source) {
				sources = append(sources, source)
			}
		}
	}
	return sources
}

// grouped are the features that are a group of SageMaker's feature store: those of one thing each. What a party did
// with a product is not.
func (p plan) grouped() []*contracts.Contract {
	if !p.settings.Recommendations.FeatureGroup {
		return nil
	}
	return slices.DeleteFunc(p.contracts.Layer(contracts.LayerFeatures),
		func(c *contracts.Contract) bool { return !featurestore.Fits(c) })
}

// learnt are the curated datasets that are computed from features.
func (p plan) learnt() []*contracts.Contract {
	return slices.DeleteFunc(p.contracts.Layer(contracts.LayerCurated), func(c *contracts.Contract) bool {
		first, ok := p.contracts.Get(c.Upstream[0])
		return !ok || first.Layer != contracts.LayerFeatures
	})
}
