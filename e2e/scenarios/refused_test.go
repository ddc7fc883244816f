package scenarios

import (
	"context"
	"fmt"
	"maps"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
	"dataplatform/e2e/load"
	"dataplatform/local/stack"
	"dataplatform/operations/doctor"
	"dataplatform/operations/replay"
	"dataplatform/operations/status"
	"dataplatform/operations/target"
	"dataplatform/platform/preview"
	"dataplatform/platform/settings"
)

// TestRefused lets clicks, a file and a line of a file be refused for causes that are then mended, and replays them:
// each is in processed once, raw is as it was, and a second replay changes nothing.
func TestRefused(t *testing.T) {
	ctx, l, _ := deployed(t)
	l.requireHealthy(ctx, t)
	start := time.Now()
	l.refuseClicks(ctx, t)
	arrived := l.refuseFiles(ctx, t)
	l.mendFiles(ctx, t, arrived)

	l.replayRefused(ctx, t, "clicks")
	l.requireClicks(ctx, t)
	l.requireAgreements(ctx, t)
	l.replayRefused(ctx, t, "sales")
	requireCounts(t, l.sales, l.countSales(ctx, t))
	l.requireAgreements(ctx, t)
	require.Equal(t, [][]string{{"1"}}, l.rows(ctx, t,
		`SELECT CAST(count(*) AS varchar) FROM "%s"."sales" WHERE invoice_no = '590001' AND unit_price_imputed AND CAST(unit_price AS double) = 4.2`, l.Outputs.Databases["processed"]))
	require.Empty(t, l.rows(ctx, t, `SELECT identity FROM "%s"."quarantine"`, l.Outputs.Databases["raw"]))

	before := append(l.clicksStored(ctx, t), l.digest(ctx, t, append(salesTables, curatedClicks...)...))
	q := l.refusals(t)
	for _, dataset := range []string{"clicks", "sales"} {
		plan, err := q.Refused(ctx, replay.Selection{Dataset: dataset})
		require.NoError(t, err)
		require.True(t, plan.Empty(), "%s: nothing is left to replay", dataset)
	}
	from := start.UTC().Truncate(time.Hour)
	plan, err := q.Received(ctx,
		replay.Selection{Dataset: "clicks", From: from, To: time.Now().UTC().Truncate(time.Hour).Add(time.Hour)})
	require.NoError(t, err)
	l.do(ctx, t, q, plan, "clicks")
	require.Equal(t, before, append(l.clicksStored(ctx, t), l.digest(ctx, t, append(salesTables, curatedClicks...)...)),
		"replaying all of raw changes nothing")
	l.requireStatus(ctx, t)
	destroyed(ctx, t, l)
}

func (l *lake) refusals(t *testing.T) *replay.Quarantine {
	t.Helper()
	set, err := contracts.Load()
	require.NoError(t, err)
	return &replay.Quarantine{
		Store: l.objects, Functions: lambda.NewFromConfig(l.config), Ledger: dynamodb.NewFromConfig(l.config),
		Contracts: set, Bucket: l.Outputs.Buckets["raw"], Landing: l.Outputs.Buckets["landing"],
		Files:         l.Outputs.Tables["files"],
		StreamARN:     l.streamARN(),
		FunctionNames: l.Outputs.Functions, Wait: time.Minute, Poll: 200 * time.Millisecond,
	}
}

// set gives a variable of a function another value, until the result is called.
func (l *lake) set(ctx context.Context, t *testing.T, function, variable, value string) (restore func()) {
	t.Helper()
	functions, name := lambda.NewFromConfig(l.config), l.Outputs.Functions[function]
	got, err := functions.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: &name})
	require.NoError(t, err)
	set := func(variables map[string]string) {
		_, err := functions.UpdateFunctionConfiguration(ctx, &lambda.UpdateFunctionConfigurationInput{
			FunctionName: &name, Environment: &types.Environment{Variables: variables},
		})
		require.NoError(t, err)
	}
	changed := maps.Clone(got.Environment.Variables)
	changed[variable] = value
	set(changed)
	return func() { set(got.Environment.Variables) }
}

// refuseClicks sends events, alone and together, to a function that takes only small ones.
func (l *lake) refuseClicks(ctx context.Context, t *testing.T) {
	t.Helper()
	restore := l.set(ctx, t, "clicks", "MAX_EVENT_BYTES", "300")
	space := strings.Repeat(" ", 300)
	records := []load.Record{goodEvent("small-0", ""), goodEvent("large-0", space), goodEvent("large-1", space)}
	records = append(records,
		join(join(goodEvent("small-1", ""), goodEvent("large-2", space)), goodEvent("small-2", "")))
	l.putClicks(ctx, t, records)
	l.drained(ctx, t)
	restore()
	counts := l.countClicks(ctx, t)
	require.Equal(t, map[string]int{contracts.ReasonEventTooLarge: 3}, counts.Reasons)
	require.Equal(t, 3, counts.Processed)
}

