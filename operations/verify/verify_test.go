package verify

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	schedulertypes "github.com/aws/aws-sdk-go-v2/service/scheduler/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
	"dataplatform/operations/erasure"
	"dataplatform/platform/outputs"
	"dataplatform/policies"
)

// verified is the report on a world, in a time that passes when everybody waits.
func verified(t *testing.T, change func(*world, *Verifier)) (report Report) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		v := w.verifier()
		if change != nil {
			change(w, v)
		}
		report = v.Run(t.Context())
	})
	return report
}

var allChecks = []string{
	"click to its row", "bad click to quarantine", "given-up batch, replayed", "sales file to its table",
	"bad sales file to quarantine", "image to its thumbnail", "bad image to quarantine", "grants, by allow and deny",
	"schedules", "alarm, set off and cleared", "canaries removed", "access logs", "audit trail",
}

func TestAStackThatDoesWhatItShould(t *testing.T) {
	report := verified(t, nil)
	var names []string
	for _, one := range report.Checks {
		names = append(names, one.Name)
		assert.Equal(t, OK, one.State, "%s: %s", one.Name, one.Saw)
		assert.Empty(t, one.ToDo, one.Name)
		assert.NotEmpty(t, one.Saw, one.Name)
	}
	assert.Equal(t, allChecks, names)
	require.NoError(t, report.Err())
	var out strings.Builder
	require.NoError(t, report.Print(&out))
	assert.Contains(t, out.String(), "ok         click to its row             0.0 s of 15m0s     30 of processed.clicks\n")
	assert.Contains(t, out.String(), "expectations hold; asked and was refused as analyst\n")
	assert.Contains(t, out.String(), "sales at 00:05 UTC\n") // the time of a test begins at midnight
	assert.Contains(t, out.String(), "13 checks, 0 failed, 0 could not be made\n")
	var stay []string
	for _, one := range report.Stays {
		stay = append(stay, strings.TrimSpace(one.Dataset+" "+one.Reason))
	}
	assert.Equal(t, []string{"assets truncated_image", "assets", "assets", "assets", "sales wrong_header"}, stay)
	text, err := json.Marshal(report)
	require.NoError(t, err)
	assert.Contains(t, string(text), `{"name":"click to its row","state":"ok","saw":"30 of processed.clicks","seconds":0,"sloSeconds":900}`)
}

