package erasure

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	gluetypes "github.com/aws/aws-sdk-go-v2/service/glue/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// fakeAWS is a platform whose job answers with a report.
type fakeAWS struct {
	running string   // the state machine that has an execution
	states  []string // of the run, one an answer
	report  string

	request   string // body of the request
	key       string // of the request
	arguments map[string]string
}

func (f *fakeAWS) PutObject(
	_ context.Context, in *s3.PutObjectInput, _ ...func(*s3.Options),
) (*s3.PutObjectOutput, error) {
	body, err := io.ReadAll(in.Body)
	f.request, f.key = string(body), *in.Bucket+"/"+*in.Key
	return &s3.PutObjectOutput{}, err
}

func (f *fakeAWS) GetObject(
	_ context.Context, in *s3.GetObjectInput, _ ...func(*s3.Options),
) (*s3.GetObjectOutput, error) {
	if *in.Key != "audit/erasures/"+f.arguments["--request"]+".json" {
		return nil, errors.New("NoSuchKey")
	}
	return &s3.GetObjectOutput{Body: io.NopCloser(strings.NewReader(f.report))}, nil
}

func (f *fakeAWS) StartJobRun(
	_ context.Context, in *glue.StartJobRunInput, _ ...func(*glue.Options),
) (*glue.StartJobRunOutput, error) {
	f.arguments = in.Arguments
	return &glue.StartJobRunOutput{JobRunId: aws.String("jr_1")}, nil
}

func (f *fakeAWS) GetJobRun(
	context.Context, *glue.GetJobRunInput, ...func(*glue.Options),
) (*glue.GetJobRunOutput, error) {
	state := f.states[0]
	f.states = f.states[1:]
	return &glue.GetJobRunOutput{
		JobRun: &gluetypes.JobRun{
			JobRunState: gluetypes.JobRunState(state), ErrorMessage: aws.String("what went wrong"),
		},
	}, nil
}

func (f *fakeAWS) ListExecutions(
	_ context.Context, in *sfn.ListExecutionsInput, _ ...func(*sfn.Options),
) (*sfn.ListExecutionsOutput, error) {
	if in.StatusFilter != sfntypes.ExecutionStatusRunning || *in.StateMachineArn != f.running {
		return &sfn.ListExecutionsOutput{}, nil
	}
	return &sfn.ListExecutionsOutput{
		Executions: []sfntypes.ExecutionListItem{{ExecutionArn: aws.String(f.running + ":now")}},
	}, nil
}

const done = `{"request":"r","started":"a","finished":"b","state":"done","clickHours":["2026-01-01T03:00:00Z"],
	"places":{"raw.sales":{"objects":1,"records":6,"versionsRemoved":2}},"tables":{"processed.sales":{"rows":4,"versionsRemoved":9}},"objects":[]}`

func platform() *fakeAWS {
	return &fakeAWS{states: []string{"RUNNING", "SUCCEEDED"}, report: done}
}

func run(f *fakeAWS, customer string) (Report, error) {
	e := &Eraser{
		Objects: f, Jobs: f, StateMachines: f, Bucket: "artifacts-1", Job: "erase-1",
		StateMachineARNs: []string{"sales-hourly", "sales-backfill"},
	}
	return e.Run(context.Background(), customer)
}

func TestTheCustomerIsNamedInTheRequestOnly(t *testing.T) {
	f := platform()
	report, err := run(f, `="12345.0"`) // in whatever writing
	if err != nil {
		t.Fatal(err)
	}
	if f.request != `{"customer":"12345"}` || f.key != "artifacts-1/erasures/"+f.arguments["--request"]+".json" {
		t.Errorf("request %s at %s, arguments %v", f.request, f.key, f.arguments)
	}
	if len(f.arguments) != 1 || strings.Contains(f.key+f.arguments["--request"], "12345") {
		t.Errorf("arguments %v name the customer", f.arguments)
	}
	var out bytes.Buffer
	if err := report.Print(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"raw.sales              1        6        2",
		"table processed.sales           4        9", "2026-01-01T03:00:00Z"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("printed %q, want %q in it", out.String(), want)
		}
	}
}

func TestRunRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		customer string
		change   func(*fakeAWS)
		want     string
		started  bool
	}{
		"nobody":           {"", func(*fakeAWS) {}, "want the number of one customer", false},
		"no customer":      {"NULL", func(*fakeAWS) {}, "want the number of one customer", false},
		"no whole address": {"one@", func(*fakeAWS) {}, "or an e-mail address", false},
		"the guests":       {"guest", func(*fakeAWS) {}, "the guests have none", false},
		"a condition":      {"1' OR '1'='1", func(*fakeAWS) {}, "want the number of one customer", false},
		"beside a run": {"12345", func(f *fakeAWS) { f.running = "sales-backfill" },
			"sales-backfill:now is running", false},
		"a run that failed": {"12345", func(f *fakeAWS) { f.states = []string{"FAILED"} },
			"run jr_1 of the job erase-1: FAILED: what went wrong", true},
		"a run that timed out": {"12345", func(f *fakeAWS) { f.states = []string{"TIMEOUT"} }, "TIMEOUT", true},
		"half a report": {"12345", func(f *fakeAWS) { f.report = `{"state":"planned"}` },
			`is of state "planned", not done`, true},
		"no account": {"12345", func(f *fakeAWS) { f.report = "" },
			"read the report s3://artifacts-1/audit/erasures/", true},
	} {
		t.Run(name, func(t *testing.T) {
			f := platform()
			test.change(f)
			_, err := run(f, test.customer)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q in it", err, test.want)
			}
			if started := f.arguments != nil; started != test.started {
				t.Errorf("a run was started: %t, want %t", started, test.started)
			}
		})
	}
}
