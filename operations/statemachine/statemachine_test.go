package statemachine

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// stateMachines answers as Step Functions do: an execution runs for one question, and ends as given.
func stateMachines(t *testing.T, status, history string) (*Runner, *[]string) {
	t.Helper()
	var calls []string
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, call, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		calls = append(calls, call)
		answer := map[string]any{}
		switch call {
		case "StartExecution":
			answer = map[string]any{"executionArn": "arn:1", "startDate": 1}
		case "DescribeExecution":
			state := status
			if asked++; asked == 1 {
				state = "RUNNING"
			}
			answer = map[string]any{
				"executionArn": "arn:1", "stateMachineArn": "m", "startDate": 1, "status": state, "error": "RunFailed",
				"cause": "QualityGate: more than 0.2 is bad",
			}
			answer["output"] = `{"hours":"a/b","process":{"run":{"stage":"process","hours":"a/b","datasets":{"sales":{"received":3,"processed":2,"quarantined":1}}}}}`
		case "GetExecutionHistory":
			w.Header().Set("Content-Type", "application/x-amz-json-1.0")
			_, _ = w.Write([]byte(history))
			return
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		_ = json.NewEncoder(w).Encode(answer)
	}))
	t.Cleanup(server.Close)
	return New(aws.Config{
		Region: "eu-west-1", BaseEndpoint: &server.URL,
		Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
	}), &calls
}

const history = `{"events": [
	{"id": 9, "timestamp": 1, "type": "TaskScheduled"},
	{"id": 8, "timestamp": 1, "type": "TaskStateEntered", "stateEnteredEventDetails": {"name": "Curate"}},
	{"id": 2, "timestamp": 1, "type": "TaskStateEntered", "stateEnteredEventDetails": {"name": "Process"}}]}`

func TestSaysWhichStateItIsInAndWhatWasCounted(t *testing.T) {
	runner, _ := stateMachines(t, "SUCCEEDED", history)
	var steps []string
	runner.Step = func(state string) { steps = append(steps, state) }
	stages, err := runner.Once(t.Context(), "m", "a/b", []string{"process", "curate"})
	require.NoError(t, err)
	assert.Equal(t, []string{"Curate"}, steps)
	var out strings.Builder
	require.NoError(t, Run{Dataset: "sales", Stages: stages}.Print(&out))
	assert.Equal(t,
		"sales process, arrivals of a/b: received 3 = processed 2 + duplicates 0 + quarantined 1\n", out.String())
}

func TestNobodyIsNotifiedOfStates(t *testing.T) {
	runner, calls := stateMachines(t, "SUCCEEDED", history)
	require.NoError(t, runner.Hours(t.Context(), "m", time.Unix(0, 0), time.Unix(3600, 0)))
	assert.NotContains(t, *calls, "GetExecutionHistory", "a question less")
}

func TestAFailureHasTheStateMachinesWords(t *testing.T) {
	runner, _ := stateMachines(t, "FAILED", `{"events": []}`)
	var steps []string
	runner.Step = func(state string) { steps = append(steps, state) }
	err := runner.Hours(t.Context(), "m", time.Unix(0, 0), time.Unix(3600, 0))
	require.ErrorContains(t, err, "FAILED: RunFailed: QualityGate: more than 0.2 is bad")
	assert.Equal(t, []string{"started"}, steps)
}

// A throttled look ends no waiting, and hides no failure.
func TestALookThatFailsIsNoEnd(t *testing.T) {
	throttled := errors.New("ThrottlingException")
	for status, want := range map[string]string{
		"SUCCEEDED": "", "FAILED": "FAILED: RunFailed: QualityGate: more than 0.2 is bad\nThrottlingException",
	} {
		runner, _ := stateMachines(t, status, history)
		runner.looks = 0
		looked := 0
		err := runner.Watch(t.Context(), "arn:1", "", func(context.Context) error {
			if looked++; looked == 1 || status == "FAILED" {
				return throttled
			}
			return nil
		})
		assert.Equal(t, 2, looked, status)
		if want == "" {
			require.NoError(t, err)
		} else {
			require.ErrorContains(t, err, want)
		}
	}
}
