package scenarios

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	gluetypes "github.com/aws/aws-sdk-go-v2/service/glue/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
	"dataplatform/e2e/everywhere"
	"dataplatform/e2e/load"
	"dataplatform/e2e/report"
	"dataplatform/operations/erasure"
	"dataplatform/operations/reconcile"
	"dataplatform/operations/replay"
	"dataplatform/operations/statemachine"
)

// The customer that is erased; nobody of the generated shop is called so.
const (
	erasedNumber = "99001"
	erasedName   = "Zebedee Quillfeather"
	erasedEmail  = "zebedee@quillfeather.example"
)

// TestErasure sends the small load of the demo and one customer who is in everything, and erases that one.
func TestErasure(t *testing.T) {
	ctx, l, options := deployed(t)

	sent := time.Now()
	l.sendErased(ctx, t)
	l.failedBatch(ctx, t)
	l.runErased(ctx, t, sent)
	for _, query := range []string{"customers", "sales"} { // somebody has asked for the customer
		require.NotEmpty(t, l.rows(ctx, t,
			`SELECT * FROM "%s"."%s" WHERE customer_id = '%s'`, l.Outputs.Databases["processed"], query, erasedNumber))
	}
	held := l.holds(ctx, t, options.Tools.Python)
	for _, place := range []string{
		"landing/customers", "landing/sales", "/customers/ingest", "/sales/ingest", "/clicks/ingest", "/clicks/event",
		"/quarantine/customers", "/quarantine/clicks", "/quarantine-files/", "/aws/lambda/", "/customers/data",
		"/sales/data", "/customer_value/data", "/customers_current/data", "/metadata/", "/athena-results/",
	} {
		assert.True(t, strings.Contains(strings.ReplaceAll(strings.Join(held, "\n"), l.Outputs.Buckets["landing"],
			"landing"), place), "the customer is in %s before", place)
	}

	shown := l.exported(ctx, t)
	erased := l.erased(ctx, t)
	for name, place := range shown.Places {
		if name != "exports" { // the export itself, and its request
			assert.Equal(t, erased.Places[name].Objects, place.Objects, "%s: an erasure takes what is shown", name)
		}
	}
	for name, rows := range shown.Tables {
		// What is computed from the rows that go is computed again without them before anybody counts.
		if strings.HasPrefix(name, contracts.LayerProcessed+".") {
			assert.Equal(t, erased.Tables[name].Rows, rows, name)
		} else {
			assert.GreaterOrEqual(t, rows, erased.Tables[name].Rows, name)
		}
	}
	require.NoError(t, erased.Print(os.Stderr))
	require.Empty(t, l.holds(ctx, t, options.Tools.Python), "after the erasure")
	require.Equal(t, erasure.Table{Rows: 4, Versions: erased.Tables["processed.sales"].Versions},
		erased.Tables["processed.sales"])
	l.requireErased(ctx, t, erased)

	batches, err := l.replayer().List(ctx)
	require.NoError(t, err)
	require.Empty(t, batches, "there is nothing of the customer to replay")
	l.runErased(ctx, t, sent)
	require.Empty(t, l.holds(ctx, t, options.Tools.Python), "after a backfill of everything")
	l.requireErased(ctx, t, erased)
	l.replayedErased(ctx, t, sent)
	require.Empty(t, l.holds(ctx, t, options.Tools.Python), "after a replay of everything")
	l.requireErased(ctx, t, erased)
	l.maintained(ctx, t)
	l.requireErased(ctx, t, erased)
	l.requireGrantsUsed(ctx, t, "erase", "export", "maintain")
	destroyed(ctx, t, l)
}

