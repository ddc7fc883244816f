package guardrails

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/internal/pulumitest"
	"dataplatform/policies"
)

// role is a role of a graph with the documents that decide what it can do.
type role struct {
	name   string // without -role
	arn    string
	trust  policies.Document
	grants policies.Document
}

// roles are all roles of a graph by name. Each has exactly one document of grants.
func roles(t *testing.T, g Graph) map[string]role {
	t.Helper()
	found := map[string]role{}
	for _, r := range g.Of(roleToken) {
		grants, ok := g.settingOf(r, grantsToken, "role")
		require.True(t, ok, "%s has no grants", r.Name)
		held, err := Documents(r)
		require.NoError(t, err)
		granted, err := Documents(grants)
		require.NoError(t, err)
		name := strings.TrimSuffix(r.Name, "-role")
		found[name] = role{name, r.Outputs["arn"].StringValue(), held["assumeRolePolicy"], granted["policy"]}
	}
	return found
}

// may decides a request of a role as AWS does inside one account: by the role's grants and the policy of what it asks for, which have to agree
// where the resource is a key.
func (g Graph) may(t *testing.T, r role, action, resource string, context map[string]string) policies.Decision {
	t.Helper()
	request := policies.Request{Principal: r.arn, Action: action, Resource: resource, Context: map[string]string{"aws:SecureTransport": "true", "s3:TlsVersion": "1.3"}}
	maps.Copy(request.Context, context)
	own, err := policies.Evaluate(request, r.grants)
	require.NoError(t, err)
	holder, ok := g.owner(resource)
	if !ok {
		return own
	}
	if holder.Type == keyToken {
		documents, err := Documents(holder)
		require.NoError(t, err)
		admitted, err := policies.Evaluate(request, documents["policy"])
		require.NoError(t, err)
		if own == policies.Allowed {
			return admitted
		}
		return own
	}
	document, problem := g.resourcePolicy(holder)
	require.Empty(t, problem, holder.Name)
	both, err := policies.Evaluate(request, r.grants, document)
	require.NoError(t, err)
	return both
}

// owner is the resource with a policy of its own that an ARN belongs to.
func (g Graph) owner(arn string) (pulumitest.Resource, bool) {
	bucket, _, _ := strings.Cut(arn, "/")
	if strings.HasPrefix(arn, "arn:aws:s3:::") {
		return g.named(bucket, bucketToken)
	}
	return g.named(arn, keyToken, queueToken, topicToken)
}

// arnOf is the ARN of the one resource of this type and name.
func arnOf(t *testing.T, g Graph, token, name string) string {
	t.Helper()
	return g.Resources[index(t, &g, token, name)].Outputs["arn"].StringValue()
}

func object(bucket, key string) string { return "arn:aws:s3:::" + bucket + "/" + key }

func forEachGraph(t *testing.T, check func(t *testing.T, g Graph, roles map[string]role)) {
	t.Helper()
	for _, g := range allGraphs(t) {
		t.Run(g.Stack, func(t *testing.T) { check(t, g, roles(t, g)) })
	}
}

