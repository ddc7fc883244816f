package policies

// ModelCodePrefix of the artifacts bucket is where SageMaker finds its scripts.
const ModelCodePrefix = "sagemaker/"

// Prefixes of the features bucket beside TrainingPrefix and BatchPrefix.
const (
	ModelsPrefix    = "models/"     // what training jobs have made
	ModelRunsPrefix = "model_runs/" // what came of runs: a table
	CapturePrefix   = "capture/"    // a sample of what an endpoint of instances was asked
)

// RecommendationsRefs are what the pipeline of recommendations works with.
type RecommendationsRefs struct {
	// Prefix is arn:<partition>:sagemaker:<region>:<account>:, and Name begins the names of everything that a run
	// makes.
	Prefix string
	Name   string
	// Group is the name of the registry's group.
	Group string
	// ExecutionRoleARN is what SageMaker acts as.
	ExecutionRoleARN   string
	FeaturesBucketARN  string
	FeaturesKeyARN     string
	ArtifactsBucketARN string
	ArtifactsKeyARN    string
	LeasesTableARN     string
	FunctionARN        string
	JobARNs            []string // of Glue
	TopicARN           string
	TopicKeyARN        string
	// RepositoryARN is of the container's images, in AWS's own account.
	RepositoryARN string
	// LogsPrefix is arn:<partition>:logs:<region>:<account>:log-group:
	LogsPrefix string
	// EventsPrefix is arn:<partition>:events:<region>:<account>:rule/
	EventsPrefix string
	// Captures says that the endpoint keeps a sample of what it is asked.
	Captures bool
}

// runs returns the ARNs of what runs of the pipeline call by their own names.
func (r RecommendationsRefs) runs(kinds ...string) []string {
	arns := make([]string, 0, len(kinds))
	for _, kind := range kinds {
		arns = append(arns, r.Prefix+kind+"/"+r.Name+"-*")
	}
	return arns
}

// endpoints are the ARNs of the endpoint and of the one that a model is tried on.
func (r RecommendationsRefs) endpoints() []string {
	return []string{r.Prefix + "endpoint/" + r.Name, r.Prefix + "endpoint/" + r.Name + "-candidate"}
}

// packages are the ARNs of the registry's group and the models in it.
func (r RecommendationsRefs) packages() []string {
	return []string{r.Prefix + "model-package-group/" + r.Group, r.Prefix + "model-package/" + r.Group + "/*"}
}

// passRole lets a role give SageMaker the execution role, and nobody else.
func (r RecommendationsRefs) passRole() Statement {
	return AllowActions("PassRoleToSageMaker", []string{r.ExecutionRoleARN}, "iam:PassRole").When("StringEquals",
		"iam:PassedToService", SageMaker)
}

// RecommendationsExecution are the grants of training, batch and endpoint: they read training files and scripts, and
// write models and batches. Tables are out of their reach, and so is what other runs wrote down.
func RecommendationsExecution(r RecommendationsRefs) Document {
	written := []string{ModelsPrefix, BatchPrefix}
	if r.Captures {
		written = append(written, CapturePrefix)
	}
	groups := []string{r.LogsPrefix + "/aws/sagemaker/TrainingJobs", r.LogsPrefix + "/aws/sagemaker/ProcessingJobs"}
	return Identity(
		ReadObjects("ReadScripts", r.ArtifactsBucketARN, ModelCodePrefix),
		ListPrefixes("ListScripts", r.ArtifactsBucketARN, ModelCodePrefix),
		ReadObjects("ReadTrainingFiles", r.FeaturesBucketARN, TrainingPrefix, ModelsPrefix),
		ListPrefixes("ListTrainingFiles", r.FeaturesBucketARN, TrainingPrefix, ModelsPrefix),
		WriteObjects("WriteModels", r.FeaturesBucketARN, written...),
		DecryptWith("DecryptScripts", r.ArtifactsKeyARN),
		EncryptWith("EncryptModels", r.FeaturesKeyARN),
		WriteLogs("WriteLogs", append(groups, r.LogsPrefix+"/aws/sagemaker/Endpoints/"+r.Name,
			r.LogsPrefix+"/aws/sagemaker/Endpoints/"+r.Name+"-candidate")...),
		// All jobs of the account share two groups, which the first of them makes: no stack can own them.
		AllowActions("MakeSharedLogs", []string{groups[0] + ":*", groups[1] + ":*"}, "logs:CreateLogGroup"),
		AllowActions("ReportMetrics", []string{"*"}, "cloudwatch:PutMetricData").When("StringEquals",
			"cloudwatch:namespace", "/aws/sagemaker/Endpoints", "/aws/sagemaker/ProcessingJobs",
			"/aws/sagemaker/TrainingJobs"),
		AllowActions("FetchImage", []string{r.RepositoryARN}, "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage",
			"ecr:GetDownloadUrlForLayer"),
		AllowActions("SignInForImages", []string{"*"}, "ecr:GetAuthorizationToken"),
	)
}

