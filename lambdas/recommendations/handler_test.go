package main

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPlan(t *testing.T) {
	settings := newBench(t).Settings
	run, err := settings.plan(execution, noon, Input{})
	require.NoError(t, err)
	id := run.ID
	assert.Regexp(t, `^20260308-[0-9a-f]{7}$`, id)
	assert.Equal(t, Run{
		ID: id, Name: "shop-recommendations-" + id, Candidate: "shop-recommendations-candidate",
		Endpoint: "shop-recommendations", StartedAt: "2026-03-08T12:00:00+00:00", AsOf: "2026-03-08T12:00:00+00:00",
		Cut: "2026-03-03T12:00:00+00:00", TrainingRun: id, ComputeFeatures: true,
	}, run)
	again, err := settings.plan(execution, noon, Input{})
	require.NoError(t, err)
	assert.Equal(t, run, again, "a repeated step")
	other, err := settings.plan(execution+"2", noon,
		Input{AsOf: "2026-03-01T01:00:00+01:00", Cut: "2026-02-01T00:00:00Z", TrainingRun: "20260301-0123456"})
	require.NoError(t, err)
	assert.NotEqual(t, id, other.ID)
	assert.Equal(t, []any{"2026-03-01T00:00:00+00:00", "2026-02-01T00:00:00+00:00", "20260301-0123456", false},
		[]any{other.AsOf, other.Cut, other.TrainingRun, other.ComputeFeatures})

	for want, in := range map[string]Input{
		`asOf: "yesterday" is not an instant`:             {AsOf: "yesterday"},
		`cut: "2026-03-02" is not an instant`:             {Cut: "2026-03-02"},
		"is not before asOf":                              {AsOf: "2026-03-01T00:00:00Z", Cut: "2026-03-01T00:00:00Z"},
		`trainingRun: "../x" is not the id of a run`:      {TrainingRun: "../x"},
		"trainingRun: give asOf and cut of that run, too": {TrainingRun: "r1", AsOf: "2026-03-01T00:00:00Z"},
	} {
		_, err := settings.plan(execution, noon, in)
		require.ErrorContains(t, err, want)
	}
}

// through leads a model to where the endpoint's switch has begun.
func through(t *testing.T, b *bench, metrics []Metric) State {
	t.Helper()
	state := begun(t, b, execution, metrics)
	state.Gate = step[Verdict](t, b, "judge", state)
	state.Candidate = step[Progress](t, b, "candidate", state)
	require.Equal(t, Progress{Looks: 1}, state.Candidate)
	state.Candidate = step[Progress](t, b, "candidate", state)
	require.Equal(t, Progress{Looks: 2}, state.Candidate, "it is not ready yet")
	b.account.settle("")
	require.Equal(t, Progress{Ready: true, Looks: 3}, step[Progress](t, b, "candidate", state))
	state.Switch = step[Progress](t, b, "switch", state)
	require.Equal(t, Progress{Started: true, Looks: 1}, state.Switch)
	return state
}

// finish ends a run with an outcome.
func finish(t *testing.T, b *bench, state State, outcome string) map[string]any {
	t.Helper()
	_, err := b.Handle(context.Background(),
		Request{Action: "finish", Execution: execution, State: state, Outcome: outcome})
	require.NoError(t, err)
	var row map[string]any
	require.NoError(t, json.Unmarshal([]byte(b.memory.objects["model_runs/"+state.Run.ID+".json"]), &row))
	return row
}

// TestAnEndpointThatIsNeverReadyIsGivenUp before the state machine's history is full.
func TestAnEndpointThatIsNeverReadyIsGivenUp(t *testing.T) {
	b := newBench(t)
	state := begun(t, b, execution, good())
	state.Gate = step[Verdict](t, b, "judge", state)
	for range b.Settings.MaxLooks - 1 {
		state.Candidate = step[Progress](t, b, "candidate", state)
	}
	_, err := b.Handle(context.Background(), Request{Action: "candidate", Execution: execution, State: state})
	require.EqualError(t, err, "the endpoint is not ready after 5 looks")
}

