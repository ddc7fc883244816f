package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dataplatform/lambdas/internal/emf"
	"dataplatform/lambdas/recommendations/internal/sagemaker"
)

const (
	bucketName = "features-1"
	execution  = "arn:aws:states:eu-west-1:123456789012:execution:recommendations:e1"
)

var noon = time.Date(2026, 3, 8, 12, 0, 0, 0, time.UTC)

// account is a SageMaker that does at once what it is asked, but for endpoints: those change with settle.
type account struct {
	endpoints map[string]*endpoint
	wanted    map[string]string // configurations on their way
	configs   map[string]bool
	models    map[string]bool
	packages  []map[string]any
	trained   map[string]Training // by the name of the job
	calls     []string
	broken    map[string]error // by operation
}

func (a *account) Call(_ context.Context, operation string, in, out any) error {
	text, err := json.Marshal(in)
	if err != nil {
		return err
	}
	var given map[string]any
	if err := json.Unmarshal(text, &given); err != nil {
		return err
	}
	name := func(key string) string { text, _ := given[key].(string); return text }
	a.calls = append(a.calls, strings.TrimSpace(operation+" "+name("EndpointName")+name("ModelName")))
	if err := a.broken[operation]; err != nil {
		return err
	}
	answer, err := a.answer(operation, name, given)
	if err != nil || out == nil {
		return err
	}
	if text, err = json.Marshal(answer); err != nil {
		return err
	}
	return json.Unmarshal(text, out)
}

func missing(what string) error {
	return &sagemaker.Error{Code: "ValidationException", Message: "Could not find " + what}
}

func (a *account) answer(operation string, name func(string) string, given map[string]any) (any, error) {
	at, config, model := name("EndpointName"), name("EndpointConfigName"), name("ModelName")
	switch operation {
	case "DescribeEndpoint":
		if a.endpoints[at] == nil {
			return nil, missing("endpoint")
		}
		return a.endpoints[at], nil
	case "CreateEndpoint":
		if !a.configs[config] {
			return nil, missing("endpoint configuration")
		}
		a.endpoints[at] = &endpoint{EndpointStatus: "Creating", EndpointConfigName: config}
		a.wanted[at] = config
	case "UpdateEndpoint":
		if a.endpoints[at].EndpointStatus != statusInService {
			return nil, &sagemaker.Error{Code: "ValidationException", Message: "Cannot update in-progress endpoint"}
		}
		a.endpoints[at].EndpointStatus, a.wanted[at] = "Updating", config
	case "DeleteEndpoint":
		if a.endpoints[at] == nil {
			return nil, missing("endpoint")
		}
		delete(a.endpoints, at)
	case "CreateEndpointConfig":
		a.configs[config] = true
	case "DeleteEndpointConfig":
		delete(a.configs, config)
	case "CreateModel":
		a.models[model] = true
	case "DeleteModel":
		delete(a.models, model)
	case "ListEndpointConfigs", "ListModels":
		return a.list(operation), nil
	case "DescribeTrainingJob":
		job, there := a.trained[name("TrainingJobName")]
		if !there {
			return nil, missing("training job")
		}
		return map[string]any{
			"TrainingJobStatus": "Completed", "ModelArtifacts": map[string]string{"S3ModelArtifacts": job.Model},
			"FinalMetricDataList": job.Metrics,
		}, nil
	case "CreateModelPackage":
		arn := fmt.Sprintf("arn:aws:sagemaker:eu-west-1:123456789012:model-package/shop/%d", len(a.packages)+1)
		a.packages = append(a.packages, given)
		given["ModelPackageArn"] = arn
		return given, nil
	case "UpdateModelPackage":
		maps.Copy(a.named(name("ModelPackageArn")), given)
	case "DescribeModelPackage":
		return a.named(name("ModelPackageName")), nil
	case "DeleteModelPackage":
		a.packages = slices.DeleteFunc(a.packages,
			func(p map[string]any) bool { return p["ModelPackageArn"] == name("ModelPackageName") })
	case "ListModelPackages":
		found := slices.Clone(a.packages)
		slices.Reverse(found)
		if status, ok := given["ModelApprovalStatus"]; ok {
			found = slices.DeleteFunc(found, func(p map[string]any) bool { return p["ModelApprovalStatus"] != status })
		}
		return map[string]any{"ModelPackageSummaryList": found}, nil
	default:
		return nil, errors.New("no operation " + operation)
	}
	return nil, nil
}

