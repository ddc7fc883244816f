package replay

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"dataplatform/contracts"
)

// Ledger says whether a file was taken in, and whether runs take it.
type Ledger interface {
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	UpdateItem(
		context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options),
	) (*dynamodb.UpdateItemOutput, error)
}

// Quarantine replays what was refused, or all that was received, once the cause is mended: the functions and jobs
// evaluate it again.
//
// Nothing new is made of it. A batch of clicks goes through its function as it came, under its identities and into the
// same keys; the lines of a file are evaluated again by the run of its hour, which makes the file's quarantine what it
// has to be; so is a file that was put apart; a refused file is dropped once more with the arrival it had. What is good
// by then is found once in processed, and its rows in quarantine are removed, which the bucket's versions can bring
// back. A second replay finds nothing, or gives the same objects again.
type Quarantine struct {
	Store     Store
	Functions Invoker
	Ledger    Ledger
	// Contracts say how a dataset comes in.
	Contracts *contracts.Set
	// Bucket is the raw one, Landing where files are dropped, Files the table of the ledger, StreamARN where clicks
	// came from.
	Bucket, Landing, Files, StreamARN string
	// FunctionNames by role: clicks, assets.
	FunctionNames map[string]string
	// Wait is how long a dropped file may take to be evaluated, Poll how often it is asked for.
	Wait, Poll time.Duration
	// Step is called with how far a replay is; nil for nobody.
	Step func(string)
}

// step says that one of so many is being replayed.
func (q *Quarantine) step(dataset, what string, i, of int) {
	if q.Step != nil {
		q.Step(fmt.Sprintf("%s: %s %d of %d", dataset, what, i+1, of))
	}
}

// Plan is what a replay would do.
type Plan struct {
	Selection
	pipeline contracts.Pipeline
	// Raw says that everything received is replayed, not only what was refused.
	Raw bool
	// Rows by reason, of quarantine.
	Rows map[string]int
	// objects of quarantine that hold them.
	objects []object
	batches []batch
	files   []row // refused as a whole
	apart   []row // put apart by a job: raw has them
	assets  []row
	// Hours that the state machine has to run over.
	Hours []Span
}

// Empty says that there is nothing to replay.
func (p Plan) Empty() bool { return len(p.Hours) == 0 }

// steps are what a replay would do beside the runs of the state machine.
func (p Plan) steps() []step {
	return []step{
		{"invokeBatches", "batches of the stream to invoke the function with", len(p.batches)},
		{"dropFiles", "files to drop again", len(p.files)},
		{"takeAgain", "files put apart to be taken again", len(p.apart)},
		{"tellOfObjects", "objects to tell the function of", len(p.assets)},
	}
}

type step struct {
	name, what string
	n          int
}

// MarshalJSON has what Print has.
func (p Plan) MarshalJSON() ([]byte, error) {
	steps, hours := map[string]int{}, []string{}
	for _, step := range p.steps() {
		steps[step.name] = step.n
	}
	for _, span := range p.Hours {
		hours = append(hours, span.Start.Format(time.RFC3339)+"/"+span.End.Format(time.RFC3339))
	}
	return json.Marshal(map[string]any{"dataset": p.Dataset, "refused": p.Rows, "steps": steps, "hours": hours})
}

// Print says what a replay would do, and nothing of the data.
func (p Plan) Print(w io.Writer) error {
	for _, reason := range slices.Sorted(maps.Keys(p.Rows)) {
		fmt.Fprintf(w, "%s: %d rows refused as %s\n", p.Dataset, p.Rows[reason], reason)
	}
	for _, step := range p.steps() {
		if step.n > 0 {
			fmt.Fprintf(w, "%s: %d %s\n", p.Dataset, step.n, step.what)
		}
	}
	for _, span := range p.Hours {
		fmt.Fprintf(w, "%s: hours of arrival to compute %s/%s\n", p.Dataset, span.Start.Format(time.RFC3339),
			span.End.Format(time.RFC3339))
	}
	if p.Empty() {
		fmt.Fprintf(w, "%s: nothing to replay\n", p.Dataset)
	}
	return nil
}

// Refused plans the replay of quarantine.
func (q *Quarantine) Refused(ctx context.Context, selection Selection) (Plan, error) {
	plan, err := q.plan(selection)
	if err != nil {
		return plan, err
	}
	prefix := "quarantine/" + selection.Dataset + "/"
	if selection.Reason != "" {
		prefix += "reason=" + selection.Reason + "/"
	}
	if plan.objects, err = q.objects(ctx, prefix, selection); err != nil {
		return plan, err
	}
	if err := readable(plan.objects); err != nil {
		return plan, err
	}
	hours, wanted := map[time.Time]bool{}, map[string]bool{}
	for _, o := range plan.objects {
		rows, err := q.rows(ctx, o.key)
		if err != nil {
			return plan, err
		}
		hours[o.hour] = true
		for _, row := range rows {
			plan.Rows[o.reason]++
			switch {
			case plan.pipeline.Streaming:
				wanted[recordOf(row.Identity)] = true
			case !plan.pipeline.Landing:
				plan.assets = append(plan.assets, row)
			case o.reason == contracts.ReasonUnreadable:
				plan.apart = append(plan.apart, row)
			case strings.HasSuffix(row.Identity, ":0"):
				plan.files = append(plan.files, row)
			}
		}
	}
	if plan.pipeline.Streaming {
		if plan.batches, err = q.batches(ctx, selection.Dataset, wanted, hours); err != nil {
			return plan, err
		}
		if err := allFound(wanted, plan.batches); err != nil {
			return plan, err
		}
		for _, b := range plan.batches {
			for _, o := range b.objects {
				hours[o.hour] = true
			}
		}
	}
	plan.Hours = spans(hours)
	return plan, nil
}

