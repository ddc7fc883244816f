// Package erasure asks for the erasure of a customer, or for an export of what there is of one, and tells what came of
// it.
//
// The job with the break-glass role does the work. This side leaves the request
// where the job finds it, waits, and reads the report, which names nobody: an
// argument of the run, a log or the report with the customer's number in it
// would be the next thing to erase.
package erasure

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"dataplatform/internal/identifiers"
	"dataplatform/operations/statemachine"
	"dataplatform/policies"
)

// Objects is the part of the S3 client that asking needs.
type Objects interface {
	PutObject(context.Context, *s3.PutObjectInput, ...func(*s3.Options)) (*s3.PutObjectOutput, error)
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
}

// Runner runs the state machine of a request and waits for its end: it is the only door to the job.
type Runner interface {
	Request(ctx context.Context, arn, request string) error
}

// Eraser asks one platform.
type Eraser struct {
	Objects       Objects
	Runner        Runner
	StateMachines sfn.ListExecutionsAPIClient
	// Bucket is the artifacts bucket, StateMachineARN the erasure's state machine, StateMachineARNs what must not be
	// running.
	Bucket, StateMachineARN string
	StateMachineARNs        []string
}

// Report is what the job did.
type Report struct {
	Request  string `json:"request"`
	Started  string `json:"started"`
	Finished string `json:"finished"`
	State    string `json:"state"` // planned, while it may have begun, done, or incomplete
	// ClickHours are the event hours that lost clicks.
	ClickHours []string         `json:"clickHours"`
	Places     map[string]Place `json:"places"`
	Tables     map[string]Table `json:"tables"`
	// Objects are all that were changed, with the digests of their contents before and after.
	Objects json.RawMessage `json:"objects"`
	// Problems are objects that nobody can say the customer is not in; with any the report is incomplete.
	Problems []Problem `json:"problems,omitempty"`
}

// Problem is an object version that could not be looked through: everything else is erased.
type Problem struct {
	Object  string `json:"object"`
	Version string `json:"version"`
	Error   string `json:"error"` // its kind only: what it says may be the customer's
}

// Place is a part of the platform with objects.
type Place struct {
	Objects  int `json:"objects"`
	Records  int `json:"records"`
	Versions int `json:"versionsRemoved"`
}

// Table is an Iceberg table.
type Table struct {
	Rows     int `json:"rows"`
	Versions int `json:"versionsRemoved"`
}

// The one customer's number: it becomes part of no query and no key, and this keeps it so.
var customerPattern = regexp.MustCompile(`^[0-9A-Za-z_-]{1,64}$`)

// A customer of a source without numbers is known by an e-mail address; the job makes the key of it.
var addressPattern = regexp.MustCompile(`^[^\s@]{1,64}@[^\s@]{1,255}$`)

// Check says why a number cannot be one customer's.
func Check(customer string) error {
	if addressPattern.MatchString(customer) {
		return nil
	}
	if number := identifiers.Customer(customer); !customerPattern.MatchString(number) || number == identifiers.Guest {
		return fmt.Errorf(
			"customer %q: want the number of one customer, 1 to 64 letters, digits, _ and -, or an e-mail address; the guests have none",
			customer,
		)
	}
	return nil
}

// Run erases a customer and returns the report, of which Err says whether that is all. What keeps the job from
// beginning is an error that says what to do first.
func (e *Eraser) Run(ctx context.Context, customer string) (Report, error) {
	return e.run(ctx, customer, time.Time{})
}

// RunSince takes a customer who is nobody, as whoever tests a stack sends one, out of what was written since. Older
// data is not read, which of a whole lake takes hours and money, other people's copies of data stay, and tables keep
// their past.
func (e *Eraser) RunSince(ctx context.Context, customer string, since time.Time) (Report, error) {
	return e.run(ctx, customer, since)
}

