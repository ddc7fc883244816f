package scenarios

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/e2e/report"
	"dataplatform/local/stack"
	"dataplatform/operations/statemachine"
	"dataplatform/operations/target"
)

// shop is the pipeline of recommendations, and training files of a made-up shop: good ones, and the same with the
// products dealt anew.
type shop struct {
	*stack.Platform
	objects *s3.Client
	states  *sfn.Client
	runner  *statemachine.Runner
	bucket  string
}

// The times that the training files were made for, see sagemaker-scripts/tests/shop.py.
const shopCut, shopAsOf = "2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z"

// TestRecommendations trains for real: a model goes live, none that is bad does.
func TestRecommendations(t *testing.T) {
	ctx := t.Context()
	t.Chdir("../..")
	options, err := stack.Prepare(ctx, ".", "", training, os.Stderr)
	require.NoError(t, err)
	require.NoError(t, options.Learn(ctx))
	options.Settings = nil // the program has none
	p, err := stack.Start(ctx, options)
	require.NoError(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			keep(t, p.EmulatorLog())
		}
		require.NoError(t, p.Close())
	})
	_, err = p.Up(ctx)
	require.NoError(t, err)
	config := target.Config(p.Endpoint, p.Outputs.Region)
	s := &shop{
		Platform: p, objects: s3.NewFromConfig(config), states: sfn.NewFromConfig(config),
		runner: statemachine.New(config), bucket: p.Outputs.Buckets["features"],
	}
	s.upload(ctx, t, options.Tools.Training)

	var first string
	for _, step := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"a good model goes live", func(t *testing.T) {
			before := s.written(ctx, t)
			require.NoError(t, s.run(ctx, t, map[string]string{"asOf": shopAsOf, "cut": shopCut}))
			run := s.since(ctx, t, before)
			assert.Equal(t, "passed", run["status"])
			first, _ = run["model_version"].(string)
			require.NotEmpty(t, first)
			assert.Greater(t, run["recall_lower"], run["baseline_recall_at_20"])
			assert.Equal(t, first, s.answering(ctx, t))
		}},
		{"the next deployment changes nothing", func(t *testing.T) {
			again, err := p.UpAgain(ctx)
			require.NoError(t, err)
			assert.Empty(t, again.Changes)
		}},
		{"a poisoned training set is stopped by the gate", func(t *testing.T) {
			before := s.written(ctx, t)
			require.ErrorContains(t, s.run(ctx, t,
				map[string]string{"asOf": shopAsOf, "cut": shopCut, "trainingRun": "poisoned"}), "ModelRefused")
			run := s.since(ctx, t, before)
			assert.Equal(t, "refused", run["status"])
			assert.Contains(t, run["reasons"], "does not beat the bestsellers")
			assert.Equal(t, first, s.answering(ctx, t), "the model from before answers")
		}},
		{"a model whose trial fails does not go live", func(t *testing.T) {
			before := s.written(ctx, t)
			s.breakEndpoint(ctx, t, shopEndpoint+"-candidate/")
			require.ErrorContains(t, s.run(ctx, t,
				map[string]string{"asOf": shopAsOf, "cut": shopCut, "trainingRun": "good"}), "smokeTestError")
			require.NoError(t, s.Call(ctx, "DELETE", "faults", nil, nil))
			assert.Equal(t, "refused", s.since(ctx, t, before)["status"])
			assert.Equal(t, first, s.answering(ctx, t))
		}},
		{"a failed smoke test rolls back", func(t *testing.T) {
			s.breakEndpoint(ctx, t, shopEndpoint+"/")
			require.ErrorContains(t, s.run(ctx, t,
				map[string]string{"asOf": shopAsOf, "cut": shopCut, "trainingRun": "good"}), "smokeTestError")
			require.NoError(t, s.Call(ctx, "DELETE", "faults", nil, nil))
			assert.Equal(t, first, s.answering(ctx, t), "the earlier configuration is back")
		}},
		{"a broken training set fails and tells why", func(t *testing.T) {
			before := s.written(ctx, t)
			require.ErrorContains(t, s.run(ctx, t,
				map[string]string{"asOf": shopAsOf, "cut": shopCut, "trainingRun": "nothing"}), "RunFailed")
			run := s.since(ctx, t, before)
			assert.Equal(t, "failed", run["status"])
			assert.Contains(t, run["reasons"], "no objects below")
			assert.Equal(t, first, s.answering(ctx, t))
		}},
		{"one run at a time", func(t *testing.T) {
			ended := make(chan error)
			for range 2 {
				go func() {
					ended <- s.run(ctx, t, map[string]string{"asOf": shopAsOf, "cut": shopCut, "trainingRun": "good"})
				}()
			}
			errs := []error{<-ended, <-ended}
			if errs[0] == nil {
				errs[0], errs[1] = errs[1], errs[0]
			}
			require.ErrorContains(t, errs[0], "another run is under way")
			require.NoError(t, errs[1])
			assert.NotEqual(t, first, s.answering(ctx, t), "the other one's model is live")
		}},
		{"nothing but the live model is left of runs", func(t *testing.T) {
			held, err := p.Inventory(ctx)
			require.NoError(t, err)
			kinds := map[string]int{}
			for _, id := range held["sagemaker"] {
				kinds[filepath.Dir(filepath.ToSlash(id))]++
			}
			assert.Equal(t, 1, kinds["endpoint"])
			assert.Equal(t, 1, kinds["config"])
			assert.Equal(t, 1, kinds["model"])
		}},
		{"no role was refused anything, and none has what no run needs", func(t *testing.T) {
			var record report.PermissionRecord
			require.NoError(t, p.Call(ctx, "GET", "permissions", nil, &record))
			found := report.CheckPermissions(record, report.UnusedOf(true), true)
			assert.Empty(t, found.Refused)
			for _, unused := range found.Unused {
				if strings.HasPrefix(unused.Role, "recommendations-") {
					assert.NotEmpty(t, unused.Reason, "%s of %s", unused.Statement, unused.Role)
				}
			}
		}},
		{"destroy takes what runs have made", func(t *testing.T) {
			_, err := p.Destroy(ctx)
			require.NoError(t, err)
			left, err := p.Left(ctx)
			require.NoError(t, err)
			assert.Empty(t, left)
		}},
	} {
		if !t.Run(step.name, step.run) {
			t.FailNow()
		}
	}
}

