// Package status says how a deployed platform is: how new its datasets are, what the last runs did, what waits and
// which alarms sound. It reads what the platform itself keeps, Iceberg's metadata, the ledger of files, the counts of
// runs, and asks no query engine: looking costs cents and changes nothing.
package status

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"golang.org/x/sync/errgroup"

	"dataplatform/contracts"
	"dataplatform/operations/runs"
	"dataplatform/platform/outputs"
)

// Objects is the part of the S3 client that a status needs.
type Objects interface {
	s3.ListObjectsV2APIClient
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
	GetObjectTagging(
		context.Context, *s3.GetObjectTaggingInput, ...func(*s3.Options),
	) (*s3.GetObjectTaggingOutput, error)
}

// Tables is the part of the Glue client that a status needs.
type Tables interface {
	GetTable(context.Context, *glue.GetTableInput, ...func(*glue.Options)) (*glue.GetTableOutput, error)
}

// StateMachines is the part of the Step Functions client that a status needs.
type StateMachines interface {
	ListExecutions(context.Context, *sfn.ListExecutionsInput, ...func(*sfn.Options)) (*sfn.ListExecutionsOutput, error)
	DescribeExecution(
		context.Context, *sfn.DescribeExecutionInput, ...func(*sfn.Options),
	) (*sfn.DescribeExecutionOutput, error)
}

// Mappings is the part of the Lambda client that a status needs.
type Mappings interface {
	GetEventSourceMapping(
		context.Context, *lambda.GetEventSourceMappingInput, ...func(*lambda.Options),
	) (*lambda.GetEventSourceMappingOutput, error)
}

// Queues is the part of the SQS client that a status needs.
type Queues interface {
	GetQueueAttributes(
		context.Context, *sqs.GetQueueAttributesInput, ...func(*sqs.Options),
	) (*sqs.GetQueueAttributesOutput, error)
}

// Metrics is the part of the CloudWatch client that a status needs.
type Metrics interface {
	cloudwatch.DescribeAlarmsAPIClient
	GetMetricStatistics(
		context.Context, *cloudwatch.GetMetricStatisticsInput, ...func(*cloudwatch.Options),
	) (*cloudwatch.GetMetricStatisticsOutput, error)
}

// Reader reads the status of the stack with these outputs.
type Reader struct {
	Contracts     *contracts.Set
	Outputs       outputs.Outputs
	Objects       Objects
	Tables        Tables
	Ledger        dynamodb.QueryAPIClient
	StateMachines StateMachines
	Mappings      Mappings
	Queues        Queues
	// Metrics is of the last release of the SDK's CloudWatch that speaks the Query protocol: the emulator understands
	// no CBOR.
	Metrics Metrics
	// Now is when the status is read.
	Now time.Time
}

// New makes a Reader of a stack's status now.
func New(config aws.Config, set *contracts.Set, out outputs.Outputs) *Reader {
	return &Reader{
		Contracts: set, Outputs: out, Objects: s3.NewFromConfig(config), Tables: glue.NewFromConfig(config),
		Ledger: dynamodb.NewFromConfig(config), StateMachines: sfn.NewFromConfig(config),
		Mappings: lambda.NewFromConfig(config), Queues: sqs.NewFromConfig(config),
		Metrics: cloudwatch.NewFromConfig(config), Now: time.Now(),
	}
}

// Status is a platform at one moment.
type Status struct {
	At        time.Time
	Datasets  []Dataset
	Pipelines []Pipeline
	Stream    Stream
	// Queues are those in which messages wait.
	Queues []Queue
	// Alarms are those that sound.
	Alarms []Alarm
	// Unread is what could not be asked for: of it the status says nothing.
	Unread []Unread
}

// Unread is a part of a status, and why it is not there.
type Unread struct {
	What  string `json:"what"`
	Error string `json:"error"`
}

// Stream is how the reading of the clicks goes.
type Stream struct {
	// Mapping is the state of what gives the function its records, and Result of what it did last.
	Mapping string `json:"mapping"`
	Result  string `json:"result"`
	// Age is how old the oldest record was when it was last read; nil when none was of late.
	Age *time.Duration `json:"-"`
	// Incoming are the records that came of late.
	Incoming int `json:"incoming"`
}

// Queue is one in which messages wait.
type Queue struct {
	Name     string `json:"name"`
	Messages int    `json:"messages"`
	// Dead says that nobody takes them by himself.
	Dead bool `json:"dead"`
	// Oldest is how long the oldest message had waited; nil of dead letters, and when it was not measured yet.
	Oldest *time.Duration `json:"-"`
}

// Dataset is what a table holds.
type Dataset struct {
	ID string
	// Newest is when data was last written; zero when none ever was.
	Newest time.Time
	// Rows of an Iceberg table; -1 for the others, which only a query can count.
	Rows int64
	// SLO is the contract's latency.
	SLO time.Duration
}

// Pipeline is how far a source dataset has got.
type Pipeline struct {
	Name    string
	SLO     time.Duration // to processed
	Curated time.Duration // to the table with the shortest SLO
	// Last is the newest execution of either state machine; its Status is empty when there was none.
	Last Run
	// Waiting are the files, or of a stream the hours that are over, that no run has finished, Since the arrival of the
	// oldest.
	Waiting int
	Since   time.Time
	// Apart are the files that no run takes.
	Apart []Apart
	// Hours are those of a stream, by their starts.
	Hours []time.Time
	// GivenUp are the batches of a stream that wait for a replay.
	GivenUp int
	// Behind is how much later raw was written than what becomes of it, of a stream.
	Behind time.Duration
	// refused is when something of a stream was last quarantined.
	refused time.Time
}

