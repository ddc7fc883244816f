package demo

import (
	"context"
	"regexp"
	"time"

	"dataplatform/e2e/everywhere"
	"dataplatform/e2e/load"
	"dataplatform/e2e/report"
	"dataplatform/operations/verify"
)

// engineer is who verifies the local stack, by the name that it has as a principal and as a role.
const engineer = "engineer"

// verifier verifies the deployment as its command does, with the rights of an engineer and those that it asks for.
func (s *Session) verifier(ctx context.Context) (*verify.Verifier, error) {
	out := s.Platform.Outputs
	document, err := verify.Policy(ctx, verify.KeysOf(s.config), out)
	if err != nil {
		return nil, err
	}
	if err := s.Platform.Allow(ctx, engineer, "verify", document.JSON()); err != nil {
		return nil, err
	}
	as, err := s.As(ctx, engineer)
	if err != nil {
		return nil, err
	}
	v, err := verify.New(as.config, out)
	if err != nil {
		return nil, err
	}
	v.Poll = 500 * time.Millisecond
	return v, nil
}

// verify proves the deployment, and notes what stays of the canaries.
func (s *Session) verify(ctx context.Context, runReport *report.Report, v *verify.Verifier) {
	start := time.Now()
	found := v.Run(ctx)
	if err := found.Print(s.Log); err != nil {
		runReport.Problem("verify: %v", err)
	}
	for _, one := range found.Checks {
		if one.State == verify.Failed {
			runReport.Problem("verify: %s: %s", one.Name, one.Saw)
		}
	}
	s.stayed = found.Stays
	s.erased(ctx, runReport)
	runReport.StepSeconds["verify"] = time.Since(start).Seconds()
	s.logf("verified: %.1f s", runReport.StepSeconds["verify"])
}

// past are the files of Iceberg tables. An erasure of canaries leaves tables their past, which maintenance ends.
var past = regexp.MustCompile(`/[a-z_]+/(data|metadata)/`)

// erased looks for the customer whose the canaries were in every version of every object.
func (s *Session) erased(ctx context.Context, runReport *report.Report) {
	left, err := everywhere.Look(ctx, s.Platform.Python(), s.Platform.Endpoint, s.Log, verify.Customer)
	if err != nil {
		runReport.Problem("verify: %v", err)
	}
	for _, one := range left.Found {
		if !past.MatchString(one) {
			runReport.Problem("verify: the erased customer is still in %s", one)
		}
	}
	s.logf("looked for the erased customer in %d versions of objects", left.Looked)
}

// expect adds records that a verification left to a ledger of what was sent.
func expect(ledger *load.Ledger, stayed []verify.Record) {
	const assets = "assets"
	for _, one := range stayed {
		if one.Dataset == assets {
			ledger.Assets = append(ledger.Assets, load.Asset{Identity: one.Identity})
		} else {
			ledger.Lines = append(ledger.Lines, load.Line{Dataset: one.Dataset, Identity: one.Identity})
		}
		record := load.Expected{Received: 1, Processed: 1}
		if one.Reason != "" {
			record = load.Expected{Received: 1, Quarantined: 1, Reasons: map[string]int{one.Reason: 1}}
		}
		if expected, generated := ledger.Expected[one.Dataset]; generated { // input from outside has none
			ledger.Expected[one.Dataset] = expected.Add(record)
		}
	}
}
