package platform

import (
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components"
	"dataplatform/components/models"
	"dataplatform/contracts"
	"dataplatform/platform/settings"
)

// recommendationsName is what the parts of the pipeline of recommendations are called, and how its endpoint's name ends.
const recommendationsName = "recommendations"

// newRecommendations makes what learns each week, and what its models are registered and answer with.
func (d *deployment) newRecommendations() error {
	r := d.settings.Recommendations
	if !r.Enabled {
		return nil
	}
	group, err := models.NewGroup(d.ctx, recommendationsName+"-models", &models.GroupArgs{
		GroupName: d.settings.EndpointName(), Description: "Models of recommendations, one a run; the live one is the newest that is approved",
	}, d.part(recommendationsName))
	if err != nil {
		return err
	}
	d.recommendations, err = components.NewRecommendations(d.ctx, recommendationsName, &components.RecommendationsArgs{
		EndpointName: d.settings.EndpointName(), GroupName: group.Name, Partition: d.where.partition, AccountID: d.where.account, Region: d.where.region,
		FeaturesJob: d.jobs[stageFeatures], RecommendJob: d.jobs[stageRecommend], JobTimeoutMinutes: d.settings.Jobs.TimeoutMinutes,
		Features: d.layers[contracts.LayerFeatures].Storage(), Artifacts: d.layers[settings.LayerArtifacts].Storage(), Source: d.settings.ModelSourceFile(),
		LeasesName: d.ledger.LeasesName, LeasesARN: d.ledger.LeasesARN,
		Holdout: time.Duration(r.HoldoutDays) * 24 * time.Hour, ToleratedFall: r.ToleratedFall, MinCustomers: r.MinCustomers,
		InstanceType: r.Training.InstanceType, VolumeGB: r.Training.VolumeGB, TrainingMinutes: r.Training.TimeoutMinutes,
		Endpoint: endpointSize(r.Endpoint), LatencyMilliseconds: r.Endpoint.LatencyMilliseconds, DriftShare: r.DriftShare,
		Schedule:         components.Weekly{Day: r.ScheduleDay, Hour: r.ScheduleHour, Minute: d.settings.Pipelines.ScheduleMinute, Enabled: r.ScheduleEnabled},
		Tags:             d.runTags(),
		MetricsNamespace: d.metricsNamespace(), QueueKeyARN: d.keys.operations.ARN, TopicKeyARN: d.keys.operations.ARN, Build: d.functionBuild(),
	}, d.part(recommendationsName))
	if err != nil {
		return err
	}
	d.show(d.recommendations.Rows)
	return nil
}

// runTags are the provider's default tags and the component's, for what runs make.
func (d *deployment) runTags() map[string]string {
	tags := d.defaultTags()
	tags["component"] = recommendationsName
	return tags
}

// recommendationsOutputs are empty without recommendations.
func (d *deployment) recommendationsOutputs() pulumi.StringMap {
	if d.recommendations == nil {
		return pulumi.StringMap{}
	}
	return pulumi.StringMap{
		"machine": d.recommendations.MachineARN, "schedule": d.recommendations.ScheduleName, "endpoint": pulumi.String(d.settings.EndpointName()),
	}
}

// endpointSize is what of the settings the endpoint is made with: those of the other kind are left out.
func endpointSize(e settings.Endpoint) components.EndpointSize {
	if e.InstanceType == "" {
		return components.EndpointSize{MemoryMB: e.MemoryMB, MaxConcurrency: e.MaxConcurrency}
	}
	return components.EndpointSize{InstanceType: e.InstanceType, Instances: e.Instances, CapturePercent: e.CapturePercent}
}
