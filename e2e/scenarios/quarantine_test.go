package scenarios

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
	"dataplatform/e2e/load"
	"dataplatform/e2e/report"
	"dataplatform/internal/figures"
)

// badClicks sends all kinds of bad events among good, duplicate and late ones.
func badClicks(ctx context.Context, t *testing.T, l *lake) {
	l.sendClicks(ctx, t, 3000, 0)
	l.drained(ctx, t)
	counts := l.requireClicks(ctx, t)
	for _, reason := range []string{
		contracts.ReasonUndecodable, contracts.ReasonInvalidUTF8, contracts.ReasonTruncatedGzip,
		contracts.ReasonExpandsTooLarge, contracts.ReasonEventTooLarge, contracts.ReasonUnsupportedVersion,
		contracts.ReasonUnknownField, contracts.ReasonMissingField, contracts.ReasonWrongType,
		contracts.ReasonInvalidValue, contracts.ReasonOutsideLateness,
	} {
		assert.Positive(t, counts.Reasons[reason], reason)
	}
}

// extremeRecords invokes the function with no records, and sends one that is as large as a record of plain lines may
// be.
func extremeRecords(ctx context.Context, t *testing.T, l *lake) {
	function := l.Outputs.Functions["clicks"]
	answer, err := lambda.NewFromConfig(l.config).Invoke(ctx,
		&lambda.InvokeInput{FunctionName: &function, Payload: []byte(`{"Records":[]}`)})
	require.NoError(t, err)
	require.Nil(t, answer.FunctionError, "%s", answer.Payload)
	require.JSONEq(t, `{"batchItemFailures":[]}`, string(answer.Payload))
	l.requireClicks(ctx, t)

	// A record, its partition key included, has at most 1 MiB unless the stream is set otherwise; the sender's first
	// key is one byte.
	const most = 1<<20 - 1
	var full load.Record
	for len(full.Data) < most-4096 {
		full = join(full, goodEvent(fmt.Sprintf("full-%d", len(full.EventIDs)), ""))
	}
	rest := most - len(full.Data) - len(goodEvent("full-last", "").Data) - 1
	full = join(full, goodEvent("full-last", strings.Repeat(" ", rest)))
	require.Len(t, full.Data, most)
	l.putClicks(ctx, t, []load.Record{full})
	l.drained(ctx, t)
	l.requireClicks(ctx, t)
}

// goodEvent is a record of one event, with white space in it.
func goodEvent(id, space string) load.Record {
	return load.Record{EventIDs: []string{id}, Data: fmt.Appendf(nil,
		`{"event_id":%q,"event_type":"product_view","event_time":%q,"visitor_id":"v1","url":"https://shop.example/p","product_id":"20001"%s}`,
		id, time.Now().UTC().Format("2006-01-02T15:04:05.000Z"), space)}
}

// join puts the lines of two records into one.
func join(a, b load.Record) load.Record {
	if len(a.Data) == 0 {
		return b
	}
	return load.Record{
		Data: bytes.Join([][]byte{a.Data, b.Data}, []byte("\n")), EventIDs: append(a.EventIDs, b.EventIDs...),
	}
}

// badFiles looks at what the files of firstSales left in quarantine, and drops a file of no dataset.
func badFiles(ctx context.Context, t *testing.T, l *lake) {
	counts := l.countSales(ctx, t)
	for _, reason := range []string{
		contracts.ReasonEmptyFile, contracts.ReasonWrongHeader, contracts.ReasonBrokenQuotes,
		contracts.ReasonTruncatedGzip,
	} {
		assert.Equal(t, 1, counts.Reasons[reason], reason)
	}
	for _, reason := range []string{contracts.ReasonMissingField, contracts.ReasonWrongType,
		contracts.ReasonPriceNotImputable} {
		assert.Positive(t, counts.Reasons[reason], reason)
	}

	content := []byte("a,b\n1,2\n")
	_, err := l.objects.PutObject(ctx, &s3.PutObjectInput{
		Bucket: aws.String(l.Outputs.Buckets["landing"]), Key: aws.String("unheard/of.csv"),
		Body: bytes.NewReader(content),
	})
	require.NoError(t, err)
	require.NoError(t, l.session.Drained(ctx, "landing"))
	require.Equal(t, [][]string{{load.Digest(content) + ":0"}}, l.rows(ctx, t,
		`SELECT identity FROM "%s"."quarantine" WHERE dataset = '%s' AND reason = '%s'`,
		l.Outputs.Databases["raw"], contracts.UnknownDataset, contracts.ReasonUnknownDataset))
}

func (l *lake) countSales(ctx context.Context, t *testing.T) figures.Counts {
	t.Helper()
	counts, err := report.Files(ctx, l.queries, l.Outputs, l.session.Ledger, "sales")
	require.NoError(t, err)
	return counts
}
