package backfill

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
	"dataplatform/operations/runs"
	"dataplatform/operations/statemachine"
)

// world runs executions a piece a look; the piece named fails.
type world struct {
	started [][]string
	reports map[string]string
	fails   string
	empty   bool // nothing came in any piece
}

func (w *world) StartBackfill(_ context.Context, arn string, chunks []string) (string, error) {
	w.started = append(w.started, chunks)
	return fmt.Sprintf("arn:aws:states:eu-west-1:1:execution:%s:day%d", arn, len(w.started)), nil
}

func (w *world) Watch(ctx context.Context, execution, _ string, look statemachine.Look) error {
	name := execution[strings.LastIndex(execution, ":")+1:]
	for i, chunk := range w.started[len(w.started)-1] {
		prefix := fmt.Sprintf("runs/sales/%s-%d", name, i)
		w.reports[prefix+
			"/process.json"] = `{"datasets":{"sales":{"received":10,"processed":7,"duplicates":2,"quarantined":1}}}`
		if w.empty {
			w.reports[prefix+"/process.json"] = `{"datasets":{"sales":{"received":0}}}`
		}
		if chunk == w.fails {
			return errors.Join(errors.New("RunFailed"), look(ctx))
		}
		w.reports[prefix+"/curate.json"] = `{"datasets":{"sales":{"received":7,"processed":7}}}`
		if err := look(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) ListObjectsV2(
	_ context.Context, in *s3.ListObjectsV2Input, _ ...func(*s3.Options),
) (*s3.ListObjectsV2Output, error) {
	out := &s3.ListObjectsV2Output{}
	for key := range w.reports {
		if strings.HasPrefix(key, *in.Prefix) {
			out.Contents = append(out.Contents, types.Object{Key: aws.String(key)})
		}
	}
	return out, nil
}

func (w *world) GetObject(
	_ context.Context, in *s3.GetObjectInput, _ ...func(*s3.Options),
) (*s3.GetObjectOutput, error) {
	return &s3.GetObjectOutput{Body: io.NopCloser(strings.NewReader(w.reports[*in.Key]))}, nil
}

func run(t *testing.T, w *world, chunks []string) (Done, []string, error) {
	t.Helper()
	return runBy(t, w, chunks, 2)
}

func runBy(t *testing.T, w *world, chunks []string, most int) (Done, []string, error) {
	t.Helper()
	set, err := contracts.Load()
	require.NoError(t, err)
	all := set.Pipelines()
	sales := all[slices.IndexFunc(all, func(p contracts.Pipeline) bool { return p.Name == "sales" })]
	var steps []string
	b := Backfill{
		StateMachines: w, Objects: w, Bucket: "artifacts", StateMachineARN: "sales-backfill", Pipeline: sales,
		MaxChunks: most, Step: func(step string) { steps = append(steps, step) },
	}
	done, err := b.Run(t.Context(), chunks)
	return done, steps, err
}

func TestSaysHowFarItIsAndWhatItDid(t *testing.T) {
	w := &world{reports: map[string]string{"runs/sales/another/process.json": "{"}}
	done, steps, err := run(t, w, []string{"a", "b", "c"})
	require.NoError(t, err)
	assert.Equal(t, [][]string{{"a", "b"}, {"c"}}, w.started, "as many as one execution takes")
	assert.Equal(t, []string{"sales: 1 of 3 pieces", "sales: 2 of 3 pieces", "sales: 3 of 3 pieces"}, steps)
	assert.Equal(t, Done{
		Dataset: "sales", Pieces: 3, Done: 3,
		Counts: runs.Counts{Received: 30, Processed: 21, Duplicates: 6, Quarantined: 3},
	}, done)
	var out strings.Builder
	require.NoError(t, done.Print(&out))
	assert.Equal(t, "sales: 3 of 3 pieces, received 30 = processed 21 + duplicates 6 + quarantined 3\n", out.String())
}

func TestSaysWhatWasDoneBeforeAFailure(t *testing.T) {
	w := &world{reports: map[string]string{}, fails: "b"}
	done, _, err := run(t, w, []string{"a", "b", "c"})
	require.ErrorContains(t, err, "RunFailed")
	assert.Equal(t, []int{1, 3}, []int{done.Done, done.Pieces})
	assert.Len(t, w.started, 1)
}

// More than two years of days without anything end like others, in as many executions as it takes.
func TestManyEmptyDaysEnd(t *testing.T) {
	const days, fit = 800, 40 // limits.MaxChunks: the state machine refuses more before its first
	start := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	w := &world{reports: map[string]string{}, empty: true}
	done, _, err := runBy(t, w, statemachine.Chunks(start, start.AddDate(0, 0, days), 1), fit)
	require.NoError(t, err)
	assert.Equal(t, Done{Dataset: "sales", Pieces: days, Done: days}, done)
	assert.Len(t, w.started, days/fit)
	for _, chunks := range w.started {
		assert.LessOrEqual(t, len(chunks), fit)
	}
}
