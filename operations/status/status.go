// Package status says how a deployed platform is: how new its datasets are, what the last runs did, what waits and
// which alarms sound. It reads what the platform itself keeps, Iceberg's metadata, the ledger of files, the counts of
// runs, and asks no query engine: looking costs cents and changes nothing.
package status

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
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
}

// Reader reads the status of the stack with these outputs.
type Reader struct {
	Contracts     *contracts.Set
	Outputs       outputs.Outputs
	Objects       Objects
	Tables        Tables
	Ledger        dynamodb.QueryAPIClient
	StateMachines StateMachines
	// Alarms is of the last release of the SDK's CloudWatch that speaks the Query protocol: the emulator understands no
	// CBOR.
	Alarms cloudwatch.DescribeAlarmsAPIClient
	// Now is when the status is read.
	Now time.Time
}

// Status is a platform at one moment.
type Status struct {
	At        time.Time
	Datasets  []Dataset
	Pipelines []Pipeline
	// Alarms are those that sound.
	Alarms []Alarm
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
}

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

// Read asks for everything at once.
func (r *Reader) Read(ctx context.Context) (Status, error) {
	all, pipelines := r.Contracts.All(), r.Contracts.Pipelines()
	status := Status{At: r.Now, Datasets: make([]Dataset, len(all)), Pipelines: make([]Pipeline, len(pipelines))}
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(parallel)
	for i, contract := range all {
		work.Go(func() (err error) {
			if status.Datasets[i], err = r.dataset(ctx, contract); err != nil {
				return fmt.Errorf("%s: %w", contract.ID, err)
			}
			return nil
		})
	}
	for i, pipeline := range pipelines {
		work.Go(func() (err error) {
			if status.Pipelines[i], err = r.pipeline(ctx, pipeline); err != nil {
				return fmt.Errorf("pipeline %s: %w", pipeline.Name, err)
			}
			return nil
		})
	}
	work.Go(func() (err error) {
		status.Alarms, err = r.alarms(ctx)
		return err
	})
	if err := work.Wait(); err != nil {
		return Status{}, err
	}
	for i, pipeline := range pipelines {
		if pipeline.Streaming {
			status.Pipelines[i].Behind = status.behind(pipeline, status.Pipelines[i].refused)
		}
	}
	return status, nil
}

// behind compares what a stream's function wrote last: raw comes after processed or quarantine, so anything above
// seconds is a stop.
func (s Status) behind(pipeline contracts.Pipeline, refused time.Time) time.Duration {
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

// runbook finds the page that an alarm's description names.
func runbook(description string) string {
	_, rest, ok := strings.Cut(description, "docs/runbooks/")
	page, _, end := strings.Cut(rest, ".md")
	if !ok || !end {
		return ""
	}
	return "docs/runbooks/" + page + ".md"
}
