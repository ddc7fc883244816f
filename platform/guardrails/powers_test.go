package guardrails

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/internal/graph"
	"dataplatform/policies"
)

// breakGlass is the one role that deletes versions for good. Its own state machine alone starts its job.
const breakGlass = "erase"

// lakeFunction is the one role that makes administrators of the lake and grants. Only a deployment calls its function.
const lakeFunction = "governance-function"

// TestNoRoleCan do what would widen its own rights, hide what it did, or destroy what is kept.
func TestNoRoleCan(t *testing.T) {
	forEachGraph(t, func(t *testing.T, g Graph, roles map[string]role) {
		require.NotEmpty(t, roles)
		refused := func(r role, action, resource string) {
			t.Helper()
			assert.NotEqual(t, policies.Allowed, g.may(t, r, action, resource, nil), "%s: %s on %s", r.name, action,
				resource)
		}
		everybody := maps.Clone(roles)
		maps.Copy(everybody, people(t, g))
		for _, r := range everybody {
			for _, other := range roles {
				refused(r, "iam:PassRole", other.arn)
				refused(r, "sts:AssumeRole", other.arn)
				refused(r, "iam:PutRolePolicy", other.arn)
				refused(r, "iam:AttachRolePolicy", other.arn)
				refused(r, "iam:UpdateAssumeRolePolicy", other.arn)
			}
			for _, action := range []string{"s3:GetObject", "s3:PutObject", "s3:DeleteObject",
				"s3:DeleteObjectVersion"} {
				refused(r, action, object("logs", "raw/2026-01-01"))
			}
			for _, bucket := range g.Of(bucketToken) {
				arn := bucket.Outputs["arn"].StringValue()
				for _, action := range []string{"s3:PutBucketPolicy", "s3:DeleteBucketPolicy", "s3:DeleteBucket",
					"s3:PutLifecycleConfiguration", "s3:PutBucketVersioning", "s3:PutEncryptionConfiguration",
					"s3:PutBucketLogging", "s3:PutBucketPublicAccessBlock"} {
					refused(r, action, arn)
				}
				// Without it S3 would not tell the function that a version is gone.
				if (r.name != "assets-function" || bucket.Name != "raw") && r.name != breakGlass {
					refused(r, "s3:ListBucketVersions", arn)
				}
				if r.name != breakGlass {
					refused(r, "s3:DeleteObjectVersion", arn+"/clicks/a")
				}
				refused(r, "s3:BypassGovernanceRetention", arn+"/clicks/a")
			}
			for _, key := range g.Of(keyToken) {
				for _, action := range []string{"kms:ScheduleKeyDeletion", "kms:DisableKey", "kms:PutKeyPolicy",
					"kms:CreateGrant"} {
					refused(r, action, key.Outputs["arn"].StringValue())
				}
			}
			for _, f := range g.Of(functionToken) {
				refused(r, "lambda:UpdateFunctionCode", f.Outputs["arn"].StringValue())
				refused(r, "lambda:UpdateFunctionConfiguration", f.Outputs["arn"].StringValue())
			}
			for _, job := range g.Of(jobToken) {
				refused(r, "glue:UpdateJob", job.Outputs["arn"].StringValue())
				if job.Name == breakGlass && r.name != breakGlass+"-machine" {
					refused(r, "glue:StartJobRun", job.Outputs["arn"].StringValue())
				}
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
			refused(r,
				"glue:DeleteTable", "arn:aws:glue:eu-west-1:123456789012:table/shop_"+g.Stack+"_curated/sessions")
			refused(r, "glue:DeleteDatabase", "arn:aws:glue:eu-west-1:123456789012:database/shop_"+g.Stack+"_curated")
			refused(r, "glue:PutDataCatalogEncryptionSettings", "arn:aws:glue:eu-west-1:123456789012:catalog")
			// Who administers the lake is its function's to say.
			if r.name != lakeFunction {
				refused(r, "lakeformation:GrantPermissions", "*")
				refused(r, "lakeformation:PutDataLakeSettings", "*")
			}
		}
	})
}

// TestNobodyButDoorsStartsJobs: who starts a job chooses what its role runs, so only what nobody assumes may. People
// start state machines, and need no other right.
func TestNobodyButDoorsStartsJobs(t *testing.T) {
	forEachGraph(t, func(t *testing.T, g Graph, roles map[string]role) {
		doors := map[string]bool{"tables-function": true, "maintain-daily": true}
		for _, stateMachine := range g.Of(stateMachineToken) {
			doors[byARN(t, roles, text(t, stateMachine, "roleArn")).name] = true
		}
		for _, job := range g.Of(jobToken) {
			arn := job.Outputs["arn"].StringValue()
			for name, r := range roles {
				if !doors[name] {
					assert.Equal(t, policies.NotAllowed, g.may(t, r, "glue:StartJobRun", arn, nil),
						"%s starts %s", name, job.Name)
				}
			}
			for name, r := range people(t, g) {
				for _, action := range []string{"glue:StartJobRun", "glue:UpdateJob", "iam:PassRole"} {
					assert.NotEqual(t, policies.Allowed, g.may(t, r, action, arn, nil), "%s: %s of %s", name, action,
						job.Name)
				}
			}
		}
	})
}

// TestStartersStartTheirOwn: a schedule exactly the state machine it names, a state machine exactly the jobs of its
// definition.
func TestStartersStartTheirOwn(t *testing.T) {
	forEachGraph(t, func(t *testing.T, g Graph, roles map[string]role) {
		schedules, stateMachines := g.Of(scheduleToken), g.Of(stateMachineToken)
		require.NotEmpty(t, schedules)
		for _, schedule := range schedules {
			r := byARN(t, roles, text(t, schedule, "target.roleArn"))
			for _, stateMachine := range stateMachines {
				arn := stateMachine.Outputs["arn"].StringValue()
				own := text(t, schedule, "target.arn") == arn
				assert.Equal(t, own, g.may(t, r, "states:StartExecution", arn, nil) == policies.Allowed,
					"%s starts %s", schedule.Name, stateMachine.Name)
				assert.Equal(t, policies.NotAllowed, g.may(t, r, "states:StopExecution", arn, nil),
					"%s stops %s", schedule.Name, stateMachine.Name)
			}
		}
		for _, stateMachine := range stateMachines {
			r := byARN(t, roles, text(t, stateMachine, "roleArn"))
			started := 0
			for _, job := range g.Of(jobToken) {
				own := strings.Contains(text(t, stateMachine, "definition"),
					`"JobName":"`+job.Outputs["name"].StringValue()+`"`)
				if own {
					started++
				}
				assert.Equal(t, own, g.may(t, r, "glue:StartJobRun", job.Outputs["arn"].StringValue(),
					nil) == policies.Allowed, "%s starts %s", stateMachine.Name, job.Name)
			}
			assert.NotZero(t, started, stateMachine.Name)
		}
	})
}

// assumers are who may take each role, for this account. A star is a dataset.
var assumers = map[string]string{
	"catalog-encryption": policies.Glue, "discovery": policies.Glue, "tables": policies.Glue, "maintain": policies.Glue,
	"erase": policies.Glue, "erase-machine": policies.States, "export": policies.Glue,
	"export-machine": policies.States, "maintain-daily": policies.Scheduler,
	"*-process": policies.Glue, "*-curate": policies.Glue, "clickstream-function": policies.Lambda,
	"assets-function": policies.Lambda, "landing-function": policies.Lambda, "tables-function": policies.Lambda,
	"schemas-function": policies.Lambda, "governance-function": policies.Lambda,
	"governance-reader": policies.LakeFormation, "recommendations-execution": policies.SageMaker,
	"recommendations-function": policies.Lambda, "recommendations-machine": policies.States,
	"recommendations-weekly": policies.Scheduler, "*-pipeline": policies.States, "*-hourly": policies.Scheduler,
	"features": policies.Glue, "recommend": policies.Glue, "*-store": policies.SageMaker,
	// Nobody is configured in these stacks, so the account's own policies decide who.
	"clickstream-producer": "arn:aws:iam::123456789012:root",
	"landing-producer":     "arn:aws:iam::123456789012:root", "assets-source": "arn:aws:iam::123456789012:root",
}

func TestWhoMayTakeEachRole(t *testing.T) {
	forEachGraph(t, func(t *testing.T, _ Graph, roles map[string]role) {
		for name, r := range roles {
			want := expected(t, assumers, name)
			for _, principal := range []string{policies.Glue, policies.Lambda, policies.States, policies.Scheduler,
				policies.Events, policies.S3, policies.LakeFormation, policies.SageMaker, "ec2.amazonaws.com",
				"arn:aws:iam::123456789012:root", "arn:aws:iam::999999999999:root"} {
				for _, account := range []string{graph.Account, "999999999999"} {
					decision, err := policies.Evaluate(policies.Request{Principal: principal, Action: "sts:AssumeRole",
						Context: map[string]string{
							"aws:SourceAccount": account, "aws:SourceArn": fmt.Sprintf("arn:aws:%s:%s:%s:own",
								strings.TrimSuffix(principal, ".amazonaws.com"), graph.Region, account),
						}}, r.trust)
					require.NoError(t, err)
					_, anySource := policies.Unconditioned[policies.Deputy{Service: want, Action: "sts:AssumeRole"}]
					allowed := principal == want &&
						(account == graph.Account || anySource || !strings.HasSuffix(want, ".com"))
					assert.Equal(t, allowed, decision == policies.Allowed, "%s by %s for %s", name, principal, account)
				}
			}
		}
	})
}
