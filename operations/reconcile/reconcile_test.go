package reconcile

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
	"dataplatform/operations/query"
	"dataplatform/platform/outputs"
)

// world answers every query with 7, but for those that have a text in them.
type world struct {
	answers map[string]string
	asked   []string
	marks   []string
	running string
}

func (w *world) Run(_ context.Context, sql string) (query.Result, error) {
	w.asked = append(w.asked, sql)
	value := "7"
	for part, answer := range w.answers {
		if strings.Contains(sql, part) {
			value = answer
		}
	}
	return query.Result{Rows: [][]string{{value}}}, nil
}

func (w *world) Query(
	context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options),
) (*dynamodb.QueryOutput, error) {
	out := &dynamodb.QueryOutput{}
	for _, mark := range w.marks {
		out.Items = append(out.Items,
			map[string]types.AttributeValue{"hour": &types.AttributeValueMemberS{Value: mark}})
	}
	return out, nil
}

func (w *world) ListExecutions(
	_ context.Context, in *sfn.ListExecutionsInput, _ ...func(*sfn.Options),
) (*sfn.ListExecutionsOutput, error) {
	if *in.StateMachineArn == w.running {
		return &sfn.ListExecutionsOutput{
			Executions: []sfntypes.ExecutionListItem{{ExecutionArn: aws.String(w.running + ":1")}},
		}, nil
	}
	return &sfn.ListExecutionsOutput{}, nil
}

func run(t *testing.T, w *world) (Report, error) {
	t.Helper()
	set, err := contracts.Load()
	require.NoError(t, err)
	stateMachines := map[string]outputs.StateMachines{}
	for _, pipeline := range set.Pipelines() {
		stateMachines[pipeline.Name] = outputs.StateMachines{
			Hourly: pipeline.Name + "-hourly", Backfill: pipeline.Name + "-backfill",
		}
	}
	r := Reconciler{Queries: w, Ledger: w, StateMachines: w, Contracts: set, Step: func(
		string,
	) {
	}, Outputs: outputs.Outputs{
		Databases: map[string]string{"processed": "p", "curated": "c"}, Tables: map[string]string{"hours": "hours"},
		StateMachines: stateMachines,
	}}
	return r.Run(t.Context())
}

func TestAllAgree(t *testing.T) {
	w := &world{}
	report, err := run(t, w)
	require.NoError(t, err)
	assert.Zero(t, report.Different())
	assert.Len(t, report, len(Agreements(outputs.Outputs{}, time.Time{})))
	assert.NotContains(t, strings.Join(w.asked, "\n"), "TIMESTAMP")
	var out strings.Builder
	require.NoError(t, report.Print(&out))
	assert.Contains(t, out.String(), "ok    hourly sales hold every line once: 7\n")
	assert.Contains(t, out.String(), "compared, 0 different\n")
}

func TestADifferenceShows(t *testing.T) {
	report, err := run(t, &world{answers: map[string]string{`sum(lines), 0) AS varchar) FROM "c"."sales_hourly"`: "6"}})
	require.NoError(t, err)
	assert.Equal(t, 1, report.Different())
	var out strings.Builder
	require.NoError(t, report.Print(&out))
	assert.Contains(t, out.String(), "DIFFERENT hourly sales hold every line once: 6 is not 7\n")
	text, err := json.Marshal(report)
	require.NoError(t, err)
	assert.Contains(t, string(text),
		`{"name":"hourly sales hold every line once","agrees":false,"curated":"6","processed":"7"}`)
}

// What came since the last run may be in the curated tables, in part: it shares event hours with what came before.
func TestClicksThatWaitMayBeMissing(t *testing.T) {
	for curated, differs := range map[string]int{"3": 1, "4": 0, "5": 0, "7": 0, "8": 1} {
		w := &world{
			marks: []string{"2026-03-01T10:00:00Z", "2026-03-01T11:00:00Z"},
			answers: map[string]string{
				`FROM "c"."sessions"`: curated, "WHERE true AND arrival_time < TIMESTAMP '2026-03-01 10:00:00'": "4",
			},
		}
		report, err := run(t, w)
		require.NoError(t, err)
		assert.Equal(t, differs, report.Different(), curated)
		if differs > 0 {
			assert.Equal(t, "sessions hold every click once: "+curated+" is not between 4 and 7", report[0].String())
		}
	}
}

func TestNotWhileARunGoesOn(t *testing.T) {
	_, err := run(t, &world{running: "sales-backfill"})
	require.ErrorContains(t, err, "sales-backfill:1 is running: wait for its end")
}
