package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/lakeformation"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"golang.org/x/sync/errgroup"

	"dataplatform/contracts"
	"dataplatform/e2e/load"
	"dataplatform/e2e/report"
	"dataplatform/internal/figures"
	"dataplatform/local/stack"
	"dataplatform/operations/grants"
	"dataplatform/operations/lineage"
	"dataplatform/operations/reconcile"
)

// Run runs a demo on a platform that Start has started and writes the report.
// It returns an error when a step failed or the report has a problem.
func Run(ctx context.Context, p *stack.Platform, options Options, started time.Time, log io.Writer) error {
	runReport := &report.Report{
		StepSeconds: map[string]float64{}, Run: figures.Run{Datasets: map[string]figures.Counts{}},
	}
	failed := run(ctx, p, options, runReport, log)
	runReport.Check()
	runReport.PeakMemoryBytes = p.PeakMemory()
	runReport.SecondsTotal = time.Since(started).Seconds()
	if failed != nil {
		runReport.Problem("%v", failed)
	}
	if err := runReport.Write(options.Report); err != nil {
		return errors.Join(failed, err)
	}
	runReport.Print(log)
	if len(runReport.Problems) > 0 {
		return fmt.Errorf("%d problem(s), see %s", len(runReport.Problems), options.Report)
	}
	return nil
}

func run(ctx context.Context, p *stack.Platform, options Options, runReport *report.Report, log io.Writer) error {
	runReport.Deploy.ReadySeconds = p.ReadySeconds
	up, err := p.Up(ctx)
	if err != nil {
		return err
	}
	runReport.Deploy.UpSeconds, runReport.Deploy.Resources = up.Seconds, up.Resources
	session := NewSession(p, options, log)
	verifier, err := session.verifier(ctx)
	if err != nil {
		return err
	}
	var verified sync.WaitGroup
	verified.Go(func() { session.verify(ctx, runReport, verifier) })
	again, err := p.UpAgain(ctx)
	verified.Wait()
	if err != nil {
		return err
	}
	runReport.Deploy.SecondUpSeconds, runReport.Deploy.SecondUpChanges = again.Seconds, len(again.Changes)
	for _, change := range again.Changes {
		runReport.Problem("the second up changed %+v", change)
	}
	// What was counted so far is part of the report even when a later step fails.
	dataErr := session.data(ctx, runReport)
	if dataErr == nil {
		dataErr = session.permissions(ctx, runReport)
	}
	destroyed, err := p.Destroy(ctx)
	if err != nil {
		return errors.Join(dataErr, err)
	}
	runReport.Deploy.DestroySeconds = destroyed.Seconds
	left, err := p.Left(ctx)
	runReport.Deploy.Left, runReport.Deploy.DestroyLeft = left, len(left)
	return errors.Join(dataErr, err)
}

// data sends everything, runs the state machines and counts.
func (s *Session) data(ctx context.Context, runReport *report.Report) error {
	step := func(name string, do func() error) error {
		start := time.Now()
		err := do()
		runReport.StepSeconds[name] = time.Since(start).Seconds()
		return err
	}
	repeated := len(s.Ledger.Clicks)+len(s.Ledger.Files) > 0
	err := step("load and state machines", func() error { return s.load(ctx, runReport) })
	if err != nil {
		return err
	}
	set, err := s.Platform.Outputs.Contracts()
	if err != nil {
		return err
	}
	runReport.Idle = s.idle(set)
	if repeated {
		// Generators know what they built into one sending, not what an earlier one makes of it: the same files are
		// all duplicates. The ledger's identities still are accounted for, each of them.
		s.Ledger.Expected = nil
	}
	expect(s.Ledger, s.stayed)
	if s.options.ML {
		if err := step("recommendations", func() error { return s.recommend(ctx, runReport) }); err != nil {
			return err
		}
	}
	if err := step("grants", func() error { return s.grants(ctx, runReport) }); err != nil {
		return err
	}
	if err := step("counts", func() error { return s.Count(ctx, runReport) }); err != nil {
		return err
	}
	if err := s.lineage(ctx, runReport); err != nil {
		return err
	}
	return step("queries", func() error { return s.examples(ctx, runReport) })
}