// RecommendationsStateMachine are the grants of the state machine: it runs the Glue jobs and SageMaker's, waits for
// them, and has the function decide. It touches no data.
func RecommendationsStateMachine(r RecommendationsRefs) Document {
	jobs := r.runs("training-job", "processing-job")
	return Identity(
		AllowActions("RunJobs", r.JobARNs, "glue:StartJobRun", "glue:GetJobRun", "glue:GetJobRuns",
			"glue:BatchStopJobRun"),
		AllowActions("RunModelJobs", jobs, "sagemaker:CreateTrainingJob", "sagemaker:DescribeTrainingJob",
			"sagemaker:CreateProcessingJob", "sagemaker:DescribeProcessingJob", "sagemaker:AddTags",
			"sagemaker:ListTags"),
		AllowActions("StopModelJobs", jobs, "sagemaker:StopTrainingJob", "sagemaker:StopProcessingJob"),
		// Step Functions is notified of ended jobs by rules that it keeps (Step Functions Developer Guide, "Create and
		// manage SageMaker jobs").
		AllowActions("HearOfModelJobs", []string{r.EventsPrefix + "StepFunctionsGetEventsForSageMakerTrainingJobsRule",
			r.EventsPrefix + "StepFunctionsGetEventsForSageMakerProcessingJobsRule"},
			"events:DescribeRule", "events:PutRule", "events:PutTargets"),
		r.passRole(),
		AllowActions("Decide", []string{r.FunctionARN}, "lambda:InvokeFunction"),
		AllowActions("NotifyFailure", []string{r.TopicARN}, "sns:Publish"),
		EncryptWith("EncryptNotices", r.TopicKeyARN),
		AllowActions("DeliverLogs", []string{"*"}, "logs:CreateLogDelivery", "logs:GetLogDelivery",
			"logs:UpdateLogDelivery", "logs:DeleteLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy",
			"logs:DescribeResourcePolicies", "logs:DescribeLogGroups"),
		AllowActions("Trace", []string{"*"}, "xray:PutTraceSegments", "xray:PutTelemetryRecords",
			"xray:GetSamplingRules", "xray:GetSamplingTargets"),
	)
}

// Recommendations are the grants of the function that evaluates models and keeps the endpoint: it makes and removes
// what runs are called by, asks the two endpoints, and writes down what came of a run.
func Recommendations(r RecommendationsRefs) []Statement {
	return []Statement{
		AllowActions("KeepEndpoints", append(r.endpoints(), r.runs("endpoint-config")...), "sagemaker:CreateEndpoint",
			"sagemaker:DescribeEndpoint", "sagemaker:UpdateEndpoint", "sagemaker:DeleteEndpoint", "sagemaker:AddTags"),
		AllowActions("KeepModels", r.runs("model", "endpoint-config"), "sagemaker:CreateModel", "sagemaker:DeleteModel",
			"sagemaker:CreateEndpointConfig", "sagemaker:DeleteEndpointConfig", "sagemaker:AddTags"),
		AllowActions("ReadTraining", r.runs("training-job"), "sagemaker:DescribeTrainingJob"),
		AllowActions("RegisterModels", r.packages(), "sagemaker:CreateModelPackage", "sagemaker:DescribeModelPackage",
			"sagemaker:UpdateModelPackage"),
		AllowActions("RemoveModels", r.packages(), "sagemaker:DeleteModelPackage"),
		AllowActions("FindModels", []string{"*"}, "sagemaker:ListEndpointConfigs", "sagemaker:ListModelPackages",
			"sagemaker:ListModels"),
		AllowActions("AskEndpoints", r.endpoints(), "sagemaker:InvokeEndpoint"),
		r.passRole(),
		ReadObjects("ReadSamples", r.FeaturesBucketARN, BatchPrefix),
		WriteObjects("WriteRuns", r.FeaturesBucketARN, ModelRunsPrefix),
		AllowActions("HoldLease", []string{r.LeasesTableARN}, "dynamodb:PutItem", "dynamodb:DeleteItem"),
		EncryptWith("EncryptRunsAndLease", r.FeaturesKeyARN, r.ArtifactsKeyARN),
	}
}
