package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"dataplatform/lambdas/internal/emf"
)

// Approval of a model package. Approved is the live model's alone: the next run is compared with it.
const (
	approved = "Approved"
	rejected = "Rejected"
	pending  = "PendingManualApproval"
)

// maxDescription of a model package, characters (SageMaker CreateModelPackage).
const maxDescription = 1024

// Verdict is what the gate says, and what of it is kept.
type Verdict struct {
	Passed  bool               `json:"passed"`
	Reasons []string           `json:"reasons"`
	Metrics map[string]float64 `json:"metrics"`
	// Package is the ARN of the model's package in the registry.
	Package string `json:"package"`
}

type modelPackage struct {
	ModelPackageArn            string            `json:"ModelPackageArn"`
	ModelApprovalStatus        string            `json:"ModelApprovalStatus"`
	CustomerMetadataProperties map[string]string `json:"CustomerMetadataProperties"`
}

// trained is what SageMaker says came of a run's training. Who invokes the function may say anything of it, so nothing
// is decided by the state that comes with a request.
func (h *Handler) trained(ctx context.Context, run Run) (Training, error) {
	if run.Name != h.Settings.Name+"-"+run.ID {
		return Training{}, fmt.Errorf("run %q is not called %q", run.ID, run.Name)
	}
	var job struct {
		TrainingJobStatus   string
		ModelArtifacts      struct{ S3ModelArtifacts string }
		FinalMetricDataList []Metric
	}
	if err := h.API.Call(ctx, "DescribeTrainingJob", map[string]any{"TrainingJobName": run.Name}, &job); err != nil {
		return Training{}, err
	}
	if job.TrainingJobStatus != "Completed" {
		return Training{}, fmt.Errorf("training job %s is %s", run.Name, job.TrainingJobStatus)
	}
	return Training{Model: job.ModelArtifacts.S3ModelArtifacts, Metrics: job.FinalMetricDataList}, nil
}

// passedGate refuses a run that the gate has not let through: the registry has its model in one of these states, and
// judge alone registers it as pending.
func (h *Handler) passedGate(ctx context.Context, state State, states ...string) error {
	if state.Gate.Package == "" {
		return fmt.Errorf("run %q has not passed the gate: it has no model package", state.Run.ID)
	}
	var found modelPackage
	if err := h.API.Call(ctx, "DescribeModelPackage", map[string]any{"ModelPackageName": state.Gate.Package},
		&found); err != nil {
		return err
	}
	version, status := found.CustomerMetadataProperties["model_version"], found.ModelApprovalStatus
	if !slices.Contains(states, status) || version != state.Run.ID || state.Run.Name != h.Settings.Name+"-"+version {
		return fmt.Errorf("run %q has not passed the gate: %s is of run %q, and %s", state.Run.ID, state.Gate.Package,
			version, status)
	}
	return nil
}

// judge lets the gate decide and registers the model with its figures: rejected, or pending until it is live.
func (h *Handler) judge(ctx context.Context, state State) (Verdict, error) {
	training, err := h.trained(ctx, state.Run)
	if err != nil {
		return Verdict{}, err
	}
	verdict := Verdict{Metrics: figures(training.Metrics)}
	live, err := h.live(ctx)
	if err != nil {
		return Verdict{}, err
	}
	verdict.Reasons = h.Settings.Limits.decide(verdict.Metrics, live)
	verdict.Passed = len(verdict.Reasons) == 0
	if err := h.measure(verdict.Metrics, live); err != nil {
		return Verdict{}, err
	}
	approval, description := pending, "Passed the gate; approved when it is live."
	if !verdict.Passed {
		approval, description = rejected, "Refused by the gate: "+strings.Join(verdict.Reasons, "; ")
	}
	properties := texts(verdict.Metrics)
	properties["model_version"], properties["as_of"], properties["cut"] = state.Run.ID, state.Run.AsOf, state.Run.Cut
	image := h.image(training.Model)
	var made modelPackage
	err = h.API.Call(ctx, "CreateModelPackage", map[string]any{
		"ModelPackageGroupName": h.Settings.PackageGroup, "ModelPackageDescription": cut(description, maxDescription),
		"ModelApprovalStatus": approval, "CustomerMetadataProperties": properties, "ClientToken": state.Run.ID,
		"InferenceSpecification": map[string]any{
			"Containers": []any{image}, "SupportedContentTypes": []string{"application/json"},
			"SupportedResponseMIMETypes":              []string{"application/json"},
			"SupportedRealtimeInferenceInstanceTypes": []string{"ml.m5.large"},
		},
	}, &made)
	verdict.Package = made.ModelPackageArn
	return verdict, err
}

// live are the figures of the live model: of the newest approved package; nil when there is none.
func (h *Handler) live(ctx context.Context) (map[string]float64, error) {
	var list struct{ ModelPackageSummaryList []modelPackage }
	if err := h.API.Call(ctx, "ListModelPackages", map[string]any{
		"ModelPackageGroupName": h.Settings.PackageGroup, "ModelApprovalStatus": approved, "SortBy": "CreationTime",
		"SortOrder": "Descending", "MaxResults": 1,
	}, &list); err != nil {
		return nil, err
	}
	if len(list.ModelPackageSummaryList) == 0 {
		return nil, nil
	}
	var described modelPackage
	name := list.ModelPackageSummaryList[0].ModelPackageArn
	if err := h.API.Call(ctx, "DescribeModelPackage", map[string]any{"ModelPackageName": name},
		&described); err != nil {
		return nil, err
	}
	return parsed(described.CustomerMetadataProperties), nil
}

// image is the container that answers with a model.
func (h *Handler) image(model string) map[string]any {
	return map[string]any{
		"Image": h.Settings.Image, "ModelDataUrl": model,
		"Environment": map[string]string{
			"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": h.Settings.Source,
			"SAGEMAKER_REGION": h.Settings.Region, "SAGEMAKER_CONTAINER_LOG_LEVEL": "20",
		},
	}
}

// measure tells how much there was to learn from, and how far that is from before.
func (h *Handler) measure(candidate, live map[string]float64) error {
	var metrics []emf.Metric
	if count, ok := candidate[interactions]; ok {
		metrics = append(metrics, emf.One("Interactions", emf.Count, count))
	}
	if share, ok := drift(candidate, live); ok {
		metrics = append(metrics, emf.One("InteractionDrift", "None", share))
	}
	if len(metrics) == 0 {
		return nil
	}
	if err := h.Metrics.Write(h.Now(), "recommendations", metrics, nil); err != nil {
		return fmt.Errorf("metrics of the run: %w", err)
	}
	return nil
}

// cut shortens a text to one line of so many characters: descriptions take no more.
func cut(text string, most int) string {
	runes := []rune(strings.Join(strings.Fields(text), " "))
	return string(runes[:min(len(runes), most)])
}