func TestAModelGoesLive(t *testing.T) {
	b := newBench(t)
	state := through(t, b, good())
	b.account.settle("")
	assert.Equal(t, Progress{Ready: true, Started: true, Looks: 2}, step[Progress](t, b, "switch", state))
	row := finish(t, b, state, passed)
	assert.Equal(t, map[string]any{
		"run_id": state.Run.ID, "model_version": state.Run.ID, "started_at": "2026-03-08T12:00:00Z",
		"as_of": "2026-03-08T12:00:00Z", "cut": "2026-03-03T12:00:00Z", "status": "passed", "recall_at_20": 0.3,
		"recall_lower": 0.25, "baseline_recall_at_20": 0.2, "customers": 100.0, "products": 50.0,
	}, row)
	assert.Equal(t, map[string]bool{state.Run.Name: true}, b.account.configs)
	assert.Equal(t, map[string]bool{state.Run.Name: true}, b.account.models)
	assert.Nil(t, b.account.endpoints[state.Run.Candidate])
	assert.Equal(t, state.Run.Name, b.account.endpoints[state.Run.Endpoint].EndpointConfigName)
	assert.Equal(t, approved, b.account.packages[0]["ModelApprovalStatus"])
	assert.Empty(t, b.memory.holder)
	assert.Contains(t, b.metrics.String(), `"Interactions":1000`)
	assert.NotContains(t, b.metrics.String(), "InteractionDrift", "nothing was live before")
}

// live is a bench with a model that is live, and its run.
func live(t *testing.T) (*bench, Run) {
	t.Helper()
	b := newBench(t)
	state := through(t, b, good())
	b.account.settle("")
	finish(t, b, state, passed)
	b.Now = func() time.Time { return noon.Add(7 * 24 * time.Hour) }
	return b, state.Run
}

// next leads another execution through.
func next(t *testing.T, b *bench, metrics []Metric) State {
	t.Helper()
	state := begun(t, b, execution+"2", metrics)
	state.Gate = step[Verdict](t, b, "judge", state)
	return state
}

func TestARefusedModelLeavesTheLiveOne(t *testing.T) {
	b, before := live(t)
	worse := good()
	worse[0].Value, worse[5].Value = 0.26, 4000
	state := next(t, b, worse)
	assert.False(t, state.Gate.Passed)
	assert.Equal(t, rejected, b.account.packages[1]["ModelApprovalStatus"])
	assert.Contains(t, b.metrics.String(), `"InteractionDrift":3`)
	row := finish(t, b, state, refused)
	assert.Equal(t, "refused", row["status"])
	assert.Equal(t, "recall@20 0.2600 is below 0.2700: the live model's 0.3000 less 10%", row["reasons"])
	assert.Equal(t, map[string]bool{before.Name: true}, b.account.configs)
	assert.Equal(t, approved, b.account.packages[0]["ModelApprovalStatus"], "what the next one is compared with")
}

func TestASwitchThatFailsIsTakenBack(t *testing.T) {
	for name, tt := range map[string]struct {
		reason   string // of SageMaker
		rollback int    // steps until it is done
	}{
		"the endpoint went back by itself": {reason: "no ping", rollback: 1},
		"the smoke test failed":            {rollback: 2},
	} {
		t.Run(name, func(t *testing.T) {
			b, before := live(t)
			state := next(t, b, good())
			require.True(t, state.Gate.Passed, state.Gate.Reasons)
			step[Progress](t, b, "candidate", state)
			b.account.settle("")
			state.Switch = step[Progress](t, b, "switch", state)
			b.account.settle(tt.reason)
			if tt.reason != "" {
				_, err := b.Handle(context.Background(), Request{Action: "switch", State: state})
				require.ErrorContains(t, err, "went back to "+before.Name+" by itself: no ping")
			}
			state.Failure = Failure{Error: smokeTestFailed, Cause: "a basket: status 500"}
			for range tt.rollback - 1 {
				require.False(t, step[Progress](t, b, "rollback", state).Ready)
				b.account.settle("")
			}
			require.True(t, step[Progress](t, b, "rollback", state).Ready)
			row := finish(t, b, state, failed)
			assert.Equal(t, []any{"refused", "smokeTestError: a basket: status 500"},
				[]any{row["status"], row["reasons"]})
			assert.Equal(t, before.Name, b.account.endpoints[before.Endpoint].EndpointConfigName)
			assert.Equal(t, map[string]bool{before.Name: true}, b.account.models)
			assert.Equal(t, rejected, b.account.packages[1]["ModelApprovalStatus"])
		})
	}
}