// replayedErased gives the clicks function once more what raw has, and computes the hours: events that are there are
// there once, under the identities that they had.
func (l *lake) replayedErased(ctx context.Context, t *testing.T, sent time.Time) {
	t.Helper()
	before := l.clicksStored(ctx, t)
	q, from := l.refusals(t), sent.UTC().Truncate(time.Hour)
	plan, err := q.Received(ctx, replay.Selection{
		Dataset: "clicks", From: from, To: time.Now().UTC().Truncate(time.Hour).Add(time.Hour),
	})
	require.NoError(t, err)
	l.do(ctx, t, q, plan, "clicks")
	require.Equal(t, before, l.clicksStored(ctx, t))
}

// maintained runs the daily maintenance as its schedule does.
func (l *lake) maintained(ctx context.Context, t *testing.T) {
	t.Helper()
	jobs, name := glue.NewFromConfig(l.config), l.Outputs.Jobs["maintain"]
	started, err := jobs.StartJobRun(ctx, &glue.StartJobRunInput{JobName: &name})
	require.NoError(t, err)
	eventually(ctx, t, inTime, "the maintenance ends", func() bool {
		got, err := jobs.GetJobRun(ctx, &glue.GetJobRunInput{JobName: &name, RunId: started.JobRunId})
		require.NoError(t, err)
		require.NotEqual(t, gluetypes.JobRunStateFailed, got.JobRun.JobRunState, aws.ToString(got.JobRun.ErrorMessage))
		return got.JobRun.JobRunState == gluetypes.JobRunStateSucceeded
	})
}

// requireGrantsUsed holds the statements of roles against their use: a demo runs neither, so nothing else tells which
// is too much.
func (l *lake) requireGrantsUsed(ctx context.Context, t *testing.T, roles ...string) {
	t.Helper()
	var record report.PermissionRecord
	require.NoError(t, l.Call(ctx, "GET", "permissions", nil, &record))
	require.Empty(t, record.Refused)
	others := []string{
		"ReportMetrics",                                          // is for Glue itself
		"KeepTablesOfStreams", "KeepUnknownFeeds", "KeepObjects", // refuse, and nothing is to be refused
	}
	for _, unused := range report.CheckPermissions(record, nil, true).Unused {
		if slices.Contains(roles, unused.Role) && !slices.Contains(others, unused.Statement) {
			assert.Fail(t, "a grant that is too much", "%s of %s", unused.Statement, unused.Role)
		}
	}
}

// erased asks for the erasure as the command does.
func (l *lake) erased(ctx context.Context, t *testing.T) erasure.Report {
	t.Helper()
	e := &erasure.Eraser{
		Objects: l.objects, Runner: l.stateMachines, StateMachines: sfn.NewFromConfig(l.config),
		Bucket: l.Outputs.Buckets["artifacts"], StateMachineARN: l.Outputs.ErasureStateMachine,
	}
	for _, stateMachines := range l.Outputs.StateMachines {
		e.StateMachineARNs = append(e.StateMachineARNs, stateMachines.Hourly, stateMachines.Backfill)
	}
	erased, err := e.Run(ctx, erasedNumber)
	require.NoError(t, err)
	require.NoError(t, erased.Err())
	return erased
}

// exported asks for an export as the command does.
func (l *lake) exported(ctx context.Context, t *testing.T) erasure.Manifest {
	t.Helper()
	e := &erasure.Exporter{
		Objects: l.objects, Runner: l.stateMachines, Bucket: l.Outputs.Buckets["artifacts"],
		StateMachineARN: l.Outputs.ExportStateMachine,
	}
	folder := t.TempDir()
	shown, err := e.Run(ctx, erasedNumber, folder)
	require.NoError(t, err)
	require.NoError(t, shown.Err())
	text, err := os.ReadFile(filepath.Join(folder, "table-processed.customers.jsonl"))
	require.NoError(t, err)
	require.Contains(t, string(text), erasedName)
	return shown
}