// lineage compares what the runs reported about where data came from with the contracts.
func (s *Session) lineage(ctx context.Context, runReport *report.Report) error {
	out := s.Platform.Outputs
	set, err := out.Contracts()
	if err != nil {
		return err
	}
	events, err := lineage.Read(ctx, s3.NewFromConfig(s.config), out.Buckets["artifacts"])
	if err != nil {
		return err
	}
	runReport.Lineage = lineage.Compare(set, out.Buckets, events, tablesOf(set, runReport.Idle)...)
	return nil
}

// idle are the datasets that sources drop files for, and that got none.
func (s *Session) idle(set *contracts.Set) []string {
	got := s.datasets()
	var found []string
	for _, pipeline := range set.Pipelines() {
		if pipeline.Landing && !got[pipeline.Name] {
			found = append(found, pipeline.Name)
		}
	}
	return found
}

// tablesOf are the ids of everything in the pipelines of datasets.
func tablesOf(set *contracts.Set, datasets []string) []string {
	var ids []string
	for _, pipeline := range set.Pipelines() {
		if !slices.Contains(datasets, pipeline.Name) {
			continue
		}
		for _, contract := range append([]*contracts.Contract{pipeline.Raw, pipeline.Processed}, pipeline.Curated...) {
			ids = append(ids, contract.ID)
		}
	}
	return ids
}

// permissions holds which grants the run used against the list of those that a run does not.
func (s *Session) permissions(ctx context.Context, runReport *report.Report) error {
	var record report.PermissionRecord
	if err := s.Platform.Call(ctx, "GET", "permissions", nil, &record); err != nil {
		return err
	}
	unused := slices.Concat(report.UnusedOf(s.Platform.Outputs.Jobs["features"] != ""),
		report.UnusedOfIdle(runReport.Idle))
	runReport.Permissions = report.CheckPermissions(record, unused, s.options.generated())
	return nil
}

// Load sends data to a platform that goes on running, runs the state machines over it and counts.
func (s *Session) Load(ctx context.Context) (*report.Report, error) {
	runReport := &report.Report{
		StepSeconds: map[string]float64{}, Run: figures.Run{Datasets: map[string]figures.Counts{}},
	}
	err := s.data(ctx, runReport)
	runReport.Check()
	return runReport, err
}

