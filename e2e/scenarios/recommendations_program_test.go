package scenarios

import (
	"path/filepath"
	"runtime"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/glue"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components"
	"dataplatform/components/models"
	"dataplatform/components/rendering"
	"dataplatform/policies"
)

// shopEndpoint is the name of the tests' endpoint.
const shopEndpoint = "shop-test-recommendations"

// training is a program of the pipeline of recommendations with what it stands on. In the place of the two Spark jobs
// are scripts that copy: what features are worth, and how they are published, are the jobs' own tests' and the demo's.
func training(ctx *pulumi.Context) error {
	provider, err := aws.NewProvider(ctx,
		"aws", &aws.ProviderArgs{Region: pulumi.String("eu-west-1"), S3UsePathStyle: pulumi.Bool(true)})
	if err != nil {
		return err
	}
	with := pulumi.Providers(provider)
	const account, region = "123456789012", "eu-west-1"
	keys := map[string]*components.Key{}
	for _, name := range []string{"features", "artifacts", "operations"} {
		args := &components.KeyArgs{
			Description: name, Partition: "aws", AccountID: account, Region: region, Via: []string{"s3", "dynamodb"},
		}
		if name == "operations" {
			args.Via, args.Services, args.LogGroups = []string{"sns", "sqs"},
				[]string{policies.CloudWatch, policies.Events}, true
		}
		if keys[name], err = components.NewKey(ctx, name, args, with); err != nil {
			return err
		}
	}
	layers := map[string]components.Storage{}
	for _, name := range []string{"features", "artifacts"} {
		layer, err := components.NewLayer(ctx, name,
			&components.LayerArgs{KMSKeyARN: keys[name].ARN, Lifecycle: components.Lifecycle{NoncurrentDays: 30}}, with)
		if err != nil {
			return err
		}
		layers[name] = layer.Storage()
	}
	alarms, err := components.NewAlarms(ctx,
		"alarms", &components.AlarmsArgs{KMSKeyARN: keys["operations"].ARN, AccountID: account}, with)
	if err != nil {
		return err
	}
	ledger, err := components.NewLedger(ctx, "ledger", &components.LedgerArgs{KMSKeyARN: keys["artifacts"].ARN}, with)
	if err != nil {
		return err
	}
	jobs := map[string]*components.Job{}
	for _, name := range []string{"features", "recommend"} {
		if jobs[name], err = copying(ctx, name, layers["features"], pulumi.Provider(provider)); err != nil {
			return err
		}
	}
	group, err := models.NewGroup(ctx,
		"models", &models.GroupArgs{GroupName: shopEndpoint, Description: "Models of a test"}, with)
	if err != nil {
		return err
	}
	made, err := components.NewRecommendations(ctx, "recommendations", &components.RecommendationsArgs{
		EndpointName: shopEndpoint, GroupName: group.Name, Partition: "aws", AccountID: account, Region: region,
		Console:     "https://console/",
		FeaturesJob: jobs["features"], RecommendJob: jobs["recommend"], JobTimeoutMinutes: 10,
		Features: layers["features"], Artifacts: layers["artifacts"], Source: "build/sagemaker/source.tar.gz",
		LeasesName: ledger.LeasesName, LeasesARN: ledger.LeasesARN, Holdout: 24 * time.Hour, ToleratedFall: 0.1,
		MinCustomers: 20, InstanceType: "ml.m5.large", VolumeGB: 1, TrainingMinutes: 10,
		Endpoint: components.EndpointSize{MemoryMB: 2048, MaxConcurrency: 5}, LatencyMilliseconds: 200, DriftShare: 0.5,
		Schedule: components.Weekly{Day: "SUN", Hour: 4}, Tags: map[string]string{"stack": "test"},
		MetricsNamespace: "dataplatform/test", QueueKeyARN: keys["operations"].ARN, TopicKeyARN: keys["operations"].ARN,
		Build: components.FunctionBuild{
			ArchiveDirectory: filepath.Join("build", "lambda"), Architecture: runtime.GOARCH, AccountID: account,
			LogRetentionDays: 1, LogKeyARN: keys["operations"].ARN, TopicARN: alarms.TopicARN,
		},
	}, with)
	if err != nil {
		return err
	}
	ctx.Export("region", pulumi.String(region))
	ctx.Export("buckets", pulumi.StringMap{"features": layers["features"].BucketName})
	ctx.Export("recommendations",
		pulumi.StringMap{"machine": made.StateMachineARN, "endpoint": pulumi.String(shopEndpoint)})
	return nil
}

// copyScript stands for features, which then are always the same, and for the publication of what a model recommends.
const copyScript = `
import sys, boto3
given = dict(zip(sys.argv[1::2], sys.argv[2::2]))
s3, bucket = boto3.client("s3"), given["--bucket"]
source, target = {
    "features": ("training/good/", "training/" + given["--run_id"] + "/"),
    "recommend": ("batch/" + given["--run_id"] + "/", "published/"),
}[given["--copies"]]
for entry in s3.list_objects_v2(Bucket=bucket, Prefix=source)["Contents"]:
    body = s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
    s3.put_object(Bucket=bucket, Key=target + entry["Key"].removeprefix(source), Body=body)
`

func copying(
	ctx *pulumi.Context, name string, features components.Storage, provider pulumi.ResourceOption,
) (*components.Job, error) {
	role, err := iam.NewRole(ctx, name, &iam.RoleArgs{AssumeRolePolicy: pulumi.String(policies.TrustGlue().JSON())},
		provider)
	if err != nil {
		return nil, err
	}
	var bucketARN, keyARN string
	if _, err := iam.NewRolePolicy(ctx, name, &iam.RolePolicyArgs{
		Role: role.Name,
		Policy: rendering.Policy(rendering.Refs{
			&bucketARN: features.BucketARN, &keyARN: features.KeyARN,
		}, func() policies.Document {
			return policies.Identity(
				policies.ReplaceObjects("Copy", bucketARN, "scripts/", "training/", "batch/", "published/"),
				policies.ListPrefixes("List", bucketARN, "training/", "batch/"),
				policies.EncryptWith("Encrypt", keyARN),
			)
		}),
	}, provider); err != nil {
		return nil, err
	}
	script, err := s3.NewBucketObjectv2(ctx, name, &s3.BucketObjectv2Args{
		Bucket: features.BucketName, Key: pulumi.String("scripts/" + name + ".py"), Content: pulumi.String(copyScript),
	}, provider, pulumi.DependsOn(features.Ready))
	if err != nil {
		return nil, err
	}
	job, err := glue.NewJob(ctx, name, &glue.JobArgs{
		RoleArn: role.Arn, GlueVersion: pulumi.String("5.0"),
		Command: &glue.JobCommandArgs{
			Name: pulumi.String("glueetl"), PythonVersion: pulumi.String("3"),
			ScriptLocation: pulumi.Sprintf("s3://%s/%s", features.BucketName, script.Key),
		},
		WorkerType: pulumi.String("G.1X"), NumberOfWorkers: pulumi.Int(2), ExecutionClass: pulumi.String("STANDARD"),
		DefaultArguments: pulumi.StringMap{"--bucket": features.BucketName, "--copies": pulumi.String(name)},
	}, provider)
	if err != nil {
		return nil, err
	}
	return &components.Job{Name: job.Name, ARN: job.Arn, RoleARN: role.Arn}, nil
}
