package guardrails

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/policies"
)

// TestWhatRolesCanDo to data. The lines that are allowed keep the refusals honest: a role that can do nothing would
// pass those.
func TestWhatRolesCanDo(t *testing.T) {
	const yes, no, refused = policies.Allowed, policies.NotAllowed, policies.Denied
	put, get, remove, list := "s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:ListBucket"
	tests := []struct {
		role, action, resource string
		want                   policies.Decision
	}{
		{"clickstream-function", put, object("raw", "clicks/a.json.gz"), no}, // over another: TestRawIsWrittenOnce
		{"clickstream-function", put, object("raw", "quarantine/clicks/reason=schema/a.json.gz"), yes},
		{"clickstream-function", put, object("discarded", "aws/lambda/failed"), yes},
		{"clickstream-function", put, object("processed", "clicks/a.parquet"), yes},
		{"clickstream-function", put, object("raw", "sales/a.csv.gz"), no},
		{"clickstream-function", put, object("processed", "sales/data/a.parquet"), no},
		{"clickstream-function", get, object("raw", "clicks/a.json.gz"), no},
		{"clickstream-function", get, object("curated", "sessions/data/a.parquet"), no},
		{"clickstream-function", put, object("curated", "sessions/data/a.parquet"), no},
		{"clickstream-function", list, "arn:aws:s3:::curated", no},
		{"clickstream-function", remove, object("raw", "clicks/a.json.gz"), no},
		{"clickstream-function", remove, object("processed", "clicks/a.parquet"), no},

		{"landing-function", get, object("landing", "sales/a.csv"), yes},
		{"landing-function", put, object("raw", "sales/a.csv.gz"), no}, // over another
		{"landing-function", put, object("raw", "quarantine-files/a"), yes},
		{"landing-function", remove, object("landing", "sales/a.csv"), no},
		{"landing-function", remove, object("raw", "sales/a.csv.gz"), no},
		{"landing-function", get, object("raw", "sales/a.csv.gz"), no},
		{"landing-function", put, object("raw", "clicks/a.json.gz"), no},
		{"landing-function", put, object("processed", "sales/data/a.parquet"), no},
		{"landing-function", put, object("curated", "sales_hourly/data/a.parquet"), no},
		{"landing-function", get, object("curated", "sales_hourly/data/a.parquet"), no},

		{"landing-producer", put, object("landing", "sales/a.csv"), yes},
		{"landing-producer", put, object("landing", "other/a.csv"), no},
		{"landing-producer", get, object("landing", "sales/a.csv"), no},
		{"landing-producer", list, "arn:aws:s3:::landing", no},
		{"landing-producer", put, object("raw", "sales/a.csv.gz"), no},

		{"sales-process", get, object("raw", "sales/a.csv.gz"), yes},
		{"sales-process", put, object("processed", "sales/data/a.parquet"), yes},
		{"sales-process", put, object("raw", "quarantine/sales/a.json.gz"), yes},
		{"sales-process", get, object("artifacts", "glue/0123456789abcdef/process.py"), yes},
		{"sales-process", put, object("artifacts", "runs/sales/hour.json"), yes},
		{"sales-process", put, object("raw", "sales/a.csv.gz"), no},
		{"sales-process", remove, object("raw", "sales/a.csv.gz"), no},
		{"sales-process", put, object("curated", "sales_hourly/data/a.parquet"), no},
		{"sales-process", put, object("processed", "clicks/a.parquet"), no},
		{"sales-process", put, object("artifacts", "glue/0123456789abcdef/process.py"), no},
		{"sales-process", get, object("landing", "sales/a.csv"), no},

		{"sales-curate", put, object("curated", "sales_hourly/data/a.parquet"), yes},
		{"sales-curate", get, object("processed", "sales/data/a.parquet"), yes},
		{"sales-curate", get, object("raw", "sales/a.csv.gz"), no},
		{"sales-curate", put, object("processed", "sales/data/a.parquet"), no},
		{"sales-curate", put, object("curated", "sessions/data/a.parquet"), no},
		{"sales-curate", put, object("raw", "quarantine/sales/a.json.gz"), no},

		{"clicks-curate", put, object("curated", "sessions/data/a.parquet"), yes},
		{"clicks-curate", get, object("processed", "clicks/a.parquet"), yes},
		{"clicks-curate", get, object("raw", "clicks/a.json.gz"), yes},
		{"clicks-curate", get, object("raw", "quarantine/clicks/reason=schema/a.json.gz"), yes},
		{"clicks-curate", put, object("processed", "clicks/a.parquet"), no},
		{"clicks-curate", put, object("curated", "sales_hourly/data/a.parquet"), no},
		{"clicks-curate", get, object("processed", "sales/data/a.parquet"), no},

		{"tables", put, object("curated", "sessions/metadata/1.json"), yes},
		{"tables", put, object("curated", "sessions/data/a.parquet"), no},
		{"tables", get, object("curated", "sessions/data/a.parquet"), no},
		{"tables", put, object("processed", "clicks/a.parquet"), no},
		{"tables", "glue:UpdateTable", "arn:aws:glue:eu-west-1:123456789012:table/shop_%_processed/clicks", refused},
		{"tables", get, object("raw", "clicks/a.json.gz"), no},

		{"maintain", put, object("curated", "sessions/data/a.parquet"), yes},
		{"maintain", remove, object("processed", "sales/data/a.parquet"), yes},
		{"maintain", remove, object("processed", "clicks/a.parquet"), no},
		{"maintain", remove, object("processed", "thumbnails/a/256.jpg"), no},
		{"maintain", "glue:UpdateTable", "arn:aws:glue:eu-west-1:123456789012:table/shop_%_processed/clicks", refused},
		{"maintain", "s3:DeleteObjectVersion", object("processed", "sales/data/a.parquet"), no},
		{"maintain", get, object("raw", "sales/a.csv.gz"), no},
		{"maintain", get, object("landing", "sales/a.csv"), no},

		{"erase", put, object("raw", "sales/a.csv.gz"), yes},
		{"erase", "s3:DeleteObjectVersion", object("raw", "customers/a.csv.gz"), yes},
		{"erase", "s3:DeleteObjectVersion", object("landing", "customers/a.csv"), yes},
		{"erase", "s3:DeleteObjectVersion", object("curated", "customer_value/data/a.parquet"), yes},
		{"erase", "s3:DeleteObjectVersion", object("artifacts", "athena-results/a.csv"), yes},
		{"erase", put, object("artifacts", "audit/erasures/a.json"), yes},
		{"erase", get, object("artifacts", "audit/erasures/a.json"), no},
		{"erase", remove, object("artifacts", "audit/erasures/a.json"), no},
		{"erase", "s3:DeleteObjectVersion", object("artifacts", "audit/erasures/a.json"), no},
		{"erase", "s3:DeleteObjectVersion", object("raw", "assets/a.jpg"), yes},
		{"erase", put, object("raw", "assets-rows/ingest_date=2026-01-01/a.ndjson.gz"), yes},
		{"erase", "s3:DeleteObjectVersion", object("processed", "thumbnails/a/256.jpg"), yes},
		{"erase", put, object("processed", "thumbnails/a/256.jpg"), no},
		{"erase", put, object("raw", "assets/a.jpg"), refused},
		{"erase", get, object("raw", "discovery/feed/a.csv"), refused},
		{"erase", "s3:DeleteObjectVersion", object("raw", "discovery/feed/a.csv"), refused},
		{"erase", "glue:UpdateTable", "arn:aws:glue:eu-west-1:123456789012:table/shop_%_processed/clicks", refused},
		{"erase", "glue:UpdateTable", "arn:aws:glue:eu-west-1:123456789012:table/shop_%_processed/sales", yes},
		{"erase", "glue:UpdateTable", "arn:aws:glue:eu-west-1:123456789012:table/shop_%_raw/sales", no},
		{"erase", put, object("landing", "sales/a.csv"), no},
		{"erase", "s3:DeleteObjectVersion", object("artifacts", "runs/sales/hour.json"), no},
		{"erase", put, object("artifacts", "glue/0123456789abcdef/process.py"), no},
		{"erase", "s3:DeleteObjectVersion", object("artifacts", "glue/0123456789abcdef/process.py"), no},

		{"export", get, object("raw", "sales/a.csv.gz"), yes},
		{"export", get, object("raw", "discovery/feed/a.csv"), refused},
		{"export", put, object("curated", "sessions/data/a.parquet"), no},

		{"sales-pipeline", get, object("artifacts", "runs/sales/hour.json"), yes},
		{"sales-pipeline", get, object("artifacts", "runs/clicks/hour.json"), no},
		{"sales-pipeline", put, object("artifacts", "runs/sales/hour.json"), no},
		{"sales-pipeline", get, object("curated", "sales_hourly/data/a.parquet"), no},

		{"discovery", get, object("raw", "discovery/feed/a.csv"), yes},
		{"discovery", get, object("raw", "sales/a.csv.gz"), no},
		{"discovery", put, object("raw", "discovery/feed/a.csv"), no},
		{"discovery", "glue:CreateTable", "arn:aws:glue:eu-west-1:123456789012:table/shop_%_raw/discovery_feed", yes},
		{"discovery", "glue:UpdateTable", "arn:aws:glue:eu-west-1:123456789012:table/shop_%_raw/sales", no},
	}
	forEachGraph(t, func(t *testing.T, g Graph, roles map[string]role) {
		for _, tt := range tests {
			r, ok := roles[tt.role]
			require.True(t, ok, tt.role)
			resource := strings.ReplaceAll(tt.resource, "%", g.Stack)
			assert.Equal(t, tt.want, g.may(t, r, tt.action, resource, nil), "%s: %s on %s", tt.role, tt.action,
				resource)
		}
	})
}