func (a *account) list(operation string) any {
	var configs, models []map[string]string
	for _, name := range slices.Sorted(maps.Keys(a.configs)) {
		configs = append(configs, map[string]string{"EndpointConfigName": name})
	}
	for _, name := range slices.Sorted(maps.Keys(a.models)) {
		models = append(models, map[string]string{"ModelName": name})
	}
	if operation == "ListModels" {
		return map[string]any{"Models": models}
	}
	return map[string]any{"EndpointConfigs": configs}
}

func (a *account) named(arn string) map[string]any {
	for _, one := range a.packages {
		if one["ModelPackageArn"] == arn {
			return one
		}
	}
	return nil
}

// settle ends what is going on: well, or with a reason why not, as SageMaker does.
func (a *account) settle(reason string) {
	for name, e := range a.endpoints {
		if e.EndpointStatus == statusInService {
			continue
		}
		switch {
		case reason == "":
			e.EndpointStatus, e.EndpointConfigName = statusInService, a.wanted[name]
		case e.EndpointStatus == "Creating":
			e.EndpointStatus, e.FailureReason = statusFailed, reason
		default:
			e.EndpointStatus, e.FailureReason = statusInService, reason
		}
	}
}

// memory holds objects and one lease.
type memory struct {
	objects map[string]string
	holder  string
}

func (m *memory) Get(_ context.Context, key string) ([]byte, error) {
	content, ok := m.objects[key]
	if !ok {
		return nil, errors.New("no object " + key)
	}
	return []byte(content), nil
}

func (m *memory) Put(_ context.Context, key string, content []byte) error {
	m.objects[key] = string(content)
	return nil
}

func (m *memory) Take(_ context.Context, _, owner string, _, until time.Time) error {
	if m.holder != "" && m.holder != owner {
		return &inProgressError{m.holder, until.Format(recordTime)}
	}
	m.holder = owner
	return nil
}

func (m *memory) Release(_ context.Context, _, owner string) error {
	if m.holder == owner {
		m.holder = ""
	}
	return nil
}

// bench is a handler on an empty account.
type bench struct {
	*Handler
	account *account
	memory  *memory
	metrics *bytes.Buffer
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{
		account: &account{
			endpoints: map[string]*endpoint{}, wanted: map[string]string{}, configs: map[string]bool{},
			models: map[string]bool{}, trained: map[string]Training{},
		},
		memory: &memory{objects: map[string]string{}}, metrics: &bytes.Buffer{},
	}
	settings := Settings{
		Name: "shop-recommendations", PackageGroup: "shop", RoleARN: "arn:aws:iam::123456789012:role/execution",
		Image: "image", Source: "s3://artifacts/source.tar.gz", FeaturesBucket: bucketName, FeaturesKey: "key",
		Holdout: 5 * 24 * time.Hour, RunLimit: time.Hour,
	}
	require.NoError(t, settings.read(
		`{"toleratedFall":0.1,"minCustomers":20,"maxLooks":5,"endpoint":{"memoryMb":2048,"maxConcurrency":5},"tags":{"stack":"dev"}}`,
	))
	b.Handler = &Handler{
		Settings: settings, API: b.account, Objects: b.memory, Leases: b.memory,
		Logger: slog.New(slog.NewJSONHandler(io.Discard, nil)), Metrics: emf.Writer{Out: b.metrics, Namespace: "Shop"},
		Now: func() time.Time { return noon },
	}
	return b
}

// begun is a state whose run has begun and trained a model with these figures.
func begun(t *testing.T, b *bench, at string, metrics []Metric) State {
	t.Helper()
	answer, err := b.Handle(context.Background(), Request{Action: "begin", Execution: at, Started: b.Now()})
	require.NoError(t, err)
	state := State{Run: answer.(Run)}
	state.Training = Training{Model: "s3://features-1/models/" + state.Run.ID + "/model.tar.gz", Metrics: metrics}
	b.account.trained[state.Run.Name] = state.Training
	return state
}

// step does an action and fails the test when that fails.
func step[T any](t *testing.T, b *bench, action string, state State) T {
	t.Helper()
	answer, err := b.Handle(context.Background(),
		Request{Action: action, Execution: execution, Started: noon, State: state})
	require.NoError(t, err, action)
	require.IsType(t, *new(T), answer)
	return answer.(T)
}

// good are the figures of a model that passes.
func good() []Metric {
	return []Metric{{recall, 0.30}, {recallLower, 0.25}, {baseline, 0.20}, {customers, 100}, {products, 50},
		{interactions, 1000}}
}
