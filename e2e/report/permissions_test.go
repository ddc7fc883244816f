package report_test

import (
	"bytes"
	"encoding/json"
	"path"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/e2e/report"
)

const recorded = `{"enforced": true, "roles": {
	"dataplatform-local-clicks-role-1a2b3c": {"statements": ["ReadStream", "WriteFailedBatches"], "used": ["ReadStream"]},
	"dataplatform-local-sales-schedule-role-1a2b3c": {"statements": ["StartMachine", "LeaveDeadLetters"], "used": []}
}, "refused": []}`

func TestCheckPermissions(t *testing.T) {
	failures := report.Exception{Role: "clicks", Statement: "WriteFailedBatches", Reason: "nothing fails"}
	schedules := report.Exception{Role: "*-schedule", Statement: "*", Reason: "schedules are off"}
	for name, tt := range map[string]struct {
		record     string
		exceptions []report.Exception
		want       []string
	}{
		"every unused statement is listed": {recorded, []report.Exception{failures, schedules}, nil},
		"an unused statement that is not listed": {recorded, []report.Exception{schedules},
			[]string{"WriteFailedBatches of clicks was never used, and no reason is listed"}},
		"a listed statement that was used": {recorded,
			[]report.Exception{failures, schedules, {Role: "clicks", Statement: "ReadStream", Reason: "?"}},
			[]string{"ReadStream of clicks is listed as unused, but the run used it"}},
		"a pattern that covers a used statement": {recorded,
			[]report.Exception{{Role: "clicks", Statement: "*", Reason: "?"}, schedules},
			[]string{"ReadStream of clicks is listed as unused, but the run used it"}},
		"an exception for nothing": {recorded,
			[]report.Exception{failures, schedules, {Role: "landing", Statement: "*", Reason: "?"}},
			[]string{"the exception for * of landing is of no statement"}},
		"a refusal": {`{"enforced": true, "refused": [{"principal": "r", "action": "s3:GetObject", "resource": "o", "times": 2}]}`,
			nil, []string{"r was refused s3:GetObject on o, 2 time(s)"}},
		"an emulator that enforces nothing": {`{"enforced": false}`, nil,
			[]string{"the emulator did not enforce permissions"}},
	} {
		t.Run(name, func(t *testing.T) {
			var record report.PermissionRecord
			require.NoError(t, json.Unmarshal([]byte(tt.record), &record))
			got := report.CheckPermissions(record, tt.exceptions, true)
			assert.Equal(t, tt.want, got.Differences)
			runReport := report.Report{Permissions: got}
			runReport.Check()
			assert.Len(t, runReport.Problems, len(tt.want), "each difference makes a run fail")
		})
	}
}

func TestInputOfOnesOwnNeedsNotUseEveryGrant(t *testing.T) {
	var record report.PermissionRecord
	require.NoError(t, json.Unmarshal([]byte(recorded), &record))
	record.Refused = []report.Refusal{{Principal: "r", Action: "s3:GetObject", Resource: "o", Times: 1}}
	got := report.CheckPermissions(record, []report.Exception{{Role: "clicks", Statement: "ReadStream", Reason: "?"}},
		false)
	assert.Equal(t, []string{"r was refused s3:GetObject on o, 1 time(s)"}, got.Differences)
	require.Len(t, got.Unused, 3)
	for _, unused := range got.Unused {
		assert.NotEmpty(t, unused.Reason, unused)
	}
}

// A dataset that got no file is a line of the report, and no problem for each of its grants and queries.
func TestADatasetThatGotNothingIsALine(t *testing.T) {
	var record report.PermissionRecord
	require.NoError(t, json.Unmarshal([]byte(`{"enforced": true, "roles": {
		"dataplatform-local-stock-process-role-1a2b3c": {"statements": ["ReadRawObjects", "Lease"], "used": []}}, "refused": []}`), &record))
	idle := report.Report{Idle: []string{"stock"}}
	idle.Permissions = report.CheckPermissions(record, report.UnusedOfIdle(idle.Idle), true)
	idle.Check()
	assert.Empty(t, idle.Problems)
	assert.Len(t, idle.Permissions.Unused, 2)
	assert.True(t, idle.OfIdle([]string{"raw.sales", "raw.stock"}))
	assert.False(t, idle.OfIdle([]string{"raw.sales"}))
	var out bytes.Buffer
	idle.PrintCounts(&out)
	assert.Contains(t, out.String(),
		"stock      got no file, and nothing of it was checked: its samples go to contracts/samples/stock\n")
}

func TestPermissionsArePrinted(t *testing.T) {
	var record report.PermissionRecord
	require.NoError(t, json.Unmarshal([]byte(recorded), &record))
	runReport := report.Report{Permissions: report.CheckPermissions(record,
		[]report.Exception{{Role: "*-schedule", Statement: "*", Reason: "schedules are off"}}, true)}
	var out bytes.Buffer
	runReport.Print(&out)
	assert.Contains(t, out.String(), "permissions of 2 roles: 1 of 4 statements used, 0 call(s) refused\n")
	assert.Contains(t, out.String(), "    2 unused: schedules are off\n")
}

func TestExceptionsSayWhy(t *testing.T) {
	for _, e := range report.UnusedOf(true) {
		assert.NotEmpty(t, e.Reason, e)
		for _, pattern := range []string{e.Role, e.Statement} {
			_, err := path.Match(pattern, "")
			assert.NoError(t, err, pattern)
		}
	}
}
