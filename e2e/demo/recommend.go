package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"dataplatform/e2e/load"
	"dataplatform/e2e/report"
)

// What is held out at the end of the sales to evaluate a model by: generated ones have three days.
const (
	heldOutGenerated = 24 * time.Hour
	heldOut          = 5 * 24 * time.Hour
)

// bestCount is how many products recall is measured over.
const bestCount = 20

// recommend trains a model on the sales that came in, without their last days, and writes down how well it foresees
// those.
func (s *Session) recommend(ctx context.Context, runReport *report.Report) error {
	stateMachine := s.Platform.Outputs.Recommendations["machine"]
	if stateMachine == "" {
		return errors.New(
			"--ml: the platform was deployed without recommendations; go run ./cmd/devstack up --ml deploys one with them",
		)
	}
	input, _, err := s.files()
	if err != nil {
		return err
	}
	cut, asOf := s.heldOut(input["sales"])
	began := time.Now()
	// A model that is refused is in the report, not by an error here.
	ran := s.timed("  recommendations: train until %s, evaluate until %s", func() error {
		return s.stateMachines.Recommend(ctx, stateMachine, cut, asOf)
	}, cut.Format(time.RFC3339), asOf.Format(time.RFC3339))
	found, err := s.modelRun(ctx, began)
	if err != nil {
		return errors.Join(ran, err)
	}
	found.Seconds = time.Since(began).Seconds()
	runReport.Recommendations = found
	if ran != nil {
		runReport.Problem("recommendations: %v", ran)
	}
	if s.options.Sales != "" {
		return nil
	}
	before, err := load.Purchases(input["sales"], time.Time{}, cut)
	if err != nil {
		return err
	}
	after, err := load.Purchases(input["sales"], cut, asOf)
	found.BestRecallAt20 = load.BestRecall(before, after, bestCount)
	return err
}

// heldOut are the times between which what was bought is to be foreseen: the last days of the sales.
func (s *Session) heldOut(sales []load.Drop) (cut, asOf time.Time) {
	for _, drop := range sales {
		if drop.Arrival.After(asOf) {
			asOf = drop.Arrival
		}
	}
	const day = 24 * time.Hour
	asOf = asOf.UTC().Add(day - time.Nanosecond).Truncate(day)
	if s.options.Sales == "" {
		return asOf.Add(-heldOutGenerated), asOf
	}
	return asOf.Add(-heldOut), asOf
}

// modelRun is what the newest run, since a time, has written into the table of runs.
func (s *Session) modelRun(ctx context.Context, since time.Time) (*report.Recommendations, error) {
	objects, bucket := s3.NewFromConfig(s.config), s.Platform.Outputs.Buckets["features"]
	list, err := objects.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &bucket, Prefix: aws.String("model_runs/")})
	if err != nil {
		return nil, fmt.Errorf("runs of models: %w", err)
	}
	for _, entry := range list.Contents {
		if entry.LastModified.Before(since.Add(-time.Second)) { // S3 keeps whole seconds
			continue
		}
		got, err := objects.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: entry.Key})
		if err != nil {
			return nil, fmt.Errorf("run %s: %w", aws.ToString(entry.Key), err)
		}
		defer got.Body.Close()
		var row struct {
			RunID               string   `json:"run_id"`
			Status              string   `json:"status"`
			Reasons             string   `json:"reasons"`
			RecallAt20          float64  `json:"recall_at_20"`
			RecallLower         float64  `json:"recall_lower"`
			BaselineRecallAt20  float64  `json:"baseline_recall_at_20"`
			NDCGAt20            float64  `json:"ndcg_at_20"`
			ColdStartRecallAt20 *float64 `json:"cold_start_recall_at_20"`
			Customers           int      `json:"customers"`
			Products            int      `json:"products"`
		}
		if err := json.NewDecoder(got.Body).Decode(&row); err != nil {
			return nil, fmt.Errorf("run %s: %w", aws.ToString(entry.Key), err)
		}
		return &report.Recommendations{
			RunID: row.RunID, Gate: row.Status, Reasons: row.Reasons, RecallAt20: row.RecallAt20,
			RecallLower: row.RecallLower, BaselineRecallAt20: row.BaselineRecallAt20, NDCGAt20: row.NDCGAt20,
			ColdStartRecallAt20: row.ColdStartRecallAt20, Customers: row.Customers, Products: row.Products,
		}, nil
	}
	return nil, errors.New("the run of recommendations has written nothing down")
}
