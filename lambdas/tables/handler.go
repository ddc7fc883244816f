package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"
)

// Starter starts a run of a Glue job.
type Starter interface {
	StartJobRun(
		ctx context.Context, in *glue.StartJobRunInput, opts ...func(*glue.Options),
	) (*glue.StartJobRunOutput, error)
}

// Getter tells the state of a run.
type Getter interface {
	GetJobRun(ctx context.Context, in *glue.GetJobRunInput, opts ...func(*glue.Options)) (*glue.GetJobRunOutput, error)
}

// Handler runs the job and waits until it ends or the invocation's deadline comes.
type Handler struct {
	Job    string
	Start  Starter
	Get    Getter
	Logger *slog.Logger
	Wait   time.Duration // between two looks at the run
	Again  time.Duration // before a run that ended by what S3 does not show yet is repeated
}

// Request is what the deployment sends. What else it holds, such as the hash of the contracts, only makes the
// deployment invoke the function again when it changes.
type Request struct {
	// Lifecycle is set by the provider when the function is invoked over the whole life of the resource.
	Lifecycle struct {
		Action string `json:"action"` // create, update or delete
	} `json:"tf"`
}

// Response says which run applied the tables; it is empty when there was nothing to do.
type Response struct {
	JobRunID string `json:"jobRunId,omitempty"`
	State    string `json:"state,omitempty"`
}

// Handle runs the job. Its failure is the function's failure and with it the deployment's.
func (h *Handler) Handle(ctx context.Context, request Request) (Response, error) {
	logger := h.Logger
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		logger = logger.With("requestId", lc.AwsRequestID)
	}
	if request.Lifecycle.Action == "delete" {
		return Response{}, nil
	}
	for {
		id, err := h.start(ctx)
		if err != nil {
			logger.Error("the job cannot be started", "job", h.Job, "error", err)
			return Response{}, err
		}
		logger.Info("run started", "job", h.Job, "run", id)
		state, err := h.await(ctx, id)
		if err == nil {
			logger.Info("run succeeded", "job", h.Job, "run", id)
			return Response{JobRunID: id, State: string(state)}, nil
		}
		logger.Error("the run failed", "job", h.Job, "run", id, "error", err)
		if !missesObject(err) || pause(ctx, h.Again) != nil {
			return Response{}, err
		}
	}
}

// missing are the words of S3, Iceberg and Glue's launcher for an object that is not there.
var missing = []string{"NoSuchKey", "The specified key does not exist", "Location does not exist", "Not Found",
	"Status Code: 404"}

// missesObject says whether a run ended because it did not find its script or a table's metadata. For 15 minutes after
// versioning was switched on for the first time, S3 may not show what was written since (S3 User Guide, "Enabling
// versioning on buckets"), and a first deployment gets here within two. The job changes nothing that is as it should
// be, so that it may run again.
func missesObject(err error) bool {
	var failed *runError
	return errors.As(err, &failed) &&
		slices.ContainsFunc(missing, func(words string) bool { return strings.Contains(failed.message, words) })
}

// runError is a run that ended otherwise than by success.
type runError struct {
	job, run, message string
	state             types.JobRunState
}

func (e *runError) Error() string {
	return fmt.Sprintf("run %s of job %s ended as %s: %s", e.run, e.job, e.state, e.message)
}

// start waits for another deployment's run to end: two at once would change the same tables.
func (h *Handler) start(ctx context.Context) (string, error) {
	for {
		out, err := h.Start.StartJobRun(ctx, &glue.StartJobRunInput{JobName: aws.String(h.Job)})
		if err == nil {
			return aws.ToString(out.JobRunId), nil
		}
		var busy *types.ConcurrentRunsExceededException
		if !errors.As(err, &busy) {
			return "", fmt.Errorf("start job %s: %w", h.Job, err)
		}
		if err := pause(ctx, h.Wait); err != nil {
			return "", fmt.Errorf("start job %s: other runs did not end in time: %w", h.Job, err)
		}
	}
}

func (h *Handler) await(ctx context.Context, id string) (types.JobRunState, error) {
	for {
		out, err := h.Get.GetJobRun(ctx, &glue.GetJobRunInput{JobName: aws.String(h.Job), RunId: aws.String(id)})
		if err != nil {
			return "", fmt.Errorf("look at run %s of job %s: %w", id, h.Job, err)
		}
		if out.JobRun == nil {
			return "", fmt.Errorf("look at run %s of job %s: the answer is empty", id, h.Job)
		}
		switch state := out.JobRun.JobRunState; state {
		case types.JobRunStateSucceeded:
			return state, nil
		case types.JobRunStateFailed, types.JobRunStateError, types.JobRunStateTimeout, types.JobRunStateStopped,
			types.JobRunStateExpired:
			return state, &runError{h.Job, id, aws.ToString(out.JobRun.ErrorMessage), state}
		}
		if err := pause(ctx, h.Wait); err != nil {
			return "", fmt.Errorf("run %s of job %s did not end in time: %w", id, h.Job, err)
		}
	}
}

func pause(ctx context.Context, wait time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(wait):
		return nil
	}
}