// TestWhatRolesCanDo to data. The lines that are allowed keep the refusals honest: a role that can do nothing would pass those.
func TestWhatRolesCanDo(t *testing.T) {
	const yes, no = policies.Allowed, policies.NotAllowed
	put, get, remove, list := "s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:ListBucket"
	tests := []struct {
		role, action, resource string
		want                   policies.Decision
	}{
		{"clickstream-function", put, object("raw", "clicks/a.json.gz"), yes},
		{"clickstream-function", put, object("raw", "quarantine/clicks/reason=schema/a.json.gz"), yes},
		{"clickstream-function", put, object("raw", "aws/lambda/failed"), yes},
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
		{"landing-function", put, object("raw", "sales/a.csv.gz"), yes},
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
		{"sales-curate", get, object("raw", "sales/a.csv.gz"), yes},
		{"sales-curate", put, object("processed", "sales/data/a.parquet"), no},
		{"sales-curate", put, object("curated", "sessions/data/a.parquet"), no},
		{"sales-curate", put, object("raw", "quarantine/sales/a.json.gz"), no},

		{"clicks-curate", put, object("curated", "sessions/data/a.parquet"), yes},
		{"clicks-curate", get, object("processed", "clicks/a.parquet"), yes},
		{"clicks-curate", put, object("processed", "clicks/a.parquet"), no},
		{"clicks-curate", put, object("curated", "sales_hourly/data/a.parquet"), no},
		{"clicks-curate", get, object("processed", "sales/data/a.parquet"), no},

		{"tables", put, object("curated", "sessions/metadata/1.json"), yes},
		{"tables", put, object("curated", "sessions/data/a.parquet"), no},
		{"tables", get, object("curated", "sessions/data/a.parquet"), no},
		{"tables", get, object("raw", "clicks/a.json.gz"), no},

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
			assert.Equal(t, tt.want, g.may(t, r, tt.action, resource, nil), "%s: %s on %s", tt.role, tt.action, resource)
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
		{"clickstream-function", "kinesis:GetRecords", streamToken, "clickstream", yes},
		{"clickstream-function", "kinesis:PutRecords", streamToken, "clickstream", no},
		{"clickstream-function", "kinesis:DeleteStream", streamToken, "clickstream", no},
		{"clickstream-function", "sqs:ReceiveMessage", queueToken, "landing-queue", no},
		{"clickstream-function", "dynamodb:PutItem", tableToken, "ledger-files", no},
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
			assert.Equal(t, tt.want, g.may(t, r, tt.action, arnOf(t, g, tt.token, tt.name), nil), "%s: %s on %s", tt.role, tt.action, tt.name)
		}
	})
}

// ofRole finds what is said of a role, or of that part of every pipeline: sales-process is listed as *-process.
func ofRole[V any](said map[string]V, role string) (V, bool) {
	if own, listed := said[role]; listed {
		return own, true
	}
	_, part, _ := strings.Cut(role, "-")
	every, listed := said["*-"+part]
	return every, listed
}

// usedKeys are the keys that each role can decrypt with, through the services that hold what they encrypt. Encrypting needs nothing less.
var usedKeys = map[string][]string{
	"assets-function":      {"artifacts", "operations", "processed", "raw"},
	"assets-source":        {"raw"},
	"catalog-encryption":   {"catalog-encryption"},
	"clickstream-function": {"processed", "raw"},
	"discovery":            {"raw"},
	"landing-function":     {"artifacts", "landing", "operations", "raw"},
	"landing-producer":     {"landing"},
	"*-curate":             {"artifacts", "curated", "processed", "raw"},
	"*-hourly":             {"operations"},
	"*-pipeline":           {"artifacts", "operations"},
	"*-process":            {"artifacts", "processed", "raw"},
	"tables":               {"artifacts", "curated", "processed"},
	"tables-function":      nil,
}

func TestEachRoleUsesTheKeysOfItsOwnLayers(t *testing.T) {
	forEachGraph(t, func(t *testing.T, g Graph, roles map[string]role) {
		for name, r := range roles {
			want, listed := ofRole(usedKeys, name)
			require.True(t, listed, "which keys may %s use?", name)
			var got []string
			for _, key := range g.Of(keyToken) {
				arn := key.Outputs["arn"].StringValue()
				if slices.ContainsFunc([]string{"s3", "kinesis", "dynamodb", "sqs", "sns", ""}, func(service string) bool {
					return g.may(t, r, "kms:Decrypt", arn, through(service)) == policies.Allowed
				}) {
					got = append(got, key.Name)
				}
			}
			assert.ElementsMatch(t, want, got, name)
		}
	})
}

// through is the context of a call of KMS that a service makes for a role; "" is the role's own call.
func through(service string) map[string]string {
	context := map[string]string{"kms:CallerAccount": pulumitest.Account}
	if service != "" {
		context["kms:ViaService"] = service + "." + pulumitest.Region + ".amazonaws.com"
	}
	return context
}

