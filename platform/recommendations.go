package platform

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components"
	"dataplatform/components/featurestore"
	"dataplatform/components/models"
	"dataplatform/contracts"
	"dataplatform/platform/settings"
)

// recommendationsName is what the parts of the pipeline of recommendations are called.
const recommendationsName = "recommendations"

// recommendations is what learns each week; nil where it is off.
type recommendations struct {
	*components.Recommendations
	widgets []components.WidgetRow
}

// newRecommendations makes what learns each week, and what its models are registered and answer with.
func newRecommendations(
	ctx *pulumi.Context, f foundation, c catalog, ledger *components.Ledger, l training, g governed,
) (recommendations, error) {
	r := f.settings.Recommendations
	if !r.Enabled {
		return recommendations{}, nil
	}
	if err := newFeatureStore(ctx, f, c, g); err != nil {
		return recommendations{}, fmt.Errorf("feature store: %w", err)
	}
	group, err := models.NewGroup(ctx, recommendationsName+"-models", &models.GroupArgs{
		GroupName:   f.settings.EndpointName(),
		Description: "Models of recommendations, one a run; the live one is the newest that is approved",
	}, f.part(recommendationsName))
	if err != nil {
		return recommendations{}, err
	}
	// The provider's default tags and the component's, for what runs make.
	tags := maps.Clone(f.tags)
	tags["component"] = recommendationsName
	made, err := components.NewRecommendations(ctx, recommendationsName, &components.RecommendationsArgs{
		EndpointName: f.settings.EndpointName(), GroupName: group.Name, Partition: f.where.partition,
		Console:   f.executionsConsole(),
		AccountID: f.where.account, Region: f.where.region, FeaturesJob: l[stageFeatures].Job,
		RecommendJob: l[stageRecommend].Job, JobTimeoutMinutes: f.settings.Jobs.TimeoutMinutes,
		Features: f.layers[contracts.LayerFeatures].Storage(), Artifacts: f.layers[settings.LayerArtifacts].Storage(),
		Source: f.settings.ModelSourceFile(), LeasesName: ledger.LeasesName, LeasesARN: ledger.LeasesARN,
		Holdout: time.Duration(r.HoldoutDays) * 24 * time.Hour, ToleratedFall: r.ToleratedFall,
		MinCustomers: r.MinCustomers, InstanceType: r.Training.InstanceType, VolumeGB: r.Training.VolumeGB,
		TrainingMinutes: r.Training.TimeoutMinutes, Endpoint: endpointSize(r.Endpoint),
		LatencyMilliseconds: r.Endpoint.LatencyMilliseconds, DriftShare: r.DriftShare,
		Schedule: components.Weekly{
			Day: r.ScheduleDay, Hour: r.ScheduleHour, Minute: f.settings.Pipelines.ScheduleMinute,
			Enabled: r.ScheduleEnabled,
		},
		Tags: tags, MetricsNamespace: f.metricsNamespace(), QueueKeyARN: f.keys.operations.ARN,
		TopicKeyARN: f.keys.operations.ARN, Build: f.functionBuild(),
	}, f.part(recommendationsName))
	if err != nil {
		return recommendations{}, err
	}
	return recommendations{made, made.Widgets}, nil
}

// newFeatureStore makes the groups when who deploys may make tables, and who learns may read them.
func newFeatureStore(ctx *pulumi.Context, f foundation, c catalog, g governed) error {
	layer := f.layers[contracts.LayerFeatures]
	for _, contract := range f.grouped() {
		if _, err := featurestore.New(ctx, contract.Dataset+"-store", &featurestore.Args{
			Prefix: f.settings.Prefix, AccountID: f.where.account, Contract: contract, BucketName: layer.BucketName,
			BucketARN: layer.BucketARN, KeyARN: layer.KMSKeyARN,
			DatabaseName: c.DatabaseNames[contracts.LayerFeatures], Governed: g.Governance != nil,
			After: slices.Concat(layer.Ready, g.granted(stageFeatures)),
		}, f.part(recommendationsName)); err != nil {
			return err
		}
	}
	return nil
}

// outputs are empty without recommendations.
func (r recommendations) outputs(endpoint string) pulumi.StringMap {
	if r.Recommendations == nil {
		return pulumi.StringMap{}
	}
	return pulumi.StringMap{
		"machine": r.StateMachineARN, "schedule": r.ScheduleName, "endpoint": pulumi.String(endpoint),
	}
}

// endpointSize is what of the settings the endpoint is made with: those of the other kind are left out.
func endpointSize(e settings.Endpoint) components.EndpointSize {
	if e.InstanceType == "" {
		return components.EndpointSize{MemoryMB: e.MemoryMB, MaxConcurrency: e.MaxConcurrency}
	}
	return components.EndpointSize{
		InstanceType: e.InstanceType, Instances: e.Instances, CapturePercent: e.CapturePercent,
	}
}
