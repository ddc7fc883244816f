package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// job is a Glue job whose runs go through the given states.
type job struct {
	busy    int // starts refused because another run is under way
	refuse  error
	states  []types.JobRunState
	message string
	// misses are the messages with which the first runs fail.
	misses  []string
	started []map[string]string
}

func (j *job) StartJobRun(
	_ context.Context, in *glue.StartJobRunInput, _ ...func(*glue.Options),
) (*glue.StartJobRunOutput, error) {
	if j.busy > 0 {
		j.busy--
		return nil, &types.ConcurrentRunsExceededException{}
	}
	if j.refuse != nil {
		return nil, j.refuse
	}
	j.started = append(j.started, in.Arguments)
	return &glue.StartJobRunOutput{JobRunId: aws.String("jr_1")}, nil
}

func (j *job) GetJobRun(
	_ context.Context, in *glue.GetJobRunInput, _ ...func(*glue.Options),
) (*glue.GetJobRunOutput, error) {
	if aws.ToString(in.RunId) != "jr_1" || aws.ToString(in.JobName) != "tables" {
		return nil, errors.New("no such run")
	}
	if len(j.misses) > 0 {
		message := j.misses[0]
		j.misses = j.misses[1:]
		return &glue.GetJobRunOutput{
			JobRun: &types.JobRun{JobRunState: types.JobRunStateFailed, ErrorMessage: &message},
		}, nil
	}
	state := j.states[0]
	if len(j.states) > 1 {
		j.states = j.states[1:]
	}
	return &glue.GetJobRunOutput{JobRun: &types.JobRun{JobRunState: state, ErrorMessage: aws.String(j.message)}}, nil
}

func TestHandle(t *testing.T) {
	running, done, failed := types.JobRunStateRunning, types.JobRunStateSucceeded, types.JobRunStateFailed
	for _, test := range []struct {
		name    string
		request string
		job     job
		want    Response
		err     string
		started []map[string]string
	}{
		{
			name: "waits for success", request: `{"contracts":"abc"}`,
			job:  job{states: []types.JobRunState{types.JobRunStateStarting, running, done}},
			want: Response{"jr_1", "SUCCEEDED"}, started: []map[string]string{nil},
		},
		{
			name:    "passes nothing on: arguments can be code that the job's role runs",
			request: `{"arguments":{"--extra-jars":"b"}}`, job: job{states: []types.JobRunState{done}},
			want: Response{"jr_1", "SUCCEEDED"}, started: []map[string]string{nil},
		},
		{
			name: "waits for another run to end", request: `{}`, job: job{busy: 3, states: []types.JobRunState{done}},
			want: Response{"jr_1", "SUCCEEDED"}, started: []map[string]string{nil},
		},
		{name: "does nothing when the resource goes", request: `{"tf":{"action":"delete"}}`},
		{
			name: "fails with the job's message", request: `{}`,
			job: job{states: []types.JobRunState{running, failed}, message: "no column x"},
			err: "run jr_1 of job tables ended as FAILED: no column x", started: []map[string]string{nil},
		},
		{
			name: "runs again while S3 does not show what was written", request: `{}`, job: job{misses: []string{
				"LAUNCH ERROR | Error downloading from S3 for bucket: artifacts, key: scripts/tables.py. The specified key does not exist. (Service: Amazon S3; Status Code: 404; Error Code: NoSuchKey",
				"NotFoundException: Location does not exist: s3://curated/sessions/metadata/00000.metadata.json",
				"An error occurred (404) when calling the HeadObject operation: Not Found",
			}, states: []types.JobRunState{done}},
			want: Response{"jr_1", "SUCCEEDED"}, started: []map[string]string{nil, nil, nil, nil},
		},
		{
			name: "fails as the run did when S3 never shows it", request: `{}`,
			job: job{states: []types.JobRunState{failed}, message: "NoSuchKey"},
			err: "run jr_1 of job tables ended as FAILED: NoSuchKey",
		},
		{
			name: "fails when the run is stopped", request: `{}`,
			job: job{states: []types.JobRunState{types.JobRunStateStopped}},
			err: "run jr_1 of job tables ended as STOPPED: ", started: []map[string]string{nil},
		},
		{
			name: "fails when the job cannot be started", request: `{}`, job: job{refuse: errors.New("denied")},
			err: "start job tables: denied",
		},
		{
			name: "fails when the time is up", request: `{}`, job: job{states: []types.JobRunState{running}},
			err:     "run jr_1 of job tables did not end in time: context deadline exceeded",
			started: []map[string]string{nil},
		},
		{
			name: "fails when other runs do not end", request: `{}`, job: job{busy: 1e9},
			err: "start job tables: other runs did not end in time: context deadline exceeded",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // its time stands still while anything is being done
				var request Request
				require.NoError(t, json.Unmarshal([]byte(test.request), &request))
				h := &Handler{
					Job: "tables", Start: &test.job, Get: &test.job,
					Logger: slog.New(slog.NewJSONHandler(&bytes.Buffer{}, nil)), Wait: time.Millisecond,
					Again: 10 * time.Millisecond,
				}
				ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
				defer cancel()
				got, err := h.Handle(ctx, request)
				if test.err == "" {
					require.NoError(t, err)
				} else {
					require.EqualError(t, err, test.err)
				}
				assert.Equal(t, test.want, got)
				if test.job.message == "NoSuchKey" {
					assert.Greater(t, len(test.job.started), 1)
					return
				}
				assert.Equal(t, test.started, test.job.started)
			})
		})
	}
}
