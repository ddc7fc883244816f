package verify

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"dataplatform/platform/outputs"
	"dataplatform/policies"
)

// Keys say what encrypts a stack's stream and buckets.
type Keys interface {
	GetBucketEncryption(
		context.Context, *s3.GetBucketEncryptionInput, ...func(*s3.Options),
	) (*s3.GetBucketEncryptionOutput, error)
	DescribeStreamSummary(
		context.Context, *kinesis.DescribeStreamSummaryInput, ...func(*kinesis.Options),
	) (*kinesis.DescribeStreamSummaryOutput, error)
}

// KeysOf asks AWS.
func KeysOf(config aws.Config) Keys {
	return struct {
		*s3.Client
		describer
	}{s3.NewFromConfig(config), kinesis.NewFromConfig(config)}
}

type describer interface {
	DescribeStreamSummary(
		context.Context, *kinesis.DescribeStreamSummaryInput, ...func(*kinesis.Options),
	) (*kinesis.DescribeStreamSummaryOutput, error)
}

// keysOf are the keys of what is put into; that of the artifacts encrypts the ledger of files, too.
func keysOf(ctx context.Context, keys Keys, out outputs.Outputs) ([]string, error) {
	stream, err := keys.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamName: &out.Stream})
	if err != nil {
		return nil, fmt.Errorf("the key of stream %s: %w", out.Stream, err)
	}
	found := []string{aws.ToString(stream.StreamDescriptionSummary.KeyId)}
	for _, layer := range []string{"discarded", "artifacts"} {
		bucket := out.Buckets[layer]
		got, err := keys.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: &bucket})
		if err != nil {
			return nil, fmt.Errorf("the key of bucket %s: %w", bucket, err)
		}
		for _, rule := range got.ServerSideEncryptionConfiguration.Rules {
			found = append(found, aws.ToString(rule.ApplyServerSideEncryptionByDefault.KMSMasterKeyID))
		}
	}
	return found, nil
}

// Policy is of a role that verifies the stack with these outputs.
func Policy(ctx context.Context, keys Keys, out outputs.Outputs) (policies.Document, error) {
	topic, err := arn.Parse(out.AlarmsTopic)
	if err != nil {
		return policies.Document{}, fmt.Errorf("the stack's outputs do not say which account it is in: alarmsTopic %q: %w",
			out.AlarmsTopic, err)
	}
	of := func(service, resource string) string {
		return arn.ARN{
			Partition: topic.Partition, Service: service, Region: topic.Region, AccountID: topic.AccountID,
			Resource: resource,
		}.String()
	}
	bucket := func(layer string) string { return "arn:" + topic.Partition + ":s3:::" + out.Buckets[layer] }
	refs := policies.VerifyRefs{
		StreamARN:       of("kinesis", "stream/"+out.Stream),
		MappingARN:      of("lambda", "event-source-mapping:"+out.EventSourceMapping),
		FunctionARN:     of("lambda", "function:"+out.Functions["clicks"]),
		RoleARNs:        []string{out.ProducerRole, out.AssetSourceRole},
		FilesTableARN:   of("dynamodb", "table/"+out.Tables["files"]),
		StateMachineARN: out.StateMachines["sales"].Hourly, ErasureARN: out.ErasureStateMachine,
		StateMachinesARN: of("states", "stateMachine:"+namesOf(out.Stack)+"*"),
		SchedulesARN:     of("scheduler", "schedule/default/"+namesOf(out.Stack)+"*"),
		AlarmsARN:        of("cloudwatch", "alarm:"+namesOf(out.Stack)+"*"), Canary: Customer,
		DiscardedBucketARN: bucket("discarded"), ArtifactsBucketARN: bucket("artifacts"),
		ProcessedBucketARN: bucket("processed"), LogsBucketARN: bucket("logs"), AuditBucketARN: bucket("audit"),
	}
	if refs.KeyARNs, err = keysOf(ctx, keys, out); err != nil {
		return policies.Document{}, err
	}
	for _, name := range slices.Sorted(maps.Keys(out.Principals)) {
		if principal := out.Principals[name]; principal.Workgroup != "" {
			refs.RoleARNs = append(refs.RoleARNs, principal.ARN)
		}
	}
	return policies.Verify(refs), nil
}

// namesOf begins the names of what a stack has: see pulumi:autonaming in Pulumi.yaml.
func namesOf(stack string) string { return "dataplatform-" + stack + "-" }