// refuseFiles drops a file that is too large for the landing function, and one with a line whose price nothing is known
// about.
func (l *lake) refuseFiles(ctx context.Context, t *testing.T) (arrival time.Time) {
	t.Helper()
	arrival = time.Date(2025, time.June, 6, 10, 20, 0, 0, time.UTC)
	var large strings.Builder
	large.WriteString(salesHeaderLine)
	const lines = 40
	for i := range lines {
		fmt.Fprintf(&large, "58%04d,20001,LARGE LANTERN,%d,2025-06-06 10:05:00,1.25,12000.0,France\n", i, i+1)
	}
	var unpriced strings.Builder
	unpriced.WriteString(salesHeaderLine + "590001,29999,NEW LANTERN,2,2025-06-06 10:10:00,,12000.0,France\n")
	const priced = 14 // so that the run's share of refused lines stays below the limit
	for i := range priced {
		fmt.Fprintf(&unpriced, "59%04d,20002,OLD LANTERN,2,2025-06-06 10:10:00,2.50,12000.0,France\n", 10+i)
	}
	restore := l.set(ctx, t, "landing", "MAX_FILE_BYTES", "2048")
	l.drop(ctx, t, []load.Drop{
		{Name: "large.csv", Content: []byte(large.String()), Arrival: arrival},
		{Name: "unpriced.csv", Content: []byte(unpriced.String()), Arrival: arrival},
	})
	restore()
	hour := arrival.Truncate(time.Hour)
	require.NoError(t, l.stateMachines.Hours(ctx, l.Outputs.StateMachines["sales"].Hourly, hour, hour.Add(time.Hour)))
	require.Equal(t, [][]string{{contracts.ReasonFileTooLarge, "1"},
		{contracts.ReasonPriceNotImputable, "1"}}, l.rows(ctx,
		t,
		`SELECT reason, CAST(count(*) AS varchar) FROM "%s"."quarantine" WHERE dataset = 'sales' GROUP BY reason ORDER BY reason`,
		l.Outputs.Databases["raw"]))
	l.sales = load.Expected{Received: lines + 1 + priced, Processed: lines + 1 + priced, Reasons: map[string]int{}}
	return arrival
}

const salesHeaderLine = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"

// mendFiles brings the price that was missing: sold days before, in a file that arrived in time.
func (l *lake) mendFiles(ctx context.Context, t *testing.T, arrived time.Time) {
	t.Helper()
	earlier := arrived.AddDate(0, 0, -3)
	l.drop(ctx, t, []load.Drop{{Name: "priced.csv", Content: []byte(salesHeaderLine +
		"570001,29999,NEW LANTERN,1,2025-06-03 10:10:00,4.20,12000.0,France\n"), Arrival: earlier}})
	hour := earlier.Truncate(time.Hour)
	require.NoError(t, l.stateMachines.Hours(ctx, l.Outputs.StateMachines["sales"].Hourly, hour, hour.Add(time.Hour)))
	l.sales = plus(l.sales, load.Expected{Received: 1, Processed: 1})
}

// replayRefused plans twice, to see that a plan changes nothing, then replays.
func (l *lake) replayRefused(ctx context.Context, t *testing.T, dataset string) {
	t.Helper()
	q := l.refusals(t)
	objects := append(l.keys(ctx, t, "raw", ""), l.keys(ctx, t, "processed", "")...)
	var plan replay.Plan
	for range 2 {
		var err error
		plan, err = q.Refused(ctx, replay.Selection{Dataset: dataset})
		require.NoError(t, err)
		require.False(t, plan.Empty())
		require.NoError(t, plan.Print(os.Stderr))
		require.Equal(t, objects, append(l.keys(ctx, t, "raw", ""), l.keys(ctx, t, "processed", "")...),
			"a plan writes nothing")
	}
	l.do(ctx, t, q, plan, dataset)
}

func (l *lake) do(ctx context.Context, t *testing.T, q *replay.Quarantine, plan replay.Plan, dataset string) {
	t.Helper()
	done, err := q.Do(ctx, plan)
	require.NoError(t, err)
	fmt.Fprintf(os.Stderr, "%s: %+v\n", dataset, done)
	for _, span := range plan.Hours {
		require.NoError(t, l.stateMachines.Hours(ctx, l.Outputs.StateMachines[dataset].Hourly, span.Start, span.End))
	}
}

// requireHealthy asks the doctor about the account that the emulator plays.
func (l *lake) requireHealthy(ctx context.Context, t *testing.T) {
	t.Helper()
	of, err := settings.Of(".", stack.Name)
	require.NoError(t, err)
	resources, err := preview.Registered(".", stack.Name)
	require.NoError(t, err)
	needs := doctor.Of(stack.Name, of, resources)
	deployer, err := target.Assume(ctx, l.config, stack.DeployerARN)
	require.NoError(t, err)
	report := doctor.NewAccount(deployer).Check(ctx, needs)
	require.NoError(t, report.Print(os.Stderr))
	require.Zero(t, report.Failed())
	require.Greater(t, len(report), 8)
}

// requireStatus reads the status as the command does.
func (l *lake) requireStatus(ctx context.Context, t *testing.T) {
	t.Helper()
	set, err := contracts.Load()
	require.NoError(t, err)
	found := status.New(l.config, set, l.Outputs).Read(ctx)
	require.Empty(t, found.Unread)
	require.NoError(t, found.Print(os.Stderr))
	for _, d := range found.Datasets {
		switch d.ID {
		case "processed.sales":
			require.EqualValues(t, l.sales.Processed, d.Rows)
		case "raw.clicks", "processed.clicks", "curated.sessions", "raw.sales":
			require.False(t, d.Newest.IsZero(), d.ID)
		}
	}
	for _, p := range found.Pipelines {
		if p.Name == "sales" {
			require.Equal(t, "SUCCEEDED", p.Last.Status)
			require.NotNil(t, p.Last.Counts)
			require.Zero(t, p.Waiting)
		}
	}
}