// TestNobodyUsesAKeyHimself: keys are used through the services only, but for the role that is Glue's own.
func TestNobodyUsesAKeyHimself(t *testing.T) {
	forEachGraph(t, func(t *testing.T, g Graph, roles map[string]role) {
		for name, r := range roles {
			for _, key := range g.Of(keyToken) {
				want := policies.NotAllowed
				if name == "catalog-encryption" && key.Name == name {
					want = policies.Allowed
				}
				assert.Equal(t, want, g.may(t, r, "kms:Decrypt", key.Outputs["arn"].StringValue(), through("")), "%s with %s", name, key.Name)
			}
		}
	})
}

// TestNoRoleCan do what would widen its own rights, hide what it did, or destroy what is kept.
func TestNoRoleCan(t *testing.T) {
	forEachGraph(t, func(t *testing.T, g Graph, roles map[string]role) {
		require.NotEmpty(t, roles)
		refused := func(r role, action, resource string) {
			t.Helper()
			assert.NotEqual(t, policies.Allowed, g.may(t, r, action, resource, nil), "%s: %s on %s", r.name, action, resource)
		}
		for _, r := range roles {
			for _, other := range roles {
				refused(r, "iam:PassRole", other.arn)
				refused(r, "sts:AssumeRole", other.arn)
				refused(r, "iam:PutRolePolicy", other.arn)
				refused(r, "iam:AttachRolePolicy", other.arn)
				refused(r, "iam:UpdateAssumeRolePolicy", other.arn)
			}
			for _, action := range []string{"s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion"} {
				refused(r, action, object("logs", "raw/2026-01-01"))
			}
			for _, bucket := range g.Of(bucketToken) {
				arn := bucket.Outputs["arn"].StringValue()
				for _, action := range []string{"s3:PutBucketPolicy", "s3:DeleteBucketPolicy", "s3:DeleteBucket", "s3:PutLifecycleConfiguration", "s3:PutBucketVersioning",
					"s3:PutEncryptionConfiguration", "s3:PutBucketLogging", "s3:PutBucketPublicAccessBlock"} {
					refused(r, action, arn)
				}
				// Without it S3 would not tell the function that a version is gone.
				if r.name != "assets-function" || bucket.Name != "raw" {
					refused(r, "s3:ListBucketVersions", arn)
				}
				refused(r, "s3:DeleteObjectVersion", arn+"/clicks/a")
				refused(r, "s3:BypassGovernanceRetention", arn+"/clicks/a")
			}
			for _, key := range g.Of(keyToken) {
				for _, action := range []string{"kms:ScheduleKeyDeletion", "kms:DisableKey", "kms:PutKeyPolicy", "kms:CreateGrant"} {
					refused(r, action, key.Outputs["arn"].StringValue())
				}
			}
			for _, f := range g.Of(functionToken) {
				refused(r, "lambda:UpdateFunctionCode", f.Outputs["arn"].StringValue())
				refused(r, "lambda:UpdateFunctionConfiguration", f.Outputs["arn"].StringValue())
			}
			for _, job := range g.Of(jobToken) {
				refused(r, "glue:UpdateJob", job.Outputs["arn"].StringValue())
			}
			for _, group := range g.Of(logGroupToken) {
				refused(r, "logs:DeleteLogGroup", group.Outputs["arn"].StringValue()+":*")
				refused(r, "logs:DeleteLogStream", group.Outputs["arn"].StringValue()+":log-stream:a")
				refused(r, "logs:PutRetentionPolicy", group.Outputs["arn"].StringValue()+":*")
			}
			for _, table := range g.Of(tableToken) {
				refused(r, "dynamodb:DeleteTable", table.Outputs["arn"].StringValue())
				refused(r, "dynamodb:UpdateContinuousBackups", table.Outputs["arn"].StringValue())
			}
			refused(r, "glue:DeleteTable", "arn:aws:glue:eu-west-1:123456789012:table/shop_"+g.Stack+"_curated/sessions")
			refused(r, "glue:DeleteDatabase", "arn:aws:glue:eu-west-1:123456789012:database/shop_"+g.Stack+"_curated")
			refused(r, "glue:PutDataCatalogEncryptionSettings", "arn:aws:glue:eu-west-1:123456789012:catalog")
			refused(r, "lakeformation:GrantPermissions", "*")
		}
	})
}