func TestAFirstModelThatFailsLeavesNoEndpoint(t *testing.T) {
	b := newBench(t)
	state := through(t, b, good())
	b.account.settle("no memory")
	_, err := b.Handle(context.Background(), Request{Action: "switch", State: state})
	require.ErrorContains(t, err, "failed: no memory")
	assert.False(t, step[Progress](t, b, "rollback", state).Ready)
	assert.True(t, step[Progress](t, b, "rollback", state).Ready)
	state.Failure = Failure{Error: "errorString", Cause: "no memory"}
	assert.Equal(t, "failed", finish(t, b, state, failed)["status"])
	assert.Empty(t, b.account.endpoints)
	assert.Empty(t, b.account.configs)
	assert.Empty(t, b.account.models)
}

func TestACandidateThatFails(t *testing.T) {
	b := newBench(t)
	state := begun(t, b, execution, good())
	state.Gate = step[Verdict](t, b, "judge", state)
	step[Progress](t, b, "candidate", state)
	b.account.settle("no ping")
	_, err := b.Handle(context.Background(), Request{Action: "candidate", State: state})
	require.ErrorContains(t, err, "the candidate's endpoint failed: no ping")
}

// TestNobodyPassesTheGateByTheirWord: who invokes the function says what state a run is in; SageMaker says it, too.
func TestNobodyPassesTheGateByTheirWord(t *testing.T) {
	b, before := live(t)
	worse := good()
	worse[0].Value = 0.01
	state := begun(t, b, execution+"2", worse)
	claimed := state
	claimed.Training.Metrics = good()
	claimed.Gate = step[Verdict](t, b, "judge", claimed)
	require.False(t, claimed.Gate.Passed, "the figures are the training job's")
	claimed.Gate.Passed, claimed.Gate.Reasons = true, nil
	another := claimed
	another.Run.Name = "shop-recommendations-candidate"
	unjudged := claimed
	unjudged.Gate.Package = ""
	of := claimed
	of.Gate.Package = b.account.packages[0]["ModelPackageArn"].(string) // the live model's
	for want, request := range map[string]Request{
		"package/shop/2 is of run":          {Action: "candidate", State: claimed},
		"and Rejected":                      {Action: "switch", State: claimed},
		`"` + before.ID + `", and Approved`: {Action: "switch", State: of},
		"it has no model package":           {Action: "switch", State: unjudged},
		"is not called":                     {Action: "judge", State: another},
		"is not what endpoint":              {Action: "finish", State: claimed, Outcome: passed},
	} {
		_, err := b.Handle(context.Background(), request)
		require.ErrorContains(t, err, want)
	}
	assert.Equal(t, before.Name, b.account.endpoints[before.Endpoint].EndpointConfigName)
	assert.Equal(t, map[string]bool{before.Name: true}, b.account.models)
	assert.Equal(t, rejected, b.account.packages[1]["ModelApprovalStatus"])
}

