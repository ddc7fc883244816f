// Package verify proves a deployment: it sends canaries through a stack, good and bad ones of each kind, waits for what
// has to become of them, looks at who sees what, sets off an alarm, looks for logs and schedules, and takes everything
// that it sent away again.
//
// The canaries are a customer's of their own, whom no shop has. Clicks say that they are a bot's, which reports and
// recommendations leave out. Files say that they arrived in the first hour that tables show, so that a run of that hour
// takes nothing else and tells nobody how fresh a table is. In the end that customer is erased from what was written
// since the canaries were sent, by a role that has the right to; who verifies needs none on data.
package verify

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"dataplatform/contracts"
	"dataplatform/operations/erasure"
	"dataplatform/operations/grants"
	"dataplatform/operations/query"
	"dataplatform/operations/replay"
	"dataplatform/operations/statemachine"
	"dataplatform/platform/outputs"
)

// Customer is whose the canaries are, of every verification: an erasure of this one removes what any of them left.
const Customer = "dataplatform-verify"

// Querier runs SQL.
type Querier interface {
	Run(ctx context.Context, sql string) (query.Result, error)
}

// Objects is the part of the S3 client that is used.
type Objects interface {
	s3.ListObjectsV2APIClient
	PutObject(context.Context, *s3.PutObjectInput, ...func(*s3.Options)) (*s3.PutObjectOutput, error)
	DeleteObject(context.Context, *s3.DeleteObjectInput, ...func(*s3.Options)) (*s3.DeleteObjectOutput, error)
}

// Client is what is done with the credentials of a role.
type Client struct {
	Objects Objects
	// Query asks in a workgroup.
	Query func(workgroup string) Querier
}

// Stream is the part of the Kinesis client that is used.
type Stream interface {
	PutRecord(context.Context, *kinesis.PutRecordInput, ...func(*kinesis.Options)) (*kinesis.PutRecordOutput, error)
}

// Mappings is the part of the Lambda client that is used.
type Mappings interface {
	GetEventSourceMapping(
		context.Context, *lambda.GetEventSourceMappingInput, ...func(*lambda.Options),
	) (*lambda.GetEventSourceMappingOutput, error)
}

// Ledger is the part of the DynamoDB client that is used.
type Ledger interface {
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
}

// StateMachines is the part of the Step Functions client that is used.
type StateMachines interface {
	sfn.ListExecutionsAPIClient
	DescribeStateMachine(
		context.Context, *sfn.DescribeStateMachineInput, ...func(*sfn.Options),
	) (*sfn.DescribeStateMachineOutput, error)
}

// Runner runs a state machine to its end.
type Runner interface {
	Once(ctx context.Context, arn, hours string, stages []string) ([]statemachine.Counted, error)
}

// Replayer gives the clicks function a batch that was given up.
type Replayer interface {
	Replay(ctx context.Context, batch replay.Batch) error
}

// Eraser erases a customer from what was written since.
type Eraser interface {
	RunSince(ctx context.Context, customer string, since time.Time) (erasure.Report, error)
}

// Alarms is the part of the CloudWatch client that is used.
type Alarms interface {
	cloudwatch.DescribeAlarmsAPIClient
	cloudwatch.DescribeAlarmHistoryAPIClient
	SetAlarmState(
		context.Context, *cloudwatch.SetAlarmStateInput, ...func(*cloudwatch.Options),
	) (*cloudwatch.SetAlarmStateOutput, error)
}

// Schedules is the part of the EventBridge Scheduler client that is used.
type Schedules interface {
	GetSchedule(
		context.Context, *scheduler.GetScheduleInput, ...func(*scheduler.Options),
	) (*scheduler.GetScheduleOutput, error)
}

// Verifier verifies one stack.
type Verifier struct {
	Client
	// As are the clients of a role of the stack, by its ARN.
	As            func(ctx context.Context, role string) (Client, error)
	Stream        Stream
	Mappings      Mappings
	Ledger        Ledger
	StateMachines StateMachines
	Runner        Runner
	Replayer      Replayer
	Eraser        Eraser
	Alarms        Alarms
	Schedules     Schedules
	// Granted holds what Lake Formation says against what is wanted.
	Granted   func(context.Context) (grants.Report, error)
	Contracts *contracts.Set
	Outputs   outputs.Outputs
	// Keep leaves the canaries where they are.
	Keep bool
	// Poll is how long to wait before asking again.
	Poll time.Duration
	// Step is called with each check that has ended.
	Step func(Check)

	run     string // of letters and digits: what tells this verification's canaries from others'
	started time.Time

	mu    sync.Mutex // of what the checks, which are made together, have in common
	stays []Record
}

// State is how a check ended.
type State string

// The states. Unchecked is what could not be looked at, which is no failure.
const (
	OK        State = "ok"
	Failed    State = "FAILED"
	Unchecked State = "unchecked"
)

// Check is one thing that was looked at.
type Check struct {
	Name  string `json:"name"`
	State State  `json:"state"`
	// Saw is what was there; of a failure what was not, and of what was not checked why.
	Saw     string  `json:"saw"`
	Seconds float64 `json:"seconds"`
	// SLOSeconds is how long it may take; 0 where nothing is promised.
	SLOSeconds float64 `json:"sloSeconds,omitempty"`
	// ToDo is what to do; empty when nothing is.
	ToDo string `json:"toDo,omitempty"`
}

