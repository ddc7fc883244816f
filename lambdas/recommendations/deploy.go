package main

import (
	"context"
	"fmt"

	"dataplatform/lambdas/recommendations/internal/sagemaker"
)

// Statuses of an endpoint that mean that nothing is going on.
const (
	statusInService = "InService"
	statusFailed    = "Failed"
)

// variant is the one variant that endpoints have: traffic is never split.
const variant = "AllTraffic"

// named are the requests that name things.
type named struct {
	EndpointName       string `json:"EndpointName,omitempty"`
	EndpointConfigName string `json:"EndpointConfigName,omitempty"`
	ModelName          string `json:"ModelName,omitempty"`
}

// endpoint is what is known of one; without a status there is none.
type endpoint struct {
	EndpointStatus     string
	EndpointConfigName string
	FailureReason      string
}

func (h *Handler) describe(ctx context.Context, name string) (endpoint, error) {
	var found endpoint
	err := h.API.Call(ctx, "DescribeEndpoint", named{EndpointName: name}, &found)
	if sagemaker.IsMissing(err) {
		return endpoint{}, nil
	}
	return found, err
}

// candidate makes the model, its configuration and an endpoint of its own; it is called again until that is ready.
func (h *Handler) candidate(ctx context.Context, state State) (Progress, error) {
	run := state.Run
	found, err := h.describe(ctx, run.Candidate)
	switch {
	case err != nil:
		return Progress{}, err
	case found.EndpointStatus == "":
		return Progress{}, h.newCandidate(ctx, state)
	case found.EndpointConfigName == run.Name && found.EndpointStatus == statusInService:
		return Progress{Ready: true}, nil
	case found.EndpointConfigName == run.Name && found.EndpointStatus == statusFailed:
		return Progress{}, fmt.Errorf("the candidate's endpoint failed: %s", found.FailureReason)
	}
	return Progress{}, nil // it is being made, or an earlier run's is being deleted
}

func (h *Handler) newCandidate(ctx context.Context, state State) error {
	run := state.Run
	if err := h.passedGate(ctx, state, pending); err != nil {
		return err
	}
	training, err := h.trained(ctx, run)
	if err != nil {
		return err
	}
	for _, call := range []struct {
		operation string
		in        any
	}{
		{"CreateModel", map[string]any{
			"ModelName": run.Name, "ExecutionRoleArn": h.Settings.RoleARN,
			"PrimaryContainer": h.image(training.Model), "Tags": h.Settings.tags(),
		}},
		{"CreateEndpointConfig", h.Settings.endpointConfig(run)},
		{"CreateEndpoint",
			map[string]any{"EndpointName": run.Candidate, "EndpointConfigName": run.Name, "Tags": h.Settings.tags()}},
	} {
		if err := h.API.Call(ctx, call.operation, call.in, nil); err != nil && !sagemaker.IsThere(err) {
			return err
		}
	}
	return nil
}

// endpointConfig is serverless, or of instances, which alone can capture what they are asked.
func (s Settings) endpointConfig(run Run) map[string]any {
	production := map[string]any{"VariantName": variant, "ModelName": run.Name, "InitialVariantWeight": 1}
	config := map[string]any{"EndpointConfigName": run.Name, "ProductionVariants": []any{production}, "Tags": s.tags()}
	e := s.Endpoint
	if e.InstanceType == "" {
		production["ServerlessConfig"] = map[string]any{
			"MemorySizeInMB": e.MemoryMB, "MaxConcurrency": e.MaxConcurrency,
		}
		return config
	}
	production["InstanceType"], production["InitialInstanceCount"] = e.InstanceType, e.Instances
	if e.CapturePercent > 0 {
		config["DataCaptureConfig"] = map[string]any{
			"EnableCapture": true, "InitialSamplingPercentage": e.CapturePercent,
			"DestinationS3Uri": "s3://" + s.FeaturesBucket + "/" + capturePrefix, "KmsKeyId": s.FeaturesKey,
			"CaptureOptions": []any{map[string]string{"CaptureMode": "Input"},
				map[string]string{"CaptureMode": "Output"}},
		}
	}
	return config
}

// replace gives the endpoint of the fixed name the run's configuration, or makes it; it is called again until that is
// done.
func (h *Handler) replace(ctx context.Context, state State) (Progress, error) {
	run := state.Run
	if err := h.passedGate(ctx, state, pending); err != nil {
		return Progress{}, err
	}
	found, err := h.describe(ctx, run.Endpoint)
	begun := Progress{Started: true}
	switch {
	case err != nil:
		return Progress{}, err
	case found.EndpointStatus == "" && !state.Switch.Started:
		return begun, h.API.Call(ctx, "CreateEndpoint", map[string]any{
			"EndpointName": run.Endpoint, "EndpointConfigName": run.Name, "Tags": h.Settings.tags(),
		}, nil)
	case found.EndpointStatus == "":
		return Progress{}, fmt.Errorf("endpoint %s is gone", run.Endpoint)
	case found.EndpointStatus == statusFailed:
		return Progress{}, fmt.Errorf("endpoint %s failed: %s", run.Endpoint, found.FailureReason)
	case found.EndpointStatus != statusInService:
		return begun, nil
	case found.EndpointConfigName == run.Name:
		return Progress{Ready: true, Started: true}, nil
	case state.Switch.Started:
		return Progress{}, fmt.Errorf("endpoint %s went back to %s by itself: %s", run.Endpoint,
			found.EndpointConfigName, found.FailureReason)
	}
	return begun, h.API.Call(ctx, "UpdateEndpoint", named{EndpointName: run.Endpoint, EndpointConfigName: run.Name},
		nil)
}

// rollBack gives the endpoint back what it had before the run, or removes one that the run made; it is called again
// until that is done.
func (h *Handler) rollBack(ctx context.Context, run Run) (Progress, error) {
	done := Progress{Ready: true}
	found, err := h.describe(ctx, run.Endpoint)
	switch {
	case err != nil:
		return Progress{}, err
	case found.EndpointStatus == "" && run.Previous == "":
		return done, nil
	case found.EndpointStatus == "":
		return Progress{}, h.API.Call(ctx, "CreateEndpoint", map[string]any{
			"EndpointName": run.Endpoint, "EndpointConfigName": run.Previous, "Tags": h.Settings.tags(),
		}, nil)
	case found.EndpointStatus == statusInService && found.EndpointConfigName != run.Name:
		return done, nil
	case found.EndpointStatus == statusFailed || found.EndpointStatus == statusInService && run.Previous == "":
		return Progress{}, h.API.Call(ctx, "DeleteEndpoint", named{EndpointName: run.Endpoint}, nil)
	case found.EndpointStatus == statusInService:
		return Progress{},
			h.API.Call(ctx, "UpdateEndpoint", named{EndpointName: run.Endpoint, EndpointConfigName: run.Previous}, nil)
	}
	return Progress{}, nil // on its way to one or the other
}
