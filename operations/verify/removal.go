package verify

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"dataplatform/contracts"
	"dataplatform/operations/statemachine"
)

// skew is how far this clock may be from that of S3, which refuses requests of others (RequestTimeTooSkewed).
const skew = 15 * time.Minute

// removal takes the canaries of this verification away, and looks whether one is still there.
func (v *Verifier) removal() check {
	const erase = "dataplatform erase --customer " + Customer
	return check{
		name: "canaries removed", within: 6 * time.Hour, toDo: erase + ", once what keeps it from ending is mended",
		look: func(ctx context.Context) (string, error) {
			if v.Keep {
				return "", uncheckedError{"the canaries of the customer " + Customer + " stay", erase + " removes them"}
			}
			if err := v.deleteAssets(ctx); err != nil {
				return "", err
			}
			if _, err := v.eventually(ctx, "nothing runs", func(ctx context.Context) (string, error) {
				if statemachine.Idle(ctx, v.StateMachines, v.stateMachines()...) != nil {
					return "", nil
				}
				return "idle", nil
			}); err != nil {
				return "", err
			}
			report, err := v.Eraser.RunSince(ctx, Customer, v.started.Add(-skew))
			if err != nil {
				return "", err
			}
			if err := report.Err(); err != nil {
				return "", err
			}
			left, err := v.left(ctx)
			if err != nil {
				return "", err
			}
			if left != "0" {
				return "", fmt.Errorf("%s rows are still there after the erasure %s", left, report.Request)
			}
			return "erased by request " + report.Request + ": no click, sale or quarantined record is left; that a file " +
				"was refused stays in quarantine, and that two objects came and went in the rows about assets", nil
		},
	}
}

// stateMachines are those that must not run beside an erasure.
func (v *Verifier) stateMachines() []string {
	arns := []string{v.Outputs.ErasureStateMachine}
	for _, of := range v.Outputs.StateMachines {
		arns = append(arns, of.Hourly, of.Backfill)
	}
	return arns
}

func (v *Verifier) deleteAssets(ctx context.Context) error {
	source, err := v.As(ctx, v.Outputs.AssetSourceRole)
	if err != nil {
		return err
	}
	bucket := v.Outputs.Buckets[contracts.LayerRaw]
	for _, name := range []string{"good", "bad"} {
		key := v.assetKey(name)
		deleted, err := source.Objects.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &bucket, Key: &key})
		if err != nil {
			return fmt.Errorf("delete s3://%s/%s: %w", bucket, key, err)
		}
		v.version(key, deleted.VersionId, "")
	}
	return nil
}

// left counts the rows that there still are of this verification's canaries.
func (v *Verifier) left(ctx context.Context) (string, error) {
	content, err := v.sales()
	if err != nil {
		return "", err
	}
	processed, raw := v.Outputs.Databases[contracts.LayerProcessed], v.Outputs.Databases[contracts.LayerRaw]
	first := arrival.Format(time.DateOnly)
	days := fmt.Sprintf("'%s', '%s', '%s'", first, v.started.Format(time.DateOnly),
		v.started.AddDate(0, 0, 1).Format(time.DateOnly))
	return v.value(ctx, fmt.Sprintf(`SELECT CAST(`+
		`(SELECT count(*) FROM "%[1]s"."clicks" WHERE event_date IN (%[3]s) AND event_id LIKE '%[4]s%%') + `+
		`(SELECT count(*) FROM "%[1]s"."sales" WHERE event_date = DATE '%[5]s' AND file_digest = '%[6]s') + `+
		`(SELECT count(*) FROM "%[2]s"."quarantine" WHERE dataset IN ('clicks', 'sales') AND ingest_date IN (%[3]s) `+
		`AND (payload LIKE '%%%[7]s%%' OR source LIKE '%%%[8]s%%')) AS varchar)`,
		processed, raw, days, v.clickID(""), first, digest(content), v.run, Customer))
}
