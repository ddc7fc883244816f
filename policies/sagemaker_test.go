package policies_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/policies"
)

const (
	sagemaker = "arn:aws:sagemaker:eu-west-1:123456789012:"
	execution = "arn:aws:iam::123456789012:role/execution"
	images    = "arn:aws:ecr:eu-west-1:141502667606:repository/sagemaker-scikit-learn"
	decide    = "arn:aws:lambda:eu-west-1:123456789012:function:decide"
)

func recommendationsRefs() policies.RecommendationsRefs {
	return policies.RecommendationsRefs{
		Prefix: sagemaker, Name: "shop", Group: "shop", ExecutionRoleARN: execution, FeaturesBucketARN: features,
		FeaturesKeyARN: key("features"), ArtifactsBucketARN: artifacts, ArtifactsKeyARN: key("artifacts"),
		LeasesTableARN: leases, FunctionARN: decide, JobARNs: []string{glue + "job/features", glue + "job/recommend"},
		TopicARN: topic, TopicKeyARN: key("operations"), RepositoryARN: images,
		LogsPrefix:   "arn:aws:logs:eu-west-1:123456789012:log-group:",
		EventsPrefix: "arn:aws:events:eu-west-1:123456789012:rule/",
	}
}

func trainingDocuments() map[string]policies.Document {
	r := recommendationsRefs()
	return map[string]policies.Document{
		"execution": policies.RecommendationsExecution(r), "machine": policies.RecommendationsStateMachine(r),
		"function": policies.Identity(policies.Recommendations(r)...),
	}
}

func TestDocumentsOfTrainingAreValidAndLean(t *testing.T) {
	for name, document := range trainingDocuments() {
		require.NoError(t, document.Validate(), name)
		assert.Empty(t, policies.Lint(document), name)
		assert.Less(t, document.Size(), 6_000, name)
	}
	capturing := recommendationsRefs()
	capturing.Captures = true
	assert.Empty(t, policies.Lint(policies.RecommendationsExecution(capturing)))
}

func TestWhatRolesOfTrainingCanDo(t *testing.T) {
	const yes, no = policies.Allowed, policies.NotAllowed
	run := "shop-20260301-0123456"
	for _, tt := range []struct {
		role, action, resource string
		want                   policies.Decision
	}{
		{"execution", "s3:GetObject", features + "/training/r1/train/interactions/a", yes},
		{"execution", "s3:GetObject", features + "/interactions/data/a", no},
		{"execution", "s3:PutObject", features + "/models/m/output/model.tar.gz", yes},
		{"execution", "s3:PutObject", features + "/capture/a.jsonl", no},
		{"execution", "s3:PutObject", features + "/model_runs/r1.json", no},
		{"execution", "s3:DeleteObject", features + "/models/m/output/model.tar.gz", no},
		{"execution", "s3:GetObject", artifacts + "/sagemaker/0/source.tar.gz", yes},
		{"execution", "s3:PutObject", artifacts + "/sagemaker/0/source.tar.gz", no},
		{"execution", "s3:GetObject", curated + "/sales_hourly/data/a", no},
		{"execution", "kms:GenerateDataKey", key("artifacts"), no},
		{"execution", "ecr:BatchGetImage", images, yes},
		{"execution", "ecr:BatchGetImage", "arn:aws:ecr:eu-west-1:123456789012:repository/other", no},
		{"execution", "sagemaker:CreateModel", sagemaker + "model/" + run, no},
		{"execution", "logs:CreateLogGroup",
			"arn:aws:logs:eu-west-1:123456789012:log-group:/aws/sagemaker/TrainingJobs:log-stream:", yes},
		{"execution", "logs:CreateLogGroup",
			"arn:aws:logs:eu-west-1:123456789012:log-group:/aws/sagemaker/Endpoints/shop:log-stream:", no},
		{"machine", "sagemaker:CreateTrainingJob", sagemaker + "training-job/" + run, yes},
		{"machine", "sagemaker:CreateTrainingJob", sagemaker + "training-job/big-" + run, no},
		{"machine", "sagemaker:CreateEndpoint", sagemaker + "endpoint/shop", no},
		{"machine", "glue:StartJobRun", glue + "job/features", yes},
		{"machine", "glue:StartJobRun", glue + "job/sales-process", no},
		{"machine", "lambda:InvokeFunction", decide, yes},
		{"machine", "s3:GetObject", features + "/batch/r1/recommendations.parquet", no},
		{"machine", "iam:PassRole", execution, no},
		{"function", "sagemaker:UpdateEndpoint", sagemaker + "endpoint/shop", yes},
		{"function", "sagemaker:UpdateEndpoint", sagemaker + "endpoint/big-shop", no},
		{"function", "sagemaker:DeleteModel", sagemaker + "model/" + run, yes},
		{"function", "sagemaker:DeleteModel", sagemaker + "model/big-" + run, no},
		{"function", "sagemaker:InvokeEndpoint", sagemaker + "endpoint/shop-candidate", yes},
		{"function", "sagemaker:InvokeEndpoint", sagemaker + "endpoint/other", no},
		{"function", "sagemaker:UpdateModelPackage", sagemaker + "model-package/shop/3", yes},
		{"function", "sagemaker:DeleteModelPackageGroup", sagemaker + "model-package-group/shop", no},
		{"function", "s3:GetObject", features + "/batch/r1/sample.json", yes},
		{"function", "s3:GetObject", features + "/training/r1/train/interactions/a", no},
		{"function", "s3:PutObject", features + "/model_runs/r1.json", yes},
		{"function", "s3:DeleteObject", features + "/model_runs/r1.json", no},
		{"function", "dynamodb:PutItem", leases, yes},
		{"function", "dynamodb:PutItem", files, no},
		{"function", "iam:PassRole", execution, no},
	} {
		got, err := policies.Evaluate(policies.Request{Action: tt.action, Resource: tt.resource},
			trainingDocuments()[tt.role])
		require.NoError(t, err)
		assert.Equal(t, tt.want, got, "%s: %s on %s", tt.role, tt.action, tt.resource)
	}
	for service, want := range map[string]policies.Decision{policies.SageMaker: yes, policies.Lambda: no} {
		for _, role := range []string{"machine", "function"} {
			got, err := policies.Evaluate(policies.Request{
				Action: "iam:PassRole", Resource: execution, Context: map[string]string{"iam:PassedToService": service},
			}, trainingDocuments()[role])
			require.NoError(t, err)
			assert.Equal(t, want, got, "%s passes the role to %s", role, service)
		}
	}
}