// upload makes training files and puts them where runs have theirs.
func (s *shop) upload(ctx context.Context, t *testing.T, python string) {
	t.Helper()
	folder := t.TempDir()
	make := exec.CommandContext(ctx, python, "-c", `
import sys
from pathlib import Path
sys.path[:0] = ["sagemaker-scripts", "sagemaker-scripts/tests"]
import shop
good = shop.generated()
good.write(Path(sys.argv[1], "good"))
shop.permuted(good).write(Path(sys.argv[1], "poisoned"))
`, folder)
	out, err := make.CombinedOutput()
	require.NoError(t, err, string(out))
	require.NoError(t, filepath.WalkDir(folder, func(file string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(folder, file)
		if err != nil {
			return err
		}
		_, err = s.objects.PutObject(ctx, &s3.PutObjectInput{
			Bucket: &s.bucket, Key: aws.String("training/" + filepath.ToSlash(name)), Body: bytes.NewReader(content),
		})
		return err
	}))
}

// run starts the state machine and waits for its end.
func (s *shop) run(ctx context.Context, t *testing.T, input map[string]string) error {
	t.Helper()
	text, err := json.Marshal(input)
	if err != nil {
		return err
	}
	started, err := s.states.StartExecution(ctx, &sfn.StartExecutionInput{
		StateMachineArn: aws.String(s.Outputs.Recommendations["machine"]), Input: aws.String(string(text)),
	})
	if err != nil {
		return err
	}
	return s.runner.Wait(ctx, aws.ToString(started.ExecutionArn), string(text))
}

// written are the keys of what runs have written down.
func (s *shop) written(ctx context.Context, t *testing.T) map[string]bool {
	t.Helper()
	list, err := s.objects.ListObjectsV2(ctx,
		&s3.ListObjectsV2Input{Bucket: &s.bucket, Prefix: aws.String("model_runs/")})
	require.NoError(t, err)
	keys := map[string]bool{}
	for _, one := range list.Contents {
		keys[aws.ToString(one.Key)] = true
	}
	return keys
}

// since is what the one run has written down that ended after these were written: S3's times are of whole seconds, in
// which more than one run ends.
func (s *shop) since(ctx context.Context, t *testing.T, before map[string]bool) map[string]any {
	t.Helper()
	var run map[string]any
	for key := range s.written(ctx, t) {
		if before[key] {
			continue
		}
		require.Nil(t, run, "one run has written more than one object")
		got, err := s.objects.GetObject(ctx, &s3.GetObjectInput{Bucket: &s.bucket, Key: aws.String(key)})
		require.NoError(t, err)
		require.NoError(t, errors.Join(json.NewDecoder(got.Body).Decode(&run), got.Body.Close()))
	}
	require.NotNil(t, run, "the run has written nothing down")
	return run
}

// answering is the version of the model that the endpoint answers with.
func (s *shop) answering(ctx context.Context, t *testing.T) string {
	t.Helper()
	seven := sha256.Sum256([]byte("customer of a test: 7")) // as shop.py calls it
	body := fmt.Sprintf(`{"customerKey":"%x"}`, seven)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost,
		s.Endpoint+"/endpoints/"+shopEndpoint+"/invocations", strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	// The emulator tells services apart by the scope of the signature, which it does not check.
	request.Header.Set("Authorization",
		"AWS4-HMAC-SHA256 Credential=local/20260101/eu-west-1/sagemaker/aws4_request, SignedHeaders=host, Signature=none")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode, string(text))
	var answer struct {
		ModelVersion string `json:"modelVersion"`
		Basis        string `json:"basis"`
	}
	require.NoError(t, json.Unmarshal(text, &answer))
	require.Equal(t, "customer", answer.Basis)
	return answer.ModelVersion
}

// breakEndpoint makes an endpoint's answers fail, however often they are asked for.
func (s *shop) breakEndpoint(ctx context.Context, t *testing.T, prefix string) {
	t.Helper()
	require.NoError(t, s.Call(ctx, "POST", "faults", map[string]any{
		"service": "sagemakerruntime", "operation": "InvokeEndpoint", "status": 500, "times": 1000, "keyPrefix": prefix,
	}, nil))
}