func TestBeginKeepsOthersOutAndClears(t *testing.T) {
	b, before := live(t)
	b.account.configs["shop-recommendations-20260101-0123456"] = true
	b.account.models["shop-recommendations-20260101-0123456"] = true
	// another stack's, which a list by name finds, too
	b.account.models["big-shop-recommendations-20260101-0123456"] = true
	b.account.endpoints["shop-recommendations-candidate"] = &endpoint{EndpointStatus: statusInService}
	b.memory.holder = "arn:other"
	_, err := b.Handle(context.Background(), Request{Action: "begin", Execution: execution, Started: noon})
	require.ErrorContains(t, err, "another run is under way, arn:other")
	assert.Len(t, b.account.models, 3, "what the other run makes is left alone")
	b.memory.holder = ""
	run := step[Run](t, b, "begin", State{})
	assert.Equal(t, before.Name, run.Previous)
	assert.Equal(t, map[string]bool{before.Name: true, "big-shop-recommendations-20260101-0123456": true},
		b.account.models)
	assert.Equal(t, map[string]bool{before.Name: true}, b.account.configs)
	assert.NotContains(t, b.account.endpoints, run.Candidate)
}

func TestNothingIsRemovedWhenNobodySaysWhatIsLive(t *testing.T) {
	b, before := live(t)
	state := next(t, b, good())
	b.account.broken = map[string]error{"DescribeEndpoint": errors.New("throttled")}
	_, err := b.Handle(context.Background(), Request{Action: "finish", State: state, Outcome: failed})
	require.ErrorContains(t, err, "throttled")
	assert.Equal(t, map[string]bool{before.Name: true}, b.account.models)
}

func TestRemoveTakesEverything(t *testing.T) {
	b, _ := live(t)
	var request Request
	require.NoError(t, json.Unmarshal([]byte(`{"action":"remove","tf":{"action":"create"}}`), &request))
	_, err := b.Handle(context.Background(), request)
	require.NoError(t, err)
	assert.NotEmpty(t, b.account.endpoints, "a deployment removes nothing")
	request.Lifecycle.Action = "delete"
	_, err = b.Handle(context.Background(), request)
	require.NoError(t, err)
	assert.Empty(t, b.account.endpoints)
	assert.Empty(t, b.account.configs)
	assert.Empty(t, b.account.models)
	assert.Empty(t, b.account.packages)
}

func TestUnknownActions(t *testing.T) {
	b := newBench(t)
	for want, request := range map[string]Request{
		`action "" is none of`:  {},
		`action "x" is none of`: {Action: "x"},
		`outcome "" is none of`: {Action: "finish"},
		`target "" is neither`:  {Action: "smoke"},
	} {
		_, err := b.Handle(context.Background(), request)
		require.ErrorContains(t, err, want)
	}
}

func TestSettingsRefuse(t *testing.T) {
	for want, text := range map[string]string{
		"not the settings":                `{"colour":"red"}`,
		"toleratedFall 1: want a share":   `{"toleratedFall":1,"minCustomers":1,"maxLooks":1,"endpoint":{"memoryMb":1024,"maxConcurrency":1}}`,
		"maxLooks 0: want at least 1":     `{"minCustomers":1,"endpoint":{"memoryMb":1024,"maxConcurrency":1}}`,
		"minCustomers 0: want at least 1": `{"maxLooks":1,"endpoint":{"memoryMb":1024,"maxConcurrency":1}}`,
		"endpoint: want memoryMb":         `{"minCustomers":1,"maxLooks":1,"endpoint":{"instanceType":"ml.c5.large"}}`,
	} {
		var s Settings
		require.ErrorContains(t, s.read(text), want)
	}
}

func TestEndpointConfigs(t *testing.T) {
	s := newBench(t).Settings
	run := Run{Name: "m"}
	serverless := s.endpointConfig(run)
	assert.NotContains(t, serverless, "DataCaptureConfig")
	assert.Equal(t, map[string]any{"MemorySizeInMB": 2048, "MaxConcurrency": 5},
		serverless["ProductionVariants"].([]any)[0].(map[string]any)["ServerlessConfig"])
	s.Endpoint = EndpointSettings{InstanceType: "ml.c5.large", Instances: 2, CapturePercent: 10}
	capturing := s.endpointConfig(run)
	assert.Equal(t, "s3://features-1/capture/", capturing["DataCaptureConfig"].(map[string]any)["DestinationS3Uri"])
	assert.NotContains(t, capturing["ProductionVariants"].([]any)[0], "ServerlessConfig")
}
