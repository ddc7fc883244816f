package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"dataplatform/lambdas/recommendations/internal/sagemaker"
)

// Outcomes of a run.
const (
	passed  = "passed"
	refused = "refused"
	failed  = "failed"
)

// figureNames are the metrics that the table of runs has a column for.
var figureNames = []string{recall, recallLower, "recall_upper", "ndcg_at_20", baseline, "coverage",
	"cold_start_recall_at_20", customers, products}

// counted of them are whole numbers.
var counted = []string{customers, products}

// finish puts the model's approval right, writes the run down, removes what is not live and lets the next run in. Every
// part is tried, also after another failed; each can be done again.
func (h *Handler) finish(ctx context.Context, state State, outcome, execution string) error {
	if !slices.Contains([]string{passed, refused, failed}, outcome) {
		return fmt.Errorf("outcome %q is none of passed, refused, failed", outcome)
	}
	if outcome == failed && state.Failure.Error == smokeTestFailed { // the trial refused it
		outcome = refused
	}
	run, reasons := state.Run, state.reasons()
	live, err := h.describe(ctx, run.Endpoint)
	if err != nil {
		return err // without it nothing may be removed
	}
	if outcome == passed && live.EndpointConfigName != run.Name {
		return fmt.Errorf("outcome %s: %s is not what endpoint %s answers with", outcome, run.Name, run.Endpoint)
	}
	problems := []error{h.approve(ctx, state, outcome, reasons), h.record(ctx, state, outcome, reasons),
		h.clean(ctx, live.EndpointConfigName)}
	return errors.Join(append(problems, h.Leases.Release(ctx, h.Settings.Name, execution))...)
}

// reasons are why the run's model is not live.
func (s State) reasons() []string {
	switch {
	case len(s.Gate.Reasons) > 0:
		return s.Gate.Reasons
	case s.Failure.Error != "":
		return []string{s.Failure.Error + ": " + s.Failure.Cause}
	}
	return nil
}

// approve marks the live model's package, which is what the next one is compared with, or takes back the hope of one
// that is not.
func (h *Handler) approve(ctx context.Context, state State, outcome string, reasons []string) error {
	gate := state.Gate
	if gate.Package == "" || !gate.Passed { // rejected as it was registered
		return nil
	}
	approval, description := approved, "Live."
	if outcome != passed {
		approval, description = rejected, strings.Join(reasons, "; ")
	} else if err := h.passedGate(ctx, state, pending, approved); err != nil {
		return err
	}
	return h.API.Call(ctx, "UpdateModelPackage", map[string]any{
		"ModelPackageArn": gate.Package, "ModelApprovalStatus": approval,
		"ApprovalDescription": cut(description, maxDescription),
	}, nil)
}

// record writes the run's object of the table features.model_runs.
func (h *Handler) record(ctx context.Context, state State, outcome string, reasons []string) error {
	run := state.Run
	row := map[string]any{
		"run_id": run.ID, "started_at": recorded(run.StartedAt), "as_of": recorded(run.AsOf), "cut": recorded(run.Cut),
		"status": outcome,
	}
	if state.Training.Model != "" {
		row["model_version"] = run.ID
	}
	if len(reasons) > 0 {
		row["reasons"] = strings.Join(reasons, "; ")
	}
	for _, name := range figureNames {
		value, ok := figures(state.Training.Metrics)[name]
		switch {
		case ok && slices.Contains(counted, name):
			row[name] = int64(value)
		case ok:
			row[name] = value
		}
	}
	line, err := json.Marshal(row)
	if err != nil {
		return fmt.Errorf("run %s: %w", run.ID, err)
	}
	return h.Objects.Put(ctx, runKey(run.ID), append(line, '\n'))
}

// recorded turns a time for Python into one of the table.
func recorded(text string) string { return strings.Replace(text, "+00:00", "Z", 1) }

// clean removes the candidate's endpoint, and every configuration and model of the pipeline but the live one's.
func (h *Handler) clean(ctx context.Context, live string) error {
	problems := []error{h.gone(ctx, "DeleteEndpoint", named{EndpointName: h.Settings.candidate()})}
	return errors.Join(append(problems, h.unused(ctx, live))...)
}

// unused removes configurations and models whose names are a run's, except one.
func (h *Handler) unused(ctx context.Context, live string) error {
	var found struct {
		NextToken       string
		EndpointConfigs []struct{ EndpointConfigName string }
		Models          []struct{ ModelName string }
	}
	var problems []error
	for _, kind := range []string{"EndpointConfigs", "Models"} {
		for token := ""; ; token = found.NextToken {
			request := map[string]any{"NameContains": h.Settings.Name + "-", "MaxResults": 100}
			if token != "" {
				request["NextToken"] = token
			}
			found.NextToken, found.EndpointConfigs, found.Models = "", nil, nil
			if err := h.API.Call(ctx, "List"+kind, request, &found); err != nil {
				return errors.Join(append(problems, err)...)
			}
			for _, config := range found.EndpointConfigs {
				if name := config.EndpointConfigName; name != live && h.Settings.isRun(name) {
					problems = append(problems, h.gone(ctx, "DeleteEndpointConfig", named{EndpointConfigName: name}))
				}
			}
			for _, model := range found.Models {
				if name := model.ModelName; name != live && h.Settings.isRun(name) {
					problems = append(problems, h.gone(ctx, "DeleteModel", named{ModelName: name}))
				}
			}
			if found.NextToken == "" {
				break
			}
		}
	}
	return errors.Join(problems...)
}

// remove takes away everything that runs have made, before the stack goes: the registry's group is deleted only when it
// is empty.
func (h *Handler) remove(ctx context.Context) error {
	problems := []error{h.gone(ctx, "DeleteEndpoint", named{EndpointName: h.Settings.Name}), h.clean(ctx, "")}
	for {
		var page struct{ ModelPackageSummaryList []modelPackage }
		if err := h.API.Call(ctx, "ListModelPackages",
			map[string]any{"ModelPackageGroupName": h.Settings.PackageGroup, "MaxResults": 100}, &page); err != nil {
			return errors.Join(append(problems, err)...)
		}
		if len(page.ModelPackageSummaryList) == 0 {
			return errors.Join(problems...)
		}
		for _, one := range page.ModelPackageSummaryList {
			if err := h.gone(ctx,
				"DeleteModelPackage", map[string]string{"ModelPackageName": one.ModelPackageArn}); err != nil {
				return errors.Join(append(problems, err)...)
			}
		}
	}
}

// gone deletes something that may not be there.
func (h *Handler) gone(ctx context.Context, operation string, in any) error {
	if err := h.API.Call(ctx, operation, in, nil); !sagemaker.IsMissing(err) {
		return err
	}
	return nil
}