// requireErased counts: what is lost is what was erased, and the tables agree with one another.
func (l *lake) requireErased(ctx context.Context, t *testing.T, erased erasure.Report) {
	t.Helper()
	for _, dataset := range []string{"sales", "customers"} {
		counts, err := report.Files(ctx, l.queries, l.Outputs, l.session.Ledger, dataset)
		require.NoError(t, err)
		require.Equal(t, erased.Places["raw."+dataset].Records, counts.Lost,
			"%s: what the sender's ledger has more is what the report says", dataset)
	}
	for _, agreement := range reconcile.Agreements(l.Outputs, time.Time{}) {
		found, err := agreement.Find(ctx, l.queries)
		require.NoError(t, err)
		require.Empty(t, found.String())
	}
}

// sendErased sends the generated customers, some sales and clicks, and the customer among them: good, repeated and bad.
func (l *lake) sendErased(ctx context.Context, t *testing.T) {
	t.Helper()
	masters, _ := load.GenerateCustomers(1)
	sales, _ := load.GenerateSales(1, 300)
	at := masters[0].Arrival
	record := func(number, country, updated string) string {
		return fmt.Sprintf("%s,%s,%s,1980-02-29,75001,%s,%s\n", number, erasedName, erasedEmail, country, updated)
	}
	const customersHead = "CustomerID,Name,Email,BirthDate,Postcode,Country,UpdatedAt\n"
	mine := customersHead + record(erasedNumber+".0", "France", "2025-01-06T09:00:00Z") +
		"98001,Other Person,other@person.example,1980-02-29,75001,France,2025-01-06T09:00:00Z\n" +
		record(erasedNumber, "Spain", "2025-02-06T09:00:00Z") + record("", "Spain", "2025-02-06T09:00:00Z")
	line := func(number, code, quantity string) string {
		return fmt.Sprintf("%s,%s,QUILL,%s,2025-06-02 08:30:00,2.50,%s.0,France\n", number, code, quantity,
			erasedNumber)
	}
	const salesHead = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
	mySales := salesHead + line("990001", "20001", "3") + line("990001", "20001", "3") + line("990002", "20002", "x") +
		strings.ReplaceAll(line("990003", "20003", "5"), erasedNumber, "98001") + line("C990004", "20001",
		"-1") + line("990005", "20004", "2") +
		strings.ReplaceAll(strings.Replace(line("990006", "20005", "1"), "QUILL", erasedName, 1), erasedNumber+".0", "")
	files := map[string][]load.Drop{
		"customers": append(masters, load.Drop{Name: "mine.csv", Content: []byte(mine), Arrival: at},
			load.Drop{Name: "broken.csv", Content: []byte(mine + `"never closed`), Arrival: at},
			load.Drop{Name: erasedEmail + ".utf16.csv", Content: inUTF16(mine), Arrival: at}),
		"sales": append(sales[:1], load.Drop{Name: "mine.csv", Content: []byte(mySales), Arrival: sales[0].Arrival}),
	}
	ledger := &load.Ledger{}
	sender := &load.FileSender{Client: s3.NewFromConfig(l.config), Bucket: l.Outputs.Buckets["landing"], Ledger: ledger}
	for dataset, drops := range files {
		require.NoError(t, sender.Put(ctx, dataset, drops))
	}
	l.session.Ledger.Merge(ledger)
	var records []load.Record
	for i := range 60 { // so many that the share of the bad one passes the quality gate
		records = append(records, goodEvent(fmt.Sprintf("other-%d", i), ""))
	}
	for i := range 3 {
		records = append(records, goodEvent(fmt.Sprintf("erased-%d", i), fmt.Sprintf(`,"user_id":%q`, erasedNumber)))
	}
	records = append(records, goodEvent("erased-bad", fmt.Sprintf(`,"user_id":%q,"quantity":"many"`, erasedNumber)))
	// Between two others, and encoded as pages do.
	encoded := goodEvent("erased-encoded",
		`,"referrer":"https://mail.example/?to=`+strings.ReplaceAll(erasedEmail, "@", "%40")+`"`)
	records = append(records, join(join(goodEvent("mixed-0", ""), encoded), goodEvent("mixed-2", "")),
		goodEvent("erased-last", fmt.Sprintf(`,"search_term":%q`, erasedName)))
	l.putClicks(ctx, t, records)
	require.NoError(t, l.session.FilesIn(ctx))
	l.drained(ctx, t)
}

