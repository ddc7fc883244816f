package settings

import (
	"regexp"

	"dataplatform/components/limits"
)

// Recommendations rule what learns whom to recommend what.
type Recommendations struct {
	// Enabled makes the features layer, the pipeline that learns from it, and all that is computed from either.
	Enabled bool `json:"enabled"`
	// FeatureGroup also puts the features of products into SageMaker's feature store, offline.
	FeatureGroup bool `json:"featureGroup"`
	// ScheduleEnabled starts a run each week, on ScheduleDay (SUN to SAT) in ScheduleHour, UTC, at the minute of the
	// pipelines.
	ScheduleEnabled bool   `json:"scheduleEnabled"`
	ScheduleDay     string `json:"scheduleDay"`
	ScheduleHour    int    `json:"scheduleHour"`
	// HoldoutDays at the end of what is known are what a model is evaluated by.
	HoldoutDays int `json:"holdoutDays"`
	// ToleratedFall is the share of the live model's recall, 0 to less than 1, that a new one's may be below it.
	ToleratedFall float64 `json:"toleratedFall"`
	// MinCustomers is with how many a model has to be evaluated.
	MinCustomers int `json:"minCustomers"`
	// DriftShare is by how much of the live model's the number of interactions may differ before somebody is notified.
	DriftShare float64 `json:"driftShare"`

	Training Training `json:"training"`
	Endpoint Endpoint `json:"endpoint"`
}

// Training size the training job and the batch after it.
type Training struct {
	// InstanceType of SageMaker, one of them, with VolumeGB of disk.
	InstanceType string `json:"instanceType"`
	VolumeGB     int    `json:"volumeGb"`
	// TimeoutMinutes stops a job that hangs.
	TimeoutMinutes int `json:"timeoutMinutes"`
}

// Endpoint size what answers: serverless without an instance type.
type Endpoint struct {
	// MemoryMB and MaxConcurrency of a serverless endpoint, which costs by the answer.
	MemoryMB       int `json:"memoryMb"`
	MaxConcurrency int `json:"maxConcurrency"`
	// InstanceType, and how many Instances, for one that never sleeps.
	InstanceType string `json:"instanceType"`
	Instances    int    `json:"instances"`
	// CapturePercent of questions and answers that instances keep in the features layer.
	CapturePercent int `json:"capturePercent"`
	// LatencyMilliseconds above which 1 in 100 answers raises an alarm.
	LatencyMilliseconds int `json:"latencyMilliseconds"`
}

var instancePattern = regexp.MustCompile(`^ml\.[a-z0-9-]+\.[a-z0-9]+$`)

// defaultRecommendations are for a stack that only says enabled.
func defaultRecommendations() Recommendations {
	return Recommendations{
		ScheduleEnabled: true, ScheduleDay: "SUN", ScheduleHour: 4, HoldoutDays: 5, ToleratedFall: 0.1,
		MinCustomers: 20, DriftShare: 0.5,
		Training: Training{InstanceType: "ml.m5.xlarge", VolumeGB: 30, TimeoutMinutes: 60},
		Endpoint: Endpoint{MemoryMB: 3072, MaxConcurrency: 5, LatencyMilliseconds: 200},
	}
}

func (s Settings) checkRecommendations(p *problems) {
	r := s.Recommendations
	if r.FeatureGroup && !r.Enabled {
		p.add("recommendations.featureGroup", r.FeatureGroup,
			"false unless recommendations.enabled: there would be no features")
	}
	if r.Enabled && limits.ModelRegistry(s.Region) == "" {
		p.add("recommendations.enabled", r.Enabled,
			"false in "+s.Region+": SageMaker has no image of scikit-learn there")
	}
	if r.Enabled && len(s.EndpointName()) > limits.MaxEndpointName {
		p.add("prefix", s.Prefix, "shorter with recommendations.enabled: names of SageMaker's have 63 characters")
	}
	oneOf(p, "recommendations.scheduleDay", r.ScheduleDay, limits.WeekDays)
	p.between("recommendations.scheduleHour", r.ScheduleHour, 0, 23, "hour of the day, UTC")
	p.between("recommendations.holdoutDays", r.HoldoutDays, 1, 90, "days")
	p.between("recommendations.minCustomers", r.MinCustomers, 1, 1_000_000, "customers")
	if r.ToleratedFall < 0 || r.ToleratedFall >= 1 {
		p.add("recommendations.toleratedFall", r.ToleratedFall, "a share from 0 to less than 1")
	}
	if r.DriftShare <= 0 || r.DriftShare > 100 {
		p.add("recommendations.driftShare", r.DriftShare, "more than 0, to 100")
	}
	p.matches("recommendations.training.instanceType", r.Training.InstanceType, instancePattern,
		"a SageMaker instance type such as ml.m5.xlarge")
	p.between("recommendations.training.volumeGb", r.Training.VolumeGB, 1, 16384, "SageMaker CreateTrainingJob")
	p.between("recommendations.training.timeoutMinutes", r.Training.TimeoutMinutes, 1, 5*24*60,
		"SageMaker stops a processing job after 5 days")
	r.Endpoint.check(p)
}

func (e Endpoint) check(p *problems) {
	p.between("recommendations.endpoint.latencyMilliseconds", e.LatencyMilliseconds, 1, 60_000,
		"SageMaker's own limit of an answer is a minute")
	if e.InstanceType == "" {
		oneOf(p, "recommendations.endpoint.memoryMb", e.MemoryMB, []int{1024, 2048, 3072, 4096, 5120, 6144})
		p.between("recommendations.endpoint.maxConcurrency", e.MaxConcurrency, 1, 200, "SageMaker serverless inference")
		if e.Instances != 0 {
			p.add("recommendations.endpoint.instances", e.Instances,
				"0 without an instanceType: the endpoint is serverless")
		}
		if e.CapturePercent != 0 {
			p.add("recommendations.endpoint.capturePercent", e.CapturePercent,
				"0 without an instanceType: serverless endpoints capture nothing")
		}
		return
	}
	p.matches("recommendations.endpoint.instanceType", e.InstanceType, instancePattern,
		"empty for serverless, or a SageMaker instance type such as ml.c5.large")
	p.between("recommendations.endpoint.instances", e.Instances, 1, 100, "with an instanceType")
	p.between("recommendations.endpoint.capturePercent", e.CapturePercent, 0, 100, "per cent")
}