// TestEachCheckFails breaks what each looks at, in every way that it can tell: it fails, says what it saw and what to
// do, and the others are as before.
func TestEachCheckFails(t *testing.T) {
	old := func(w *world, _ *Verifier) { w.delivers, w.made = false, time.Now().Add(-25*time.Hour) }
	for name, tt := range map[string]struct {
		check  string
		change func(*world, *Verifier)
		saw    string
		also   []string // checks that the same thing breaks
	}{
		"a click is lost": {
			"click to its row", func(w *world, _ *Verifier) { w.stored = "29" }, "not within 15m0s: 30 rows", nil,
		},
		"a bad click is for another reason": {
			"bad click to quarantine",
			func(w *world, _ *Verifier) { w.reasons["clicks"] = contracts.ReasonUndecodable },
			"the reason is undecodable, not unknown_field", nil,
		},
		"a bad click is nowhere": {
			"bad click to quarantine", func(w *world, _ *Verifier) { delete(w.reasons, "clicks") },
			"not within 15m0s: a row of clicks", nil,
		},
		"batches are given up elsewhere": {
			"given-up batch, replayed", func(w *world, _ *Verifier) { w.destination = "arn:aws:s3:::b-raw" },
			`gives up to "arn:aws:s3:::b-raw"`, nil,
		},
		"a replay fails": {
			"given-up batch, replayed", func(w *world, _ *Verifier) { w.replayErr = errors.New("function failed") },
			"function failed", nil,
		},
		"sources may not drop": {
			"sales file to its table", func(w *world, v *Verifier) { w.forbidden = v.Outputs.ProducerRole },
			"AccessDenied", []string{"bad sales file to quarantine"},
		},
		"a file does not land": {
			"sales file to its table", func(w *world, _ *Verifier) { w.noFile = true },
			"not within 1h0m0s: the file in the ledger of files", nil,
		},
		"a run fails": {
			"sales file to its table", func(w *world, _ *Verifier) { w.runErr = errors.New("execution failed") },
			"execution failed", nil,
		},
		"a run makes another row": {
			"sales file to its table", func(w *world, _ *Verifier) { w.lineType = "sale" },
			`has the line as "sale"`, nil,
		},
		"a bad file is nowhere": {
			"bad sales file to quarantine", func(w *world, _ *Verifier) { delete(w.reasons, "sales") },
			"not within 15m0s: a row of sales", nil,
		},
		"a thumbnail is missing": {
			"image to its thumbnail", func(w *world, _ *Verifier) { w.thumbnails = false },
			"which raw.assets names", nil,
		},
		"sources may not put assets": {
			"image to its thumbnail", func(w *world, v *Verifier) { w.forbidden = v.Outputs.AssetSourceRole },
			"AccessDenied", []string{"bad image to quarantine", "canaries removed"},
		},
		"a bad image is nowhere": {
			"bad image to quarantine", func(w *world, _ *Verifier) { delete(w.reasons, "assets") },
			"not within 15m0s: a row of assets", nil,
		},
		"a database is open": {
			"grants, by allow and deny", func(w *world, _ *Verifier) { w.open = []string{"shop_raw"} },
			"the database shop_raw is open", nil,
		},
		"a role sees nothing": {
			"grants, by allow and deny", func(w *world, _ *Verifier) { w.answersNone = true }, "which it sees", nil,
		},
		"a role sees everything": {
			"grants, by allow and deny", func(w *world, _ *Verifier) { w.answersAll = true },
			"which it must not see, is answered", nil,
		},
		"an alarm may not publish": {
			"alarm, set off and cleared", func(w *world, _ *Verifier) {
				w.history[1] = "Failed to execute action " + topic + `. Received error: "not authorized"`
			}, "not authorized", nil,
		},
		"an alarm tells nobody": {
			"alarm, set off and cleared", func(w *world, _ *Verifier) { w.history = w.history[2:] },
			"not within 10m0s: " + alarm, nil,
		},
		"an alarm stays": {
			"alarm, set off and cleared", func(w *world, _ *Verifier) { w.history = w.history[:2] },
			"not within 10m0s: " + alarm, nil,
		},
		"a schedule is gone": {
			"schedules", func(w *world, _ *Verifier) {
				w.schedule = func(*scheduler.GetScheduleOutput) error { return errors.New("ResourceNotFoundException") }
			}, "ResourceNotFoundException", nil,
		},
		"a schedule starts another": {
			"schedules", func(w *world, _ *Verifier) {
				w.schedule = func(s *scheduler.GetScheduleOutput) error {
					s.Target.Arn = aws.String("another")
					return nil
				}
			}, "does not start the hourly state machine of sales", nil,
		},
		"a schedule is of no hour": {
			"schedules", func(w *world, _ *Verifier) {
				w.schedule = func(s *scheduler.GetScheduleOutput) error {
					s.ScheduleExpression = aws.String("cron(5 1 * * ? *)")
					return nil
				}
			}, "is no hour's schedule", nil,
		},
		"an erasure is not complete": {
			"canaries removed", func(w *world, _ *Verifier) { w.erased = erasure.Report{State: "incomplete"} },
			"is not done", nil,
		},
		"an erasure fails": {
			"canaries removed", func(w *world, _ *Verifier) { w.eraseErr = errors.New("execution failed") },
			"execution failed", nil,
		},
		"an erasure leaves rows": {
			"canaries removed", func(w *world, _ *Verifier) { w.left = "2" }, "2 rows are still there", nil,
		},
		"a state machine never ends": {
			"canaries removed", func(w *world, _ *Verifier) { w.running = 1 << 30 },
			"not within 6h0m0s: nothing runs", nil,
		},
		"nothing is logged": {"access logs", old, "and the stack is 25h0m", []string{"audit trail"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, one := range verified(t, tt.change).Checks {
				switch {
				case one.Name == tt.check:
					assert.Equal(t, Failed, one.State)
					assert.Contains(t, one.Saw, tt.saw)
					assert.NotEmpty(t, one.ToDo)
				case strings.Contains(strings.Join(tt.also, "\n"), one.Name):
					assert.Equal(t, Failed, one.State, one.Name)
				default:
					assert.Equal(t, OK, one.State, "%s: %s", one.Name, one.Saw)
				}
			}
		})
	}
}