// Record is what stays of a canary: that a file was refused, and that an object came and went.
type Record struct {
	Dataset  string `json:"dataset"`
	Identity string `json:"identity"`
	// Reason is why it is in quarantine; empty when it is not.
	Reason string `json:"reason,omitempty"`
}

// Report is everything that was looked at, in order.
type Report struct {
	// Run is part of the names of all canaries.
	Run    string  `json:"run"`
	Checks []Check `json:"checks"`
	// Stays are the records that no removal takes away, as they tell of no customer.
	Stays []Record `json:"stays,omitempty"`
}

// uncheckedError says why something could not be looked at, and what would let it.
type uncheckedError struct{ why, toDo string }

func (e uncheckedError) Error() string { return e.why }

// check is how something is looked at.
type check struct {
	name string
	// slo bounds how long it may take; without one within does.
	slo, within time.Duration
	// toDo is what to do when it fails.
	toDo string
	look func(context.Context) (saw string, err error)
}

// Run makes all checks. That something failed is in the report, not an error.
func (v *Verifier) Run(ctx context.Context) Report {
	var random [4]byte
	_, _ = rand.Read(random[:]) // never fails
	v.started = time.Now().UTC().Truncate(time.Second)
	v.run = v.started.Format("20060102t150405") + hex.EncodeToString(random[:])
	report := Report{Run: v.run}
	for _, together := range [][]check{
		append(v.flows(ctx), v.grants(), v.schedules(), v.alarm()), {v.removal()}, {v.accessLogs(), v.trail()},
	} {
		made := make([]Check, len(together))
		var work sync.WaitGroup
		for i, one := range together {
			work.Go(func() { made[i] = v.make(ctx, one) })
		}
		work.Wait()
		report.Checks = append(report.Checks, made...)
	}
	slices.SortFunc(v.stays, func(a, b Record) int {
		return cmp.Or(cmp.Compare(a.Dataset, b.Dataset), cmp.Compare(a.Identity, b.Identity))
	})
	report.Stays = v.stays
	return report
}

// stay notes what no removal takes away.
func (v *Verifier) stay(dataset, identity, reason string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.stays = append(v.stays, Record{dataset, identity, reason})
}

// make looks, and holds how long it took against what is promised.
func (v *Verifier) make(ctx context.Context, c check) Check {
	made := Check{Name: c.name, State: OK, SLOSeconds: c.slo.Seconds()}
	limit := cmp.Or(c.slo, c.within)
	within, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	start := time.Now()
	saw, err := c.look(within)
	made.Saw, made.Seconds = saw, time.Since(start).Seconds()
	var unchecked uncheckedError
	switch {
	case errors.As(err, &unchecked):
		made.State, made.Saw, made.ToDo = Unchecked, unchecked.why, unchecked.toDo
	case errors.Is(err, context.DeadlineExceeded):
		made.State, made.Saw, made.ToDo = Failed, fmt.Sprintf("not within %s: %v", limit, err), c.toDo
	case err != nil:
		made.State, made.Saw, made.ToDo = Failed, err.Error(), c.toDo
	}
	if v.Step != nil {
		v.Step(made)
	}
	return made
}

// eventually asks until the answer is something; of what ends a wait the error says what was waited for.
func (v *Verifier) eventually(
	ctx context.Context, what string, ask func(context.Context) (saw string, err error),
) (string, error) {
	for {
		saw, err := ask(ctx)
		if saw != "" && err == nil {
			return saw, nil
		}
		if err != nil && ctx.Err() == nil {
			return "", fmt.Errorf("%s: %w", what, err)
		}
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("%s: %w", what, ctx.Err())
		case <-time.After(v.Poll):
		}
	}
}

// slo is how soon a dataset has to be there, by its contract.
func (v *Verifier) slo(id string) time.Duration {
	contract, ok := v.Contracts.Get(id)
	if !ok {
		return time.Hour
	}
	return contract.SLA.Latency
}

// count is how many checks ended so.
func (r Report) count(state State) int {
	n := 0
	for _, one := range r.Checks {
		if one.State == state {
			n++
		}
	}
	return n
}

// Err says how many failed.
func (r Report) Err() error {
	if failed := r.count(Failed); failed > 0 {
		return fmt.Errorf("%d of %d checks failed", failed, len(r.Checks))
	}
	return nil
}

// Print writes a line a check, and below it what to do.
func (r Report) Print(w io.Writer) error {
	for _, c := range r.Checks {
		took := fmt.Sprintf("%.1f s", c.Seconds)
		if c.SLOSeconds > 0 {
			took += " of " + (time.Duration(c.SLOSeconds) * time.Second).String()
		}
		fmt.Fprintf(w, "%-9s  %-28s %-18s %s\n", c.State, c.Name, took, c.Saw)
		if c.ToDo != "" {
			fmt.Fprintf(w, "%-58s → %s\n", "", c.ToDo)
		}
	}
	_, err := fmt.Fprintf(w, "\n%d checks, %d failed, %d could not be made\n", len(r.Checks), r.count(Failed),
		r.count(Unchecked))
	return err
}
