//go:build local

package stack

import (
	"fmt"

	pulumiaws "github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudtrail"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/glue"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lakeformation"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/scheduler"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sfn"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// hasty is a program that makes one of each kind of what AWS tries against other things, as soon as these are there.
func hasty(ctx *pulumi.Context) error {
	provider, err := pulumiaws.NewProvider(ctx, "aws", &pulumiaws.ProviderArgs{Region: pulumi.String(region)})
	if err != nil {
		return err
	}
	own := pulumi.Provider(provider)
	role, rights, err := hastyRole(ctx, own)
	if err != nil {
		return err
	}
	key, err := kms.NewKey(ctx, "key", &kms.KeyArgs{DeletionWindowInDays: pulumi.Int(7),
		Policy: pulumi.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
		"Principal":{"AWS":"arn:aws:iam::123456789012:root","Service":["cloudtrail.amazonaws.com","logs.%s.amazonaws.com"]},"Action":"kms:*","Resource":"*"}]}`, region)}, own)
	if err != nil {
		return err
	}
	bucket, err := s3.NewBucketV2(ctx, "bucket", &s3.BucketV2Args{ForceDestroy: pulumi.Bool(true)}, own)
	if err != nil {
		return err
	}
	queue, err := sqs.NewQueue(ctx, "queue", &sqs.QueueArgs{
		Name: pulumi.String("hasty"), VisibilityTimeoutSeconds: pulumi.Int(60),
		Policy: pulumi.
			Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},
			"Action":"sqs:SendMessage","Resource":"arn:aws:sqs:%s:123456789012:hasty","Condition":{"ArnLike":{"aws:SourceArn":"%s"}}}]}`, region, bucket.Arn),
	}, own)
	if err != nil {
		return err
	}
	policy, err := s3.NewBucketPolicy(ctx, "policy", &s3.BucketPolicyArgs{
		Bucket: bucket.Bucket,
		Policy: pulumi.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},
			"Action":["s3:GetBucketAcl","s3:PutObject"],"Resource":["%s","%s/*"]}]}`, bucket.Arn, bucket.Arn),
	}, own)
	if err != nil {
		return err
	}
	alarm, err := cloudwatch.NewMetricAlarm(ctx, "alarm", &cloudwatch.MetricAlarmArgs{
		ComparisonOperator: pulumi.String("GreaterThanThreshold"), EvaluationPeriods: pulumi.Int(1),
		Period: pulumi.Int(60), Threshold: pulumi.Float64(0), Namespace: pulumi.String("AWS/SQS"),
		MetricName: pulumi.String("NumberOfMessagesSent"), Statistic: pulumi.String("Sum"),
	}, own)
	if err != nil {
		return err
	}
	for _, make := range []func() error{
		func() error { return hastyFunction(ctx, role, queue, own, rights) },
		func() error { return hastyStateMachine(ctx, role, own, rights) },
		func() error {
			_, err := glue.NewCrawler(ctx, "crawler", &glue.CrawlerArgs{
				DatabaseName: pulumi.String("default"), Role: role.Arn, S3Targets: glue.CrawlerS3TargetArray{
					&glue.CrawlerS3TargetArgs{Path: pulumi.Sprintf("s3://%s/", bucket.Bucket)},
				},
			}, own, rights)
			return err
		},
		func() error {
			_, err := kms.NewAlias(ctx,
				"alias", &kms.AliasArgs{Name: pulumi.String("alias/hasty"), TargetKeyId: key.KeyId}, own)
			return err
		},
		func() error {
			_, err := s3.NewBucketNotification(ctx, "notification", &s3.BucketNotificationArgs{
				Bucket: bucket.Bucket, Queues: s3.BucketNotificationQueueArray{&s3.BucketNotificationQueueArgs{
					QueueArn: queue.Arn, Events: pulumi.ToStringArray([]string{"s3:ObjectCreated:*"}),
				}},
			}, own)
			return err
		},
		func() error {
			_, err := cloudwatch.NewCompositeAlarm(ctx, "composite", &cloudwatch.CompositeAlarmArgs{
				AlarmName: pulumi.String("hasty"), AlarmRule: pulumi.Sprintf(`ALARM("%s")`, alarm.Name),
			}, own)
			return err
		},
		func() error {
			_, err := lakeformation.NewResource(ctx,
				"location", &lakeformation.ResourceArgs{Arn: bucket.Arn, RoleArn: role.Arn}, own, rights)
			return err
		},
		func() error {
			_, err := cloudtrail.NewTrail(ctx, "trail", &cloudtrail.TrailArgs{
				Name: pulumi.String("hasty"), S3BucketName: bucket.Bucket, KmsKeyId: key.Arn,
			}, own, pulumi.DependsOn([]pulumi.Resource{policy}))
			return err
		},
		func() error {
			_, err := cloudwatch.NewLogGroup(ctx, "group", &cloudwatch.LogGroupArgs{KmsKeyId: key.Arn}, own)
			return err
		},
		func() error {
			_, err := glue.NewDataCatalogEncryptionSettings(ctx, "encryption", &glue.DataCatalogEncryptionSettingsArgs{
				DataCatalogEncryptionSettings: &glue.DataCatalogEncryptionSettingsDataCatalogEncryptionSettingsArgs{
					EncryptionAtRest: &glue.
						DataCatalogEncryptionSettingsDataCatalogEncryptionSettingsEncryptionAtRestArgs{
						CatalogEncryptionMode:        pulumi.String("SSE-KMS-WITH-SERVICE-ROLE"),
						CatalogEncryptionServiceRole: role.Arn, SseAwsKmsKeyId: key.Arn,
					},
					ConnectionPasswordEncryption: &glue.
						DataCatalogEncryptionSettingsDataCatalogEncryptionSettingsConnectionPasswordEncryptionArgs{
						ReturnConnectionPasswordEncrypted: pulumi.Bool(false),
					},
				},
			}, own, rights)
			return err
		},
	} {
		if err := make(); err != nil {
			return err
		}
	}
	return nil
}

// hastyRole is a role for every service, which may do everything, and the option to wait for its rights.
func hastyRole(ctx *pulumi.Context, own pulumi.ResourceOption) (*iam.Role, pulumi.ResourceOption, error) {
	role, err := iam.NewRole(ctx, "role", &iam.RoleArgs{
		AssumeRolePolicy: pulumi.
			String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",
		"Principal":{"Service":["lambda.amazonaws.com","states.amazonaws.com","scheduler.amazonaws.com","glue.amazonaws.com","lakeformation.amazonaws.com"]}}]}`),
	}, own)
	if err != nil {
		return nil, nil, err
	}
	grants, err := iam.NewRolePolicy(ctx, "grants", &iam.RolePolicyArgs{
		Role:   role.Name,
		Policy: pulumi.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`),
	}, own)
	return role, pulumi.DependsOn([]pulumi.Resource{grants}), err
}

// hastyFunction is a function that reads the queue.
func hastyFunction(ctx *pulumi.Context, role *iam.Role, queue *sqs.Queue, own, rights pulumi.ResourceOption) error {
	function, err := lambda.NewFunction(ctx, "function", &lambda.FunctionArgs{
		Runtime: pulumi.String("provided.al2023"), Handler: pulumi.String("bootstrap"), Role: role.Arn,
		Code: pulumi.NewFileArchive("build/lambda/amd64/schemas.zip"),
	}, own, rights)
	if err != nil {
		return err
	}
	_, err = lambda.NewEventSourceMapping(ctx,
		"mapping", &lambda.EventSourceMappingArgs{EventSourceArn: queue.Arn, FunctionName: function.Arn}, own)
	return err
}

// hastyStateMachine is a state machine that does nothing, and its schedule.
func hastyStateMachine(ctx *pulumi.Context, role *iam.Role, own, rights pulumi.ResourceOption) error {
	stateMachine, err := sfn.NewStateMachine(ctx, "machine", &sfn.StateMachineArgs{
		RoleArn: role.Arn, Definition: pulumi.String(`{"StartAt":"Done","States":{"Done":{"Type":"Succeed"}}}`),
	}, own, rights)
	if err != nil {
		return fmt.Errorf("machine: %w", err)
	}
	_, err = scheduler.NewSchedule(ctx, "schedule", &scheduler.ScheduleArgs{
		ScheduleExpression: pulumi.String("rate(1 days)"), State: pulumi.String("DISABLED"),
		FlexibleTimeWindow: &scheduler.ScheduleFlexibleTimeWindowArgs{Mode: pulumi.String("OFF")},
		Target:             &scheduler.ScheduleTargetArgs{Arn: stateMachine.Arn, RoleArn: role.Arn},
	}, own, rights)
	return err
}
