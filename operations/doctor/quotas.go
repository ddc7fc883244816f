package doctor

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
)

// idleConcurrency is how many more functions should be able to run at once: a shard, a queue and a deployment each
// start some. New accounts have 10.
const idleConcurrency = 100

// quotas compares what the account may have with what the stack needs. What is used already counts where it can be
// read.
func (a *Account) quotas(ctx context.Context, needs Needs) Report {
	report := Report{a.shards(ctx, needs), a.concurrency(ctx), a.buckets(ctx, needs)}
	values, err := a.values(ctx, "glue")
	if err != nil {
		return append(report, unread("quota of Glue", err))
	}
	return append(report,
		atLeast("quota of Glue job runs", values["max concurrent job runs per account"], needs.JobRuns,
			"runs at once, all pipelines and a backfill"),
		atLeast("quota of Glue DPU", values["max task dpus per account"], needs.DPUs,
			"DPU at once, all pipelines and a backfill"))
}

// values are the quotas of a service as they apply to the account, by their names in lower case.
func (a *Account) values(ctx context.Context, service string) (map[string]float64, error) {
	values := map[string]float64{}
	for pages := servicequotas.NewListServiceQuotasPaginator(a.Quotas,
		&servicequotas.ListServiceQuotasInput{ServiceCode: &service}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, quota := range page.Quotas {
			values[strings.ToLower(aws.ToString(quota.QuotaName))] = aws.ToFloat64(quota.Value)
		}
	}
	return values, nil
}

// atLeast is a quota, 0 when the service did not name it.
func atLeast(name string, value float64, need int, of string) Check {
	switch {
	case value == 0:
		return Check{name, Warn, fmt.Sprintf("Service Quotas does not say it; the stack may need %d %s", need, of),
			"look it up in the console"}
	case value < float64(need):
		return Check{name, Fail, fmt.Sprintf("%.0f, the stack may need %d %s", value, need, of),
			"ask for more in Service Quotas, or lower jobs.workers or pipelines.backfillConcurrency"}
	}
	return ok(name, "%.0f, the stack may need %d %s", value, need, of)
}

func (a *Account) shards(ctx context.Context, needs Needs) Check {
	const name = "quota of Kinesis"
	got, err := a.Streams.DescribeLimits(ctx, &kinesis.DescribeLimitsInput{})
	if err != nil {
		return unread(name, err)
	}
	if needs.Shards == 0 {
		used, limit := aws.ToInt32(got.OnDemandStreamCount), aws.ToInt32(got.OnDemandStreamCountLimit)
		if limit > 0 && used >= limit {
			return Check{name, Fail, fmt.Sprintf("%d of %d on-demand streams exist", used, limit),
				"ask for more in Service Quotas, or make the stream provisioned"}
		}
		return ok(name, "%d of %d on-demand streams exist", used, limit)
	}
	used, limit := aws.ToInt32(got.OpenShardCount), aws.ToInt32(got.ShardLimit)
	if int(used)+needs.Shards > int(limit) {
		return Check{name, Fail, fmt.Sprintf("%d of %d shards are open, the stack needs %d more", used, limit,
			needs.Shards), "ask for more in Service Quotas"}
	}
	return ok(name, "%d of %d shards are open, the stack has %d", used, limit, needs.Shards)
}

func (a *Account) concurrency(ctx context.Context) Check {
	const name = "quota of Lambda"
	got, err := a.Functions.GetAccountSettings(ctx, &lambda.GetAccountSettingsInput{})
	if err != nil {
		return unread(name, err)
	}
	if got.AccountLimit == nil {
		return unread(name, fmt.Errorf("the answer has no limits"))
	}
	total, free := got.AccountLimit.ConcurrentExecutions, aws.ToInt32(got.AccountLimit.UnreservedConcurrentExecutions)
	if free < idleConcurrency {
		return Check{name, Warn, fmt.Sprintf("%d of %d concurrent executions are unreserved", free, total),
			"ask for 1,000 in Service Quotas: clicks wait while others run"}
	}
	return ok(name, "%d of %d concurrent executions are unreserved", free, total)
}

func (a *Account) buckets(ctx context.Context, needs Needs) Check {
	const name, quota = "quota of S3", "L-DC2B2D3D"
	got, err := a.Buckets.ListBuckets(ctx, &s3.ListBucketsInput{})
	if err != nil {
		return unread(name, err)
	}
	have := len(got.Buckets)
	for pages := servicequotas.NewListServiceQuotasPaginator(a.Quotas,
		&servicequotas.ListServiceQuotasInput{ServiceCode: aws.String("s3")}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return Check{name, Warn, fmt.Sprintf(
				"%d buckets exist, the stack has %d; how many are allowed cannot be read: %s", have, needs.NewBuckets,
				brief(err),
			), "look it up in the console"}
		}
		for _, one := range page.Quotas {
			limit := int(aws.ToFloat64(one.Value))
			if aws.ToString(one.QuotaCode) == quota && have+needs.NewBuckets > limit {
				return Check{name, Fail, fmt.Sprintf("%d of %d buckets exist, the stack needs %d", have, limit,
					needs.NewBuckets), "ask for more in Service Quotas"}
			}
		}
	}
	return ok(name, "%d buckets exist, the stack has %d", have, needs.NewBuckets)
}