// TestStartersStartTheirOwn: a schedule exactly the machine it names, a machine exactly the jobs of its definition.
func TestStartersStartTheirOwn(t *testing.T) {
	forEachGraph(t, func(t *testing.T, g Graph, roles map[string]role) {
		schedules, machines := g.Of(scheduleToken), g.Of(machineToken)
		require.NotEmpty(t, schedules)
		for _, schedule := range schedules {
			r := byARN(t, roles, schedule.String(t, "target.roleArn"))
			for _, machine := range machines {
				arn := machine.Outputs["arn"].StringValue()
				own := schedule.String(t, "target.arn") == arn
				assert.Equal(t, own, g.may(t, r, "states:StartExecution", arn, nil) == policies.Allowed, "%s starts %s", schedule.Name, machine.Name)
				assert.Equal(t, policies.NotAllowed, g.may(t, r, "states:StopExecution", arn, nil), "%s stops %s", schedule.Name, machine.Name)
			}
		}
		for _, machine := range machines {
			r := byARN(t, roles, machine.String(t, "roleArn"))
			started := 0
			for _, job := range g.Of(jobToken) {
				own := strings.Contains(machine.String(t, "definition"), `"JobName":"`+job.Outputs["name"].StringValue()+`"`)
				if own {
					started++
				}
				assert.Equal(t, own, g.may(t, r, "glue:StartJobRun", job.Outputs["arn"].StringValue(), nil) == policies.Allowed, "%s starts %s", machine.Name, job.Name)
			}
			assert.NotZero(t, started, machine.Name)
		}
	})
}

func byARN(t *testing.T, roles map[string]role, arn string) role {
	t.Helper()
	for _, r := range roles {
		if r.arn == arn {
			return r
		}
	}
	t.Fatalf("no role is %s", arn)
	return role{}
}

// assumers are who may take each role, for this account.
var assumers = map[string]string{
	"catalog-encryption": policies.Glue, "*-curate": policies.Glue, "*-process": policies.Glue, "tables": policies.Glue,
	"discovery": policies.Glue, "clickstream-function": policies.Lambda, "assets-function": policies.Lambda, "landing-function": policies.Lambda, "tables-function": policies.Lambda,
	"*-pipeline": policies.States, "*-hourly": policies.Scheduler,
	// Nobody is configured in these stacks, so the account's own policies decide who.
	"landing-producer": "arn:aws:iam::123456789012:root", "assets-source": "arn:aws:iam::123456789012:root",
}

func TestWhoMayTakeEachRole(t *testing.T) {
	forEachGraph(t, func(t *testing.T, _ Graph, roles map[string]role) {
		for name, r := range roles {
			want, listed := ofRole(assumers, name)
			require.True(t, listed, "who may take %s?", name)
			for _, principal := range []string{policies.Glue, policies.Lambda, policies.States, policies.Scheduler, policies.Events, policies.S3, "ec2.amazonaws.com",
				"arn:aws:iam::123456789012:root", "arn:aws:iam::999999999999:root"} {
				for _, account := range []string{pulumitest.Account, "999999999999"} {
					decision, err := policies.Evaluate(policies.Request{Principal: principal, Action: "sts:AssumeRole", Context: map[string]string{"aws:SourceAccount": account}}, r.trust)
					require.NoError(t, err)
					_, anySource := policies.Unconditioned[want]
					allowed := principal == want && (account == pulumitest.Account || anySource || !strings.HasSuffix(want, ".com"))
					assert.Equal(t, allowed, decision == policies.Allowed, "%s by %s for %s", name, principal, account)
				}
			}
		}
	})
}