// Received plans the replay of raw. Only a stream has to be given to its function again: the jobs read raw themselves.
func (q *Quarantine) Received(ctx context.Context, selection Selection) (Plan, error) {
	plan, err := q.plan(selection)
	if err != nil {
		return plan, err
	}
	plan.Raw = true
	hours := map[time.Time]bool{}
	for hour := selection.From; hour.Before(selection.To); hour = hour.Add(time.Hour) {
		hours[hour] = true
	}
	if !plan.pipeline.Streaming {
		plan.Hours = spans(hours)
		return plan, q.Readable(ctx, selection)
	}
	if plan.batches, err = q.batches(ctx, selection.Dataset, nil, hours); err != nil {
		return plan, err
	}
	// What a batch of these hours refuses now may lie in them or in the hour beside.
	around := Selection{From: selection.From.Add(-time.Hour), To: selection.To.Add(time.Hour)}
	if plan.objects, err = q.objects(ctx, "quarantine/"+selection.Dataset+"/", around); err != nil {
		return plan, err
	}
	touched := map[time.Time]bool{}
	for _, b := range plan.batches {
		for _, o := range b.objects {
			touched[o.hour] = true
		}
	}
	plan.Hours = spans(touched)
	return plan, nil
}

// Readable refuses hours of which raw is archived in part: jobs read raw, and would fail in the middle.
func (q *Quarantine) Readable(ctx context.Context, selection Selection) error {
	plan, err := q.plan(selection)
	if err != nil {
		return err
	}
	found, err := q.objects(ctx, plan.pipeline.Raw.Prefix(), selection)
	if err != nil {
		return err
	}
	return readable(found)
}

// Days are those on which anything of a dataset arrived that raw still has, in order.
func (q *Quarantine) Days(ctx context.Context, dataset string) ([]time.Time, error) {
	plan, err := q.plan(Selection{Dataset: dataset})
	if err != nil {
		return nil, err
	}
	found, err := q.objects(ctx, plan.pipeline.Raw.Prefix(), Selection{})
	if err != nil {
		return nil, err
	}
	var days []time.Time
	for _, one := range found {
		days = append(days, one.hour.Truncate(24*time.Hour))
	}
	slices.SortFunc(days, time.Time.Compare)
	return slices.CompactFunc(days, time.Time.Equal), readable(found)
}

func (q *Quarantine) plan(selection Selection) (Plan, error) {
	plan := Plan{Selection: selection, Rows: map[string]int{}}
	var names []string
	for _, pipeline := range q.Contracts.Pipelines() {
		names = append(names, pipeline.Name)
		if pipeline.Name == selection.Dataset {
			plan.pipeline = pipeline
			return plan, nil
		}
	}
	return plan, fmt.Errorf("there is no dataset %q to replay; there are %s", selection.Dataset,
		strings.Join(names, ", "))
}

// Done is what a replay did.
type Done struct {
	// Invoked batches or objects, files that were dropped and taken in, and files put apart that runs take again.
	Invoked    int `json:"invoked"`
	Dropped    int `json:"dropped"`
	Readmitted int `json:"readmitted"`
	// Refused are files that were refused again.
	Refused int `json:"refused"`
	// Removed objects of quarantine.
	Removed int `json:"removed"`
}

// Outcome is a plan, and what came of it; Done is nil when it was not carried out.
type Outcome struct {
	Plan Plan  `json:"plan"`
	Done *Done `json:"done,omitempty"`
}

// Print writes the plan, or what was done.
func (j Outcome) Print(w io.Writer) error {
	if j.Done == nil {
		return j.Plan.Print(w)
	}
	_, err := fmt.Fprintf(w,
		"%s: %d invocations, %d files dropped, %d put apart to be taken again, %d refused again, %d objects removed from quarantine\n",
		j.Plan.Dataset, j.Done.Invoked, j.Done.Dropped, j.Done.Readmitted, j.Done.Refused, j.Done.Removed)
	return err
}

// Do carries a plan out, up to the runs of the state machine. It can be repeated at any point.
func (q *Quarantine) Do(ctx context.Context, plan Plan) (Done, error) {
	switch {
	case plan.pipeline.Streaming:
		return q.replayBatches(ctx, plan)
	case plan.Raw: // the state machine does all
		return Done{}, nil
	case plan.pipeline.Landing:
		return q.replayFiles(ctx, plan)
	}
	return q.replayAssets(ctx, plan)
}

// recordOf is the record, shard:sequence, of an identity shard:sequence:ordinal.
func recordOf(identity string) string {
	record, _, _ := cutLast(identity, ":")
	return record
}
