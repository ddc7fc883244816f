package components

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// stateMachineLogs is where the log groups of state machines are. Step Functions writes each group into the account's
// resource policy for log delivery, which has 5,120 characters and keeps the entries of groups that are gone; groups
// below this name are admitted together before it is full (Step Functions Developer Guide, "CloudWatch Logs resource
// policy size limit").
const stateMachineLogs = "/aws/vendedlogs/states/"

// newStateMachineLog makes the log group of the state machines named name. What follows its name is the provider's.
func newStateMachineLog(
	ctx *pulumi.Context, name string, retentionDays int, key pulumi.StringInput, parent pulumi.ResourceOption,
) (*cloudwatch.LogGroup, error) {
	return cloudwatch.NewLogGroup(ctx, name+"-log", &cloudwatch.LogGroupArgs{
		NamePrefix:      pulumi.String(stateMachineLogs + name + "-"),
		RetentionInDays: pulumi.Int(retentionDays), KmsKeyId: key,
	}, parent)
}
