package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"time"
)

// Input is what a run may be given.
type Input struct {
	// AsOf is up to when to learn: an instant, by default when the execution began.
	AsOf string `json:"asOf"`
	// Cut is where the evaluated model stops training; by default the configured time before AsOf.
	Cut string `json:"cut"`
	// TrainingRun is an earlier run whose training files are used again, instead of computing features. AsOf and Cut
	// have to be its own.
	TrainingRun string `json:"trainingRun"`
}

// Run is how everything of one run is called.
type Run struct {
	ID string `json:"id"`
	// Name of its training job, processing job, model and endpoint configuration; Candidate and Endpoint are endpoints.
	Name      string `json:"name"`
	Candidate string `json:"candidate"`
	Endpoint  string `json:"endpoint"`
	StartedAt string `json:"startedAt"`
	AsOf      string `json:"asOf"`
	Cut       string `json:"cut"`
	// TrainingRun is whose training files are used; ComputeFeatures says that they are to be made.
	TrainingRun     string `json:"trainingRun"`
	ComputeFeatures bool   `json:"computeFeatures"`
	// Previous is the configuration that the endpoint had when the run began; "" without an endpoint.
	Previous string `json:"previous"`
}

// inProgressError refuses a second run. Its type's name is the error that the state machine sees.
type inProgressError struct{ holder, until string }

func (e *inProgressError) Error() string {
	return fmt.Sprintf("another run is under way, %s; it may take until %s. Start this one when it has ended", e.holder,
		e.until)
}

// Times as Python reads them before 3.11, too: without Z. The table of runs has it.
const (
	pythonTime = "2006-01-02T15:04:05-07:00"
	recordTime = "2006-01-02T15:04:05Z"
)

var runPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,79}$`)

// plan names a run; the same execution gets the same names again.
func (s Settings) plan(execution string, started time.Time, in Input) (Run, error) {
	digest := sha256.Sum256([]byte(execution))
	id := started.UTC().Format("20060102") + "-" + hex.EncodeToString(digest[:])[:7]
	run := Run{
		ID: id, Name: s.Name + "-" + id, Candidate: s.candidate(), Endpoint: s.Name,
		StartedAt: started.UTC().Format(pythonTime), TrainingRun: id, ComputeFeatures: true,
	}
	var problems []error
	instant := func(key, text string, otherwise time.Time) time.Time {
		if text == "" {
			return otherwise
		}
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %q is not an instant such as 2026-03-01T00:00:00Z", key, text))
		}
		return at
	}
	asOf := instant("asOf", in.AsOf, started)
	cut := instant("cut", in.Cut, asOf.Add(-s.Holdout))
	if len(problems) == 0 && !cut.Before(asOf) {
		problems = append(problems, fmt.Errorf("cut: %s is not before asOf, %s", in.Cut, asOf.UTC().Format(recordTime)))
	}
	if in.TrainingRun != "" {
		run.TrainingRun, run.ComputeFeatures = in.TrainingRun, false
		if !runPattern.MatchString(in.TrainingRun) {
			problems = append(problems, fmt.Errorf("trainingRun: %q is not the id of a run", in.TrainingRun))
		}
		if in.AsOf == "" || in.Cut == "" {
			problems = append(problems, errors.New("trainingRun: give asOf and cut of that run, too"))
		}
	}
	run.AsOf, run.Cut = asOf.UTC().Format(pythonTime), cut.UTC().Format(pythonTime)
	return run, errors.Join(problems...)
}

// begin names the run, keeps others out and removes what one that broke off has left.
func (h *Handler) begin(ctx context.Context, execution string, started time.Time, in Input) (Run, error) {
	run, err := h.Settings.plan(execution, started, in)
	if err != nil {
		return Run{}, err
	}
	now := h.Now()
	if err := h.Leases.Take(ctx, h.Settings.Name, execution, now, now.Add(h.Settings.RunLimit)); err != nil {
		return Run{}, err
	}
	live, err := h.describe(ctx, run.Endpoint)
	if err != nil {
		return Run{}, err
	}
	if live.EndpointStatus == statusFailed { // it answers nobody, and nothing but its deletion is allowed
		if err := h.API.Call(ctx, "DeleteEndpoint", named{EndpointName: run.Endpoint}, nil); err != nil {
			return Run{}, err
		}
		live.EndpointConfigName = ""
	}
	run.Previous = live.EndpointConfigName
	return run, h.clean(ctx, run.Previous)
}
