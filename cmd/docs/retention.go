package main

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"dataplatform/contracts"
	resources "dataplatform/internal/graph"
	"dataplatform/platform/preview"
)

const retentionPage = "docs/reference/retention.md"

const retentionHead = `# Retention

Written by ` + "`make docs`" + ` from what the program registers with everything switched on and nothing else set: the lifecycle rules of
the buckets, what the contracts say of rows, log groups, queues and the stream. A stack's settings change the days of a layer
(` + "`storage`" + `), of query results, logs and the stream; [erasure.md](../erasure.md) says what an erasure takes before.

`

// kept is something that holds data, and for how long.
type kept struct{ what, where, long string }

// retention is the page of how long everything is kept.
func retention(root string) (string, error) {
	given, err := preview.EverythingOn(root)
	if err != nil {
		return "", err
	}
	rec, err := preview.RecordSettings(root, preview.Everything, given)
	if err != nil {
		return "", err
	}
	set, err := contracts.LoadWithFeatures()
	if err != nil {
		return "", err
	}
	var found []kept
	for _, r := range rec.All() {
		found = append(found, keptBy(r)...)
	}
	for _, c := range set.All() {
		if c.Format == contracts.FormatIceberg {
			found = append(found, kept{"rows", c.Layer + "." + c.Dataset, days(float64(c.SLA.RetentionDays))})
		}
	}
	// Amazon Athena User Guide, "View recent queries".
	found = append(found, kept{"queries' texts", "Athena", days(45)})
	slices.SortFunc(found, func(a, b kept) int {
		return cmp.Or(cmp.Compare(a.what, b.what), cmp.Compare(a.where, b.where), cmp.Compare(a.long, b.long))
	})
	var b strings.Builder
	b.WriteString(retentionHead + "| what | where | for how long |\n|---|---|---|\n")
	for _, one := range slices.Compact(found) {
		fmt.Fprintf(&b, "| %s | `%s` | %s |\n", one.what, one.where, one.long)
	}
	return b.String(), nil
}

// keptBy is what a resource keeps.
func keptBy(r resources.Resource) []kept {
	switch r.Type {
	case "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2":
		return rulesOf(r)
	case "aws:cloudwatch/logGroup:LogGroup":
		return []kept{{"log groups", strings.TrimSuffix(r.Name, "-logs"), daysOf(r, "retentionInDays")}}
	case "aws:sqs/queue:Queue":
		seconds, _ := r.Value("messageRetentionSeconds").(float64)
		return []kept{{"messages", r.Name, days(seconds / 86400)}}
	case "aws:kinesis/stream:Stream":
		hours, _ := r.Value("retentionPeriod").(float64)
		return []kept{{"records of the stream", r.Name, fmt.Sprintf("%g hours", hours)}}
	case "aws:dynamodb/table:Table":
		long := "for good"
		if r.Has("ttl.attributeName") {
			long = fmt.Sprintf("until the time in `%v`", r.Value("ttl.attributeName"))
		}
		return []kept{{"items", r.Name, long}}
	}
	return nil
}

func rulesOf(r resources.Resource) []kept {
	bucket := strings.TrimSuffix(r.Name, "-lifecycle")
	rules, _ := r.Value("rules").([]any)
	var found []kept
	whole := false
	for i := range rules {
		at := fmt.Sprintf("rules[%d]", i)
		prefix, _ := r.Value(at + ".filter.prefix").(string)
		if r.Has(at + ".expiration.days") {
			found = append(found, kept{"objects", filepath.Join(bucket, prefix), daysOf(r, at+".expiration.days")})
			whole = whole || prefix == ""
		}
		if path := at + ".noncurrentVersionExpiration.noncurrentDays"; r.Has(path) {
			found = append(found, kept{"older versions", filepath.Join(bucket, prefix), daysOf(r, path)})
		}
	}
	if !whole {
		found = append(found, kept{"objects", bucket + "/", "what no line names: for good"})
	}
	return found
}

func daysOf(r resources.Resource, path string) string {
	number, _ := r.Value(path).(float64)
	return days(number)
}

func days(number float64) string {
	switch number {
	case 0:
		return "for good"
	case 1:
		return "1 day"
	}
	return fmt.Sprintf("%g days", number)
}