// inUTF16 is a text as spreadsheets save it, which landing refuses.
func inUTF16(text string) []byte {
	content := []byte{0xff, 0xfe}
	for _, unit := range utf16.Encode([]rune(text)) {
		content = binary.LittleEndian.AppendUint16(content, unit)
	}
	return content
}

// failedBatch leaves a batch with a click of the customer, as a mapping that gave up does, and replays it.
func (l *lake) failedBatch(ctx context.Context, t *testing.T) {
	t.Helper()
	const shard = "shardId-000000000000"
	data := goodEvent("erased-failed", fmt.Sprintf(`,"user_id":%q`, erasedNumber)).Data
	event, err := json.Marshal(map[string]any{"Records": []any{map[string]any{
		"eventID": shard + ":1", "eventSource": "aws:kinesis", "eventVersion": "1.0", "eventName": "aws:kinesis:record",
		"awsRegion": "eu-west-1", "eventSourceARN": l.streamARN(),
		"kinesis": map[string]any{
			"partitionKey": "a", "sequenceNumber": "1", "kinesisSchemaVersion": "1.0",
			"data":                        base64.StdEncoding.EncodeToString(data),
			"approximateArrivalTimestamp": float64(time.Now().UnixMilli()) / 1000,
		},
	}}})
	require.NoError(t, err)
	batch, err := json.Marshal(map[string]any{
		"requestContext":   map[string]any{"condition": "RecordAgeExceeded"},
		"KinesisBatchInfo": map[string]any{"shardId": shard, "batchSize": 1}, "payload": string(event),
	})
	require.NoError(t, err)
	bucket := l.Outputs.Buckets["discarded"]
	_, err = l.objects.PutObject(ctx,
		&s3.PutObjectInput{
			Bucket: &bucket, Key: aws.String("aws/lambda/uuid/shard/failed"), Body: bytes.NewReader(batch),
		})
	require.NoError(t, err)
	batches, err := l.replayer().List(ctx)
	require.NoError(t, err)
	require.Len(t, batches, 1)
	require.NoError(t, l.replayer().Replay(ctx, batches[0]))
}

// runErased runs the state machines over all that arrived: the files' as a backfill, the clicks' by the hour.
func (l *lake) runErased(ctx context.Context, t *testing.T, sent time.Time) {
	t.Helper()
	for _, dataset := range []string{"customers", "sales"} {
		hours := l.session.Ledger.ArrivalHours(dataset)
		chunk := statemachine.Interval(hours[0], hours[len(hours)-1].Add(time.Hour))
		require.NoError(t, l.stateMachines.Backfill(ctx, l.Outputs.StateMachines[dataset].Backfill, []string{chunk}))
	}
	require.NoError(t, l.stateMachines.Hours(ctx, l.Outputs.StateMachines["clicks"].Hourly,
		sent.UTC().Truncate(time.Hour), time.Now().UTC().Truncate(time.Hour).Add(time.Hour)))
}

// holds lists the object versions that hold the customer, whatever they are packed in.
func (l *lake) holds(ctx context.Context, t *testing.T, python string) []string {
	t.Helper()
	result, err := everywhere.Look(ctx, python, l.Endpoint, os.Stderr, erasedNumber, erasedName, erasedEmail,
		l.pseudonym(ctx, t, erasedNumber))
	require.NoError(t, err)
	require.Greater(t, result.Looked, 20, "objects were looked at")
	// Access logs have the names that sources give to objects, and end with their days.
	return slices.DeleteFunc(result.Found, func(one string) bool {
		return strings.HasPrefix(one, l.Outputs.Buckets["logs"]+"/landing/")
	})
}
