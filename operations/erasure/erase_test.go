package erasure

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// fakeAWS is a platform whose job answers with a report.
type fakeAWS struct {
	running string // the state machine that has an execution
	fails   error  // the run
	report  string

	request string   // body of the request
	key     string   // of the request
	started []string // state machine and request
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
	if *in.Key != "audit/erasures/"+f.named()+".json" {
		return nil, errors.New("NoSuchKey")
	}
	return &s3.GetObjectOutput{Body: io.NopCloser(strings.NewReader(f.report))}, nil
}

func (f *fakeAWS) Request(_ context.Context, arn, request string) error {
	f.started = append(f.started, arn+" "+request)
	return f.fails
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
	return &fakeAWS{report: done}
}

// named is the request that was started.
func (f *fakeAWS) named() string {
	if len(f.started) != 1 {
		return ""
	}
	return strings.TrimPrefix(f.started[0], "erase-1 ")
}

func run(f *fakeAWS, customer string) (Report, error) {
	e := &Eraser{
		Objects: f, Runner: f, StateMachines: f, Bucket: "artifacts-1", StateMachineARN: "erase-1",
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
	if f.request != `{"customer":"12345"}` || f.key != "artifacts-1/erasures/"+f.named()+".json" {
		t.Errorf("request %s at %s, started %v", f.request, f.key, f.started)
	}
	if f.named() == "" || strings.Contains(f.key+f.named(), "12345") {
		t.Errorf("the start %v names the customer, or there is none", f.started)
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

func TestARequestSaysSinceWhenItsDataIsThere(t *testing.T) {
	f := platform()
	e := &Eraser{Objects: f, Runner: f, StateMachines: f, Bucket: "artifacts-1", StateMachineARN: "erase-1"}
	since := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	if _, err := e.RunSince(context.Background(), "canary", since); err != nil {
		t.Fatal(err)
	}
	if want := `{"customer":"canary","since":"2026-01-01T12:00:00Z"}`; f.request != want {
		t.Errorf("request %s, want %s", f.request, want)
	}
}

func TestACustomerIsGivenInAnyWriting(t *testing.T) {
	for _, given := range []string{"19731", "1.9731e4", "19731.00", "19731,0", "'19731", "19,731", " 19731 "} {
		f := platform()
		if _, err := run(f, given); err != nil || f.request != `{"customer":"19731"}` {
			t.Errorf("%q: error %v, request %s", given, err, f.request)
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
		"beside an erasure": {"12345", func(f *fakeAWS) { f.running = "erase-1" }, "erase-1:now is running", false},
		"a run that failed": {"12345", func(f *fakeAWS) { f.fails = errors.New("RunFailed") }, "RunFailed", true},
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
			if started := len(f.started) > 0; started != test.started {
				t.Errorf("a run was started: %t, want %t", started, test.started)
			}
		})
	}
}

func TestWhatCouldNotBeLookedThroughIsNamed(t *testing.T) {
	f := platform()
	f.report = `{"request":"r","state":"incomplete","problems":[{"object":"s3://raw/a","version":"v1","error":"TooLargeError"}]}`
	report, err := run(f, "12345")
	if err != nil {
		t.Fatal(err)
	}
	const want = "s3://raw/a (version v1): TooLargeError"
	if err := report.Err(); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %q in it", err, want)
	}
	if report, err = run(platform(), "12345"); err != nil || report.Err() != nil {
		t.Errorf("error %v, %v of what is done", err, report.Err())
	}
}
