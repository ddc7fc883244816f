package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"dataplatform/lambdas/internal/emf"
)

// API is SageMaker's control plane: operation by operation, in JSON.
type API interface {
	Call(ctx context.Context, operation string, in, out any) error
}

// Invoker asks an endpoint; the status is the container's.
type Invoker interface {
	Invoke(ctx context.Context, endpoint string, body []byte) (status int, answer []byte, err error)
}

// Objects are the features layer's.
type Objects interface {
	Get(ctx context.Context, key string) ([]byte, error)
	Put(ctx context.Context, key string, content []byte) error
}

// Leases let one run at a time in.
type Leases interface {
	// Take takes a lease until a time, or again for the same owner. A lease that another holds is an *inProgressError.
	Take(ctx context.Context, name, owner string, now, until time.Time) error
	Release(ctx context.Context, name, owner string) error
}

// Handler decides and acts for the pipeline of recommendations: what takes minutes is the state machine's.
type Handler struct {
	Settings Settings
	API      API
	Invoker  Invoker
	Objects  Objects
	Leases   Leases
	Metrics  emf.Writer
	Logger   *slog.Logger
	Now      func() time.Time
}

// Request is one step of a run, or what the deployment sends.
type Request struct {
	// Action is begin, judge, candidate, smoke, switch, rollback or finish.
	Action string `json:"action"`
	// Execution and Started are of the state machine's execution.
	Execution string    `json:"execution"`
	Started   time.Time `json:"started"`
	// Target of a smoke test: candidate or live.
	Target string `json:"target"`
	// Outcome that finish writes down: passed, refused or failed.
	Outcome string `json:"outcome"`
	// State is what the state machine has gathered.
	State State `json:"state"`
	// Lifecycle is set by the provider when the function is invoked over the whole life of the resource.
	Lifecycle struct {
		Action string `json:"action"` // create, update or delete
	} `json:"tf"`
}

// State is the state machine's data: its input, and under the name of each step what that returned.
type State struct {
	Input
	Run      Run      `json:"run"`
	Training Training `json:"training"`
	Gate     Verdict  `json:"gate"`
	// Candidate, Switch and Restored are what the last look at an endpoint that changes found.
	Candidate Progress `json:"candidate"`
	Switch    Progress `json:"switch"`
	Restored  Progress `json:"restored"`
	Failure   Failure  `json:"failure"`
}

// Training is what is taken of a training job's description.
type Training struct {
	Model   string   `json:"model"` // URI of model.tar.gz
	Metrics []Metric `json:"metrics"`
}

// Metric is one of a training job's final metrics.
type Metric struct {
	MetricName string
	Value      float64
}

// Failure is what a state caught.
type Failure struct {
	Error string `json:"Error"`
	Cause string `json:"Cause"`
}

// Progress says whether what was begun is there.
type Progress struct {
	Ready bool `json:"ready"`
	// Started says that the endpoint was asked to change.
	Started bool `json:"started"`
	// Looks are how often it was looked at, this time included.
	Looks int `json:"looks,omitempty"`
}

// looked counts a look. An endpoint that is not ready after as many as there may be never will be, and the state
// machine's history has an end.
func (h *Handler) looked(before, now Progress, err error) (Progress, error) {
	now.Looks = before.Looks + 1
	if err == nil && !now.Ready && now.Looks >= h.Settings.MaxLooks {
		err = fmt.Errorf("the endpoint is not ready after %d looks", now.Looks)
	}
	return now, err
}

// Handle does one step.
func (h *Handler) Handle(ctx context.Context, request Request) (any, error) {
	logger := h.Logger.With("action", request.Action, "run", request.State.Run.ID)
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		logger = logger.With("requestId", lc.AwsRequestID)
	}
	answer, err := h.act(ctx, request)
	if err != nil {
		logger.Error("the step failed", "error", err)
		return nil, err
	}
	logger.Info("step done", "answer", answer)
	return answer, nil
}

func (h *Handler) act(ctx context.Context, request Request) (any, error) {
	switch request.Lifecycle.Action {
	case "":
	case "delete":
		return Progress{Ready: true}, h.remove(ctx)
	default: // nothing to make: the first run does
		return Progress{Ready: true}, nil
	}
	state := request.State
	switch request.Action {
	case "begin":
		return h.begin(ctx, request.Execution, request.Started, state.Input)
	case "judge":
		return h.judge(ctx, state)
	case "candidate":
		now, err := h.candidate(ctx, state)
		return h.looked(state.Candidate, now, err)
	case "smoke":
		return Progress{Ready: true}, h.smoke(ctx, state.Run, request.Target)
	case "switch":
		now, err := h.replace(ctx, state)
		return h.looked(state.Switch, now, err)
	case "rollback":
		now, err := h.rollBack(ctx, state.Run)
		return h.looked(state.Restored, now, err)
	case "finish":
		return Progress{Ready: true}, h.finish(ctx, state, request.Outcome, request.Execution)
	}
	return nil, fmt.Errorf("action %q is none of begin, judge, candidate, smoke, switch, rollback, finish",
		request.Action)
}