// TestWhatCannotBeChecked is no failure, and says why.
func TestWhatCannotBeChecked(t *testing.T) {
	for name, tt := range map[string]struct {
		checks []string
		change func(*world, *Verifier)
		why    string
	}{
		"no governance": {
			[]string{"grants, by allow and deny"},
			func(_ *world, v *Verifier) { v.Outputs.Principals = nil }, "not governed",
		},
		"no alarm is OK": {
			[]string{"alarm, set off and cleared"}, func(w *world, _ *Verifier) {
				for i := range w.alarms {
					w.alarms[i].StateValue = types.StateValueAlarm
				}
			}, "no alarm of the stack is OK",
		},
		"logs of a new stack": {
			[]string{"access logs", "audit trail"}, func(w *world, _ *Verifier) { w.delivers = false }, "AWS delivers",
		},
		"schedules are off": {[]string{"schedules"}, func(w *world, _ *Verifier) {
			w.schedule = func(s *scheduler.GetScheduleOutput) error {
				s.State = schedulertypes.ScheduleStateDisabled
				return nil
			}
		}, "switched off: sales"},
		"canaries are kept": {
			[]string{"canaries removed"}, func(_ *world, v *Verifier) { v.Keep = true }, "stay",
		},
	} {
		t.Run(name, func(t *testing.T) {
			report := verified(t, tt.change)
			require.NoError(t, report.Err())
			for _, one := range report.Checks {
				if !strings.Contains(strings.Join(tt.checks, "\n"), one.Name) {
					assert.Equal(t, OK, one.State, "%s: %s", one.Name, one.Saw)
					continue
				}
				assert.Equal(t, Unchecked, one.State, one.Saw)
				assert.Contains(t, one.Saw, tt.why)
				assert.NotEmpty(t, one.ToDo)
			}
		})
	}
	report := verified(t, func(w *world, _ *Verifier) { w.forbidden = people })
	assert.Contains(t, report.Checks[7].Saw, "may not be assumed from here: analyst")
	assert.Equal(t, OK, verified(t, func(w *world, _ *Verifier) { w.running = 3 }).Checks[10].State,
		"it waits for what runs")
}

func TestThePolicyIsThatOfTheStack(t *testing.T) {
	w := newWorld(t)
	document, err := Policy(t.Context(), w, w.verifier().Outputs)
	require.NoError(t, err)
	require.NoError(t, document.Validate())
	for action, resource := range map[string]string{
		"kinesis:PutRecord": "arn:aws:kinesis:eu-west-1:123456789012:stream/clicks", "sts:AssumeRole": people,
		"states:DescribeExecution": "arn:aws:states:eu-west-1:123456789012:execution:sales:1",
		"s3:PutObject":             "arn:aws:s3:::b-discarded/aws/lambda/uuid/shardId-0/dataplatform-verify-1",
		"cloudwatch:SetAlarmState": "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:" + alarm,
		"kms:GenerateDataKey":      "arn:aws:kms:eu-west-1:123456789012:key/b-discarded",
		"scheduler:GetSchedule":    "arn:aws:scheduler:eu-west-1:123456789012:schedule/default/dataplatform-dev-clicks",
		"states:ListExecutions":    "arn:aws:states:eu-west-1:123456789012:stateMachine:dataplatform-dev-clicks-hourly",
	} {
		decided, err := policies.Evaluate(policies.Request{Action: action, Resource: resource}, document)
		require.NoError(t, err)
		assert.Equal(t, policies.Allowed, decided, "%s on %s", action, resource)
	}
	out := w.verifier().Outputs
	out.StateMachines = map[string]outputs.StateMachines{"sales": out.StateMachines["sales"]}
	for i := range 40 {
		out.StateMachines[fmt.Sprintf("another-dataset-%d", i)] = outputs.StateMachines{}
	}
	many, err := Policy(t.Context(), w, out)
	require.NoError(t, err)
	assert.Len(t, many.JSON(), len(document.JSON()), "it does not grow with the datasets")
	_, err = Policy(t.Context(), w, new(Verifier).Outputs)
	require.ErrorContains(t, err, "alarmsTopic")
}
