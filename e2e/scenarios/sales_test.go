package scenarios

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/require"

	"dataplatform/e2e/load"
	"dataplatform/operations/statemachine"
)

const salesLines = 320 // of each generated file

// drop puts order files into the landing bucket and waits until the platform has taken them in.
func (l *lake) drop(ctx context.Context, t *testing.T, drops []load.Drop) {
	t.Helper()
	ledger := &load.Ledger{}
	sender := &load.FileSender{Client: s3.NewFromConfig(l.config), Bucket: l.Outputs.Buckets["landing"], Ledger: ledger}
	require.NoError(t, sender.Put(ctx, "sales", drops))
	l.session.Ledger.Merge(ledger)
	l.drops = append(l.drops, drops...)
	require.NoError(t, l.session.FilesIn(ctx))
}

// firstSales runs the hours of generated files as a demo does.
func firstSales(ctx context.Context, t *testing.T, l *lake) {
	drops, expected := load.GenerateSales(1, salesLines)
	l.drop(ctx, t, drops)
	l.sales = expected
	l.runSales(ctx, t)
	requireCounts(t, l.sales, l.countSales(ctx, t))
	l.requireAgreements(ctx, t)
}

// killJob kills a running job with all its processes.
func (l *lake) killJob(ctx context.Context, t *testing.T, job string) {
	t.Helper()
	for _, p := range l.processes(ctx, t) {
		if p.Kind == "glue" && strings.Contains(p.Name, job) {
			require.NoError(t, syscall.Kill(-p.PID, syscall.SIGKILL))
			return
		}
	}
	require.Fail(t, "no job is running", job)
}

// runSales runs every hour in which files arrived: the first two by the hourly state machine, the rest by the
// backfill's.
func (l *lake) runSales(ctx context.Context, t *testing.T) {
	t.Helper()
	require.NoError(t, l.session.RunFiles(ctx, "sales"))
}

// shuffledSales repeats runs, then starts again from empty tables with the days out of order.
func shuffledSales(ctx context.Context, t *testing.T, l *lake) {
	want := l.digest(ctx, t, salesTables...)
	hour := l.session.Ledger.ArrivalHours("sales")[0]
	require.NoError(t, l.stateMachines.Hours(ctx, l.Outputs.StateMachines["sales"].Hourly, hour, hour.Add(time.Hour)))
	require.Equal(t, want, l.digest(ctx, t, salesTables...), "an hour run twice")

	for _, table := range salesTables {
		l.empty(ctx, t, table)
	}
	require.NotEqual(t, want, l.digest(ctx, t, salesTables...))
	days := l.salesDays()
	require.Greater(t, len(days), 2)
	shuffled := append(slices.Clone(days[1:]), days[0]) // what the first day has first, later days repeat
	slices.Reverse(shuffled[:len(shuffled)-1])
	backfill := l.Outputs.StateMachines["sales"].Backfill
	require.NoError(t, l.stateMachines.Backfill(ctx, backfill, shuffled))
	require.Equal(t, want, l.digest(ctx, t, salesTables...), "days in the order %v", shuffled)
	require.NoError(t, l.stateMachines.Backfill(ctx, backfill, days[:1]))
	require.Equal(t, want, l.digest(ctx, t, salesTables...), "a day run twice")
	requireCounts(t, l.sales, l.countSales(ctx, t))
}

// salesDays are the days in which files arrived, as chunks of a backfill.
func (l *lake) salesDays() []string {
	var days []string
	for _, hour := range l.session.Ledger.ArrivalHours("sales") {
		day := hour.Truncate(24 * time.Hour)
		days = append(days, statemachine.Interval(day, day.AddDate(0, 0, 1)))
	}
	return slices.Compact(days)
}

// metadata is where the catalog says that a table's current metadata lies.
func (l *lake) metadata(ctx context.Context, t *testing.T, table string) (location string, got *types.Table) {
	t.Helper()
	layer, dataset, _ := strings.Cut(table, ".")
	database := l.Outputs.Databases[layer]
	answer, err := glue.NewFromConfig(l.config).GetTable(ctx,
		&glue.GetTableInput{DatabaseName: &database, Name: &dataset})
	require.NoError(t, err)
	return answer.Table.Parameters[metadataLocation], answer.Table
}

const metadataLocation = "metadata_location"

// empty points the catalog back at the metadata that a table had after the deployment, before anything was written.
func (l *lake) empty(ctx context.Context, t *testing.T, table string) {
	t.Helper()
	_, got := l.metadata(ctx, t, table)
	parameters := maps.Clone(got.Parameters)
	parameters["previous_metadata_location"] = parameters[metadataLocation]
	parameters[metadataLocation] = l.unwritten[table]
	_, err := glue.NewFromConfig(l.config).UpdateTable(ctx,
		&glue.UpdateTableInput{DatabaseName: got.DatabaseName, TableInput: &types.TableInput{
			Name: got.Name, Parameters: parameters, TableType: got.TableType, StorageDescriptor: got.StorageDescriptor,
			Description: got.Description, Owner: got.Owner,
		}})
	require.NoError(t, err)
	require.Empty(t, l.rows(ctx, t, `SELECT * FROM "%s"."%s"`, *got.DatabaseName, *got.Name))
}

// lateFile drops a file ten minutes after its hour was run, and lets the next hour's schedule fire.
func lateFile(ctx context.Context, t *testing.T, l *lake) {
	const rows = 3
	start := time.Date(2025, time.June, 6, 8, 0, 0, 0, time.UTC)
	arrival := start.Add(time.Hour + 10*time.Minute)
	var content strings.Builder
	content.WriteString("InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n")
	for i := range rows {
		fmt.Fprintf(&content, "59%04d,20001,LATE LANTERN,%d,2025-06-06 09:30:00,1.25,12000.0,France\n", i, i+1)
	}
	l.fire(ctx, t, start.Add(time.Hour)) // the hour is over, and nothing has arrived
	l.drop(ctx, t, []load.Drop{{Name: "late.csv", Content: []byte(content.String()), Arrival: arrival}})
	l.sales = plus(l.sales, load.Expected{Received: rows, Processed: rows})
	l.fire(ctx, t, start.Add(3*time.Hour)) // two hours later: the hour in between was never run
	requireCounts(t, l.sales, l.countSales(ctx, t))
	require.Equal(t, [][]string{{"6"}}, l.rows(ctx, t,
		`SELECT CAST(sum(units_sold) AS varchar) FROM "%s"."sales_hourly" WHERE description = 'LATE LANTERN'`,
		l.Outputs.Databases["curated"]))
}

// fire lets the sales schedule fire as if a time had come, and waits for the run.
func (l *lake) fire(ctx context.Context, t *testing.T, at time.Time) {
	t.Helper()
	var fired struct {
		Execution string `json:"executionArn"`
		Input     string `json:"input"`
	}
	require.NoError(t, l.Call(ctx, "POST", "fire", map[string]string{
		"schedule": l.Outputs.Schedules["sales"], "time": at.Format(time.RFC3339),
	}, &fired))
	require.NoError(t, l.stateMachines.Wait(ctx, fired.Execution, fired.Input))
}