// TestRawIsWrittenOnce: but for the erasure's, no role puts an object of raw's data over another.
func TestRawIsWrittenOnce(t *testing.T) {
	forEachGraph(t, func(t *testing.T, g Graph, roles map[string]role) {
		once := map[string]string{"s3:if-none-match": "*"}
		for key, writer := range map[string]string{
			"clicks/a.json.gz": "clickstream-function", "sales/a.csv.gz": "landing-function",
		} {
			assert.Equal(t, policies.Allowed, g.may(t, roles[writer], "s3:PutObject", object("raw", key), once), writer)
			for name, r := range roles {
				over := g.may(t, r, "s3:PutObject", object("raw", key), nil) == policies.Allowed
				assert.Equal(t, name == breakGlass, over, "%s puts %s over another", name, key)
			}
		}
	})
}

// TestPeopleQueryInTheirOwnWorkgroup: each kind in its own, with its own results, and no kind holds a right on data
// itself.
func TestPeopleQueryInTheirOwnWorkgroup(t *testing.T) {
	forEachGraph(t, func(t *testing.T, g Graph, _ map[string]role) {
		all := people(t, g)
		for _, kind := range []string{"analysts", "data-scientists", "engineers"} {
			require.Contains(t, all, kind)
		}
		for name, r := range all {
			may := func(action, resource string) bool {
				return g.may(t, r, action, resource, through("s3")) == policies.Allowed
			}
			for other := range all {
				workgroup, result := arnOf(t, g, workgroupToken, other),
					object("artifacts", "athena-results/"+other+"/a.csv")
				assert.Equal(t, name == other, may("athena:StartQueryExecution", workgroup),
					"%s in the workgroup of %s", name, other)
				assert.Equal(t, name == other, may("athena:GetQueryResults", workgroup),
					"%s in the workgroup of %s", name, other)
				assert.Equal(t, name == other, may("s3:GetObject", result), "%s reads results of %s", name, other)
				assert.False(t, may("athena:UpdateWorkGroup", workgroup), "%s changes the workgroup of %s", name, other)
			}
			assert.False(t, may("athena:StartQueryExecution",
				"arn:aws:athena:eu-west-1:123456789012:workgroup/primary"), "%s in the account's own workgroup", name)
			for _, bucket := range g.Of(bucketToken) {
				for _, action := range []string{"s3:GetObject", "s3:PutObject", "s3:DeleteObject"} {
					assert.False(t, may(action, object(bucket.Name, "sales/a")), "%s: %s in %s", name, action,
						bucket.Name)
				}
			}
			for _, key := range g.Of(keyToken) {
				assert.Equal(t, key.Name == "artifacts", may("kms:Decrypt", key.Outputs["arn"].StringValue()),
					"%s with the key %s", name, key.Name)
			}
			raw := may("glue:GetTable", "arn:aws:glue:eu-west-1:123456789012:table/shop_"+g.Stack+"_raw/sales")
			assert.Equal(t, !strings.HasPrefix(name, "analysts"), raw, "%s looks tables of raw up", name)
			assert.True(t, may("glue:GetTable",
				"arn:aws:glue:eu-west-1:123456789012:table/shop_"+g.Stack+"_curated/sales_hourly"), name)
		}
	})
}