// load sends clicks at their rate and meanwhile lands and processes the files, as both happen at once in a shop.
func (s *Session) load(ctx context.Context, runReport *report.Report) error {
	prober := report.NewProber(s.queries, s.Platform.Outputs, s.options.Clicks == "")
	probing, stopProbing := context.WithCancel(ctx)
	defer stopProbing()
	work, ctx := errgroup.WithContext(ctx)
	probes, probing := errgroup.WithContext(probing)
	probes.Go(func() error { return prober.Run(probing) })
	if err := s.SendFiles(ctx); err != nil {
		return err
	}
	sending := time.Now()
	if err := s.timed("  assets: sending", func() error { return s.SendAssets(ctx) }); err != nil {
		return err
	}
	lookups, independent, dependents, err := s.inOrder()
	if err != nil {
		return err
	}
	var clicks *load.Ledger       // merged when nobody reads the session's ledger any more
	titled := make(chan struct{}) // closed when there is what others look up
	work.Go(func() error {
		if err := s.FilesIn(ctx); err != nil {
			return err
		}
		work.Go(func() error { return s.runAllFiles(ctx, independent) })
		if err := s.runAllFiles(ctx, lookups); err != nil {
			return err
		}
		close(titled)
		return s.runAllFiles(ctx, dependents)
	})
	runTitled := func(pipeline string, since time.Time) error {
		select {
		case <-titled:
			return s.runSince(ctx, pipeline, since)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	work.Go(func() error {
		if err := s.timed("  assets: described", func() error { return s.Drained(ctx, "assets") }); err != nil {
			return err
		}
		return runTitled("assets", s.began)
	})
	work.Go(func() error {
		if err := s.timed("  clicks: sending", func() (err error) {
			clicks, err = s.SendClicks(ctx, prober)
			return err
		}); err != nil {
			return err
		}
		if err := s.timed("  clicks: processed", func() error { return s.Drained(ctx, "clicks") }); err != nil {
			return err
		}
		stopProbing()
		return runTitled("clicks", sending)
	})
	err = work.Wait()
	stopProbing()
	err = errors.Join(err, probes.Wait())
	runReport.LatencySeconds = prober.Latency()
	if err == nil {
		s.Ledger.Merge(clicks)
	}
	return err
}

func (s *Session) runAllFiles(ctx context.Context, datasets []string) error {
	for _, dataset := range datasets {
		if err := s.RunFiles(ctx, dataset); err != nil {
			return err
		}
	}
	return nil
}

// datasets are those that arrived as files.
func (s *Session) datasets() map[string]bool {
	found := map[string]bool{}
	for _, file := range s.Ledger.Files {
		found[file.Dataset] = true
	}
	return found
}

// inOrder parts those datasets: the ones that others look values up in run before those, as only what is there is
// found, and the ones that have nothing to do with others at any time. What is looked up may itself look up.
func (s *Session) inOrder() (lookups, independent, dependents []string, err error) {
	set, err := contracts.Load()
	if err != nil {
		return nil, nil, nil, err
	}
	lookups, independent, dependents = inOrder(set.Pipelines(), slices.Sorted(maps.Keys(s.datasets())))
	return lookups, independent, dependents, nil
}

func inOrder(pipelines []contracts.Pipeline, names []string) (lookups, independent, dependents []string) {
	looksUp, isLookup := map[string][]string{}, map[string]bool{}
	for _, pipeline := range pipelines {
		for _, lookup := range slices.Concat(pipeline.Lookups, pipeline.References) {
			looksUp[pipeline.Name] = append(looksUp[pipeline.Name], lookup.Dataset)
			isLookup[lookup.Dataset] = true
		}
	}
	seen := map[string]bool{}
	var first func(string)
	first = func(name string) {
		if seen[name] || !slices.Contains(names, name) {
			return
		}
		seen[name] = true
		for _, other := range looksUp[name] {
			first(other)
		}
		lookups = append(lookups, name)
	}
	for _, name := range names {
		switch {
		case isLookup[name]:
			first(name)
		case len(looksUp[name]) > 0:
			dependents = append(dependents, name)
		default:
			independent = append(independent, name)
		}
	}
	return lookups, independent, dependents
}

// grants holds what Lake Formation answers against the contracts and roles.
func (s *Session) grants(ctx context.Context, runReport *report.Report) error {
	out := s.Platform.Outputs
	set, err := out.Contracts()
	if err != nil {
		return err
	}
	state, err := grants.Read(ctx, lakeformation.NewFromConfig(s.config), set, out.Databases)
	if err != nil {
		return err
	}
	checked := grants.Check(set, out.Principals, state)
	runReport.Grants = report.Grants{
		Principals: checked.Principals(), Expectations: len(checked.Got), Differences: checked.Problems(),
	}
	return nil
}

// Count compares the tables with the ledger, with what the generators built in, and with each other.
func (s *Session) Count(ctx context.Context, runReport *report.Report) error {
	out := s.Platform.Outputs
	counts, err := report.Clicks(ctx, s.queries, out, s.Ledger)
	if err != nil {
		return err
	}
	runReport.Datasets["clicks"] = counts
	if runReport.Datasets["assets"], err = report.Assets(ctx, s.queries, out, s.Ledger); err != nil {
		return err
	}
	for dataset := range s.datasets() {
		if runReport.Datasets[dataset], err = report.Files(ctx, s.queries, out, s.Ledger, dataset); err != nil {
			return err
		}
	}
	for dataset, want := range s.Ledger.Expected {
		got := runReport.Datasets[dataset]
		if got.Received != want.Received || got.Processed != want.Processed || got.Duplicates != want.Duplicates ||
			got.Quarantined != want.Quarantined || !maps.Equal(got.Reasons, want.Reasons) {
			runReport.Problem("%s: counted %+v, but the generator made %+v", dataset, got, want)
		}
	}
	for _, agreement := range reconcile.Agreements(out, time.Time{}) {
		found, err := agreement.Find(ctx, s.queries)
		if err != nil {
			return err
		}
		if !found.Agrees {
			runReport.Problem("%s", found)
		}
	}
	return nil
}