func (e *Eraser) run(ctx context.Context, customer string, since time.Time) (Report, error) {
	if err := Check(customer); err != nil {
		return Report{}, err
	}
	// A run beside it may have read, and not yet published, what is to go.
	if err := statemachine.Idle(ctx, e.StateMachines,
		append([]string{e.StateMachineARN}, e.StateMachineARNs...)...); err != nil {
		return Report{}, err
	}
	request, err := leave(ctx, e.Objects, e.Bucket, policies.ErasureRequestsPrefix,
		wanted{Customer: customer, Since: since})
	if err != nil {
		return Report{}, err
	}
	if err := e.Runner.Request(ctx, e.StateMachineARN, request); err != nil {
		return Report{}, err
	}
	return e.read(ctx, request)
}

// wanted is what a request says.
type wanted struct {
	Customer string    `json:"customer"`
	Since    time.Time `json:"since,omitzero"`
}

// leave puts what a request is about where its job finds it, and returns what the request is called.
func leave(ctx context.Context, objects Objects, bucket, prefix string, what wanted) (string, error) {
	request, err := newRequest()
	if err != nil {
		return "", err
	}
	what.Customer = identifiers.Customer(what.Customer)
	text, err := json.Marshal(what)
	if err != nil {
		return "", err
	}
	if _, err := objects.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &bucket, Key: aws.String(prefix + request + ".json"), Body: bytes.NewReader(text),
	}); err != nil {
		return "", fmt.Errorf("leave the request: %w", err)
	}
	return request, nil
}

func newRequest() (string, error) {
	var random [8]byte
	if _, err := rand.Read(random[:]); err != nil {
		return "", err
	}
	return time.Now().UTC().Format("20060102T150405Z") + "-" + hex.EncodeToString(random[:]), nil
}

func (e *Eraser) read(ctx context.Context, request string) (Report, error) {
	key := policies.ErasureAuditPrefix + request + ".json"
	object, err := e.Objects.GetObject(ctx, &s3.GetObjectInput{Bucket: &e.Bucket, Key: &key})
	if err != nil {
		return Report{}, fmt.Errorf("read the report s3://%s/%s: %w", e.Bucket, key, err)
	}
	defer object.Body.Close()
	var report Report
	if err := json.NewDecoder(object.Body).Decode(&report); err != nil {
		return Report{}, fmt.Errorf("read the report s3://%s/%s: %w", e.Bucket, key, err)
	}
	if report.State != "done" && report.State != "incomplete" {
		return Report{}, fmt.Errorf("the report s3://%s/%s is of state %q, not done", e.Bucket, key, report.State)
	}
	return report, nil
}

// Err says why a request is not done, although the customer is erased from all that could be looked through.
func (a Report) Err() error {
	if a.State == "done" {
		return nil
	}
	var said []string
	for _, one := range a.Problems {
		said = append(said, fmt.Sprintf("%s (version %s): %s", one.Object, one.Version, one.Error))
	}
	return fmt.Errorf("request %s is not done: %d objects could not be looked through, all others are erased; "+
		"mend or delete these and run it again: %s", a.Request, len(a.Problems), strings.Join(said, "; "))
}

// Print writes what was removed, a line a place.
func (a Report) Print(w io.Writer) error {
	fmt.Fprintf(w, "request %s, %s to %s\n", a.Request, a.Started, a.Finished)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "place\tobjects\trecords\tversions removed")
	for _, name := range slices.Sorted(maps.Keys(a.Places)) {
		place := a.Places[name]
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\n", name, place.Objects, place.Records, place.Versions)
	}
	for _, name := range slices.Sorted(maps.Keys(a.Tables)) {
		fmt.Fprintf(table, "table %s\t\t%d\t%d\n", name, a.Tables[name].Rows, a.Tables[name].Versions)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if len(a.ClickHours) > 0 {
		fmt.Fprintf(w, "hours computed again: %s\n", strings.Join(a.ClickHours, ", "))
	}
	return nil
}