// Apart is a file that was put apart, by its digest, and the name of the error.
type Apart struct {
	File  string `json:"file"`
	Error string `json:"error"`
}

// Run is one execution of a state machine.
type Run struct {
	StateMachine string // hourly or backfill
	Status       string
	Started      time.Time
	// Counts of its first stage; nil when it has not come so far.
	Counts *runs.Counts
	// Execution is its ARN; Input and Cause are those of one that failed.
	Execution, Input, Cause string
}

// failed says whether a run ended otherwise than it should.
func (r Run) failed() bool { return !slices.Contains([]string{"", "RUNNING", "SUCCEEDED"}, r.Status) }

// Late says whether what has come should have been processed by now, and hours of a stream been curated.
func (p Pipeline) Late(now time.Time) bool {
	slo := p.SLO
	if len(p.Hours) > 0 {
		slo = time.Hour + p.Curated // an hour begins to wait when it ends
	}
	return p.Behind > p.SLO || p.Waiting > 0 && now.Sub(p.Since) > slo
}

// Alarm is one that sounds.
type Alarm struct {
	Name  string    `json:"name"`
	Since time.Time `json:"since"`
	// Runbook is the page to read, or empty.
	Runbook string `json:"runbook"`
}

// parallel bounds the requests at a time.
const parallel = 8

// Read asks for everything at once. What cannot be had is named, and hides nothing else.
func (r *Reader) Read(ctx context.Context) Status {
	all, pipelines := r.Contracts.All(), r.Contracts.Pipelines()
	status := Status{At: r.Now, Datasets: make([]Dataset, len(all)), Pipelines: make([]Pipeline, len(pipelines))}
	var work errgroup.Group
	work.SetLimit(parallel)
	var lock sync.Mutex
	// part asks for one thing; its name says what is not known when that fails.
	part := func(what string, ask func() error) {
		work.Go(func() error {
			if err := ask(); err != nil {
				lock.Lock()
				defer lock.Unlock()
				status.Unread = append(status.Unread, Unread{what, err.Error()})
			}
			return nil
		})
	}
	for i, contract := range all {
		part(contract.ID, func() (err error) {
			status.Datasets[i], err = r.dataset(ctx, contract)
			return err
		})
	}
	for i, pipeline := range pipelines {
		p := &status.Pipelines[i]
		*p = newPipeline(pipeline)
		part(p.Name+runsOf, func() (err error) {
			p.Last, err = r.lastRun(ctx, pipeline)
			return err
		})
		if !pipeline.Streaming {
			part(p.Name+waitingOf, func() error { return r.waiting(ctx, p) })
			continue
		}
		part(p.Name+waitingOf, func() error { return r.hours(ctx, p) })
		part(p.Name+givenUpOf, func() (err error) {
			p.GivenUp, err = r.givenUp(ctx)
			return err
		})
		part(p.Name+refusedOf, func() (err error) {
			p.refused, err = r.newestObject(ctx, r.Outputs.Buckets[contracts.LayerRaw], "quarantine/"+p.Name+"/")
			return err
		})
	}
	part("stream", func() (err error) {
		status.Stream, err = r.stream(ctx)
		return err
	})
	queues := slices.Sorted(maps.Keys(r.Outputs.Queues))
	waiting := make([]Queue, len(queues))
	for i, name := range queues {
		part("queue "+name, func() (err error) {
			waiting[i], err = r.queue(ctx, name)
			return err
		})
	}
	part("alarms", func() (err error) {
		status.Alarms, err = r.alarms(ctx)
		return err
	})
	_ = work.Wait() // each part keeps its own error
	status.Queues = slices.DeleteFunc(waiting, func(q Queue) bool { return q.Messages == 0 })
	slices.SortFunc(status.Unread, func(a, b Unread) int { return strings.Compare(a.What, b.What) })
	for i, pipeline := range pipelines {
		if pipeline.Streaming {
			status.Pipelines[i].Behind = status.behind(pipeline, status.Pipelines[i].refused)
		}
	}
	return status
}

// What is known of a pipeline, after its name.
const (
	runsOf    = ": last run"
	waitingOf = ": what waits"
	givenUpOf = ": batches given up"
	refusedOf = ": what was refused"
)

// unread says whether a part is not known.
func (s Status) unread(what string) bool {
	return slices.ContainsFunc(s.Unread, func(u Unread) bool { return u.What == what })
}

// Well says whether nobody has to do anything: no alarm sounds, no run failed, nothing is late or waits for somebody.
// Of what could not be read it says nothing.
func (s Status) Well() bool {
	return len(s.Alarms) == 0 && !slices.ContainsFunc(s.Queues, func(q Queue) bool { return q.Dead }) &&
		!slices.ContainsFunc(s.Pipelines, func(p Pipeline) bool {
			return p.Late(s.At) || p.Last.failed() || p.GivenUp > 0 || len(p.Apart) > 0 ||
				p.Last.Counts != nil && p.Last.Counts.Lost > 0
		})
}

// behind compares what a stream's function wrote last: raw comes after processed or quarantine, so anything above
// seconds is a stop.
func (s Status) behind(pipeline contracts.Pipeline, refused time.Time) time.Duration {
	for _, part := range []string{pipeline.Raw.ID, pipeline.Processed.ID, pipeline.Name + refusedOf} {
		if s.unread(part) {
			return 0
		}
	}
	newest := map[string]time.Time{}
	for _, dataset := range s.Datasets {
		newest[dataset.ID] = dataset.Newest
	}
	raw, processed := newest[pipeline.Raw.ID], newest[pipeline.Processed.ID]
	if refused.After(processed) { // all that came of late was bad
		processed = refused
	}
	if raw.IsZero() || processed.IsZero() {
		return 0
	}
	return max(0, raw.Sub(processed))
}