// TestWhatRolesCanDoElsewhere: queues, tables, streams, jobs.
func TestWhatRolesCanDoElsewhere(t *testing.T) {
	const yes, no = policies.Allowed, policies.NotAllowed
	tests := []struct {
		role, action, token, name string
		want                      policies.Decision
	}{
		{"clickstream-producer", "kinesis:PutRecords", streamToken, "clickstream", yes},
		{"clickstream-producer", "kinesis:GetRecords", streamToken, "clickstream", no},
		{"clickstream-function", "kinesis:GetRecords", streamToken, "clickstream", yes},
		{"clickstream-function", "kinesis:PutRecords", streamToken, "clickstream", no},
		{"clickstream-function", "kinesis:DeleteStream", streamToken, "clickstream", no},
		{"clickstream-function", "sqs:ReceiveMessage", queueToken, "landing-queue", no},
		{"clickstream-function", "dynamodb:PutItem", tableToken, "ledger-files", no},
		{"clickstream-function", "dynamodb:PutItem", tableToken, "ledger-hours", yes},
		{"clickstream-function", "dynamodb:DeleteItem", tableToken, "ledger-hours", no},
		{"clicks-curate", "dynamodb:DeleteItem", tableToken, "ledger-hours", yes},
		{"clicks-curate", "dynamodb:Query", tableToken, "ledger-files", no},
		{"sales-curate", "dynamodb:Query", tableToken, "ledger-hours", no},
		{"landing-function", "sqs:DeleteMessage", queueToken, "landing-queue", yes},
		{"landing-function", "sqs:SendMessage", queueToken, "landing-queue", no},
		{"landing-function", "sqs:PurgeQueue", queueToken, "landing-queue", no},
		{"landing-function", "sqs:ReceiveMessage", queueToken, "landing-dead-letters", no},
		{"landing-function", "dynamodb:PutItem", tableToken, "ledger-files", yes},
		{"landing-function", "dynamodb:DeleteItem", tableToken, "ledger-files", no},
		{"landing-function", "dynamodb:PutItem", tableToken, "ledger-leases", no},
		{"sales-process", "dynamodb:UpdateItem", tableToken, "ledger-files", yes},
		{"sales-process", "dynamodb:PutItem", tableToken, "ledger-files", no},
		{"sales-process", "dynamodb:DeleteItem", tableToken, "ledger-files", no},
		{"sales-process", "dynamodb:DeleteItem", tableToken, "ledger-leases", yes},
		{"sales-process", "glue:StartJobRun", jobToken, "sales-curate", no},
		{"tables-function", "glue:StartJobRun", jobToken, "tables", yes},
		{"tables-function", "glue:StartJobRun", jobToken, "sales-curate", no},
		{"maintain", "dynamodb:UpdateItem", tableToken, "ledger-files", no},
		{"maintain", "dynamodb:PutItem", tableToken, "ledger-leases", yes},
		{"erase", "dynamodb:UpdateItem", tableToken, "ledger-files", yes},
		{"erase", "dynamodb:PutItem", tableToken, "ledger-files", no},
		{"erase", "dynamodb:DeleteItem", tableToken, "ledger-files", no},
		{"maintain-daily", "glue:StartJobRun", jobToken, "maintain", yes},
		{"maintain-daily", "glue:StartJobRun", jobToken, "tables", no},
		{"sales-pipeline", "sns:Publish", topicToken, "alarms", yes},
		{"sales-pipeline", "sns:Subscribe", topicToken, "alarms", no},
		{"sales-hourly", "sqs:SendMessage", queueToken, "sales-hourly-dead-letters", yes},
		{"sales-hourly", "sqs:SendMessage", queueToken, "landing-queue", no},
		{"sales-hourly", "glue:StartJobRun", jobToken, "sales-curate", no},
	}
	forEachGraph(t, func(t *testing.T, g Graph, roles map[string]role) {
		for _, tt := range tests {
			r, ok := roles[tt.role]
			require.True(t, ok, tt.role)
			assert.Equal(t, tt.want, g.may(t, r, tt.action, arnOf(t, g, tt.token, tt.name), nil),
				"%s: %s on %s", tt.role, tt.action, tt.name)
		}
	})
}
