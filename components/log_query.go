package components

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// What the saved queries of Logs Insights ask. Fields are those that the writers give: slog's of the functions, the
// lines of Glue, the events of Step Functions (AWS: "Logging execution history").
const (
	functionErrors = `fields @timestamp, @requestId, level, msg, error
| filter level = "ERROR" or @message like /panic|Task timed out|Runtime exited/
| sort @timestamp desc
| limit 100`
	jobErrors = `fields @timestamp, @logStream, @message
| filter @message like /ERROR|Error:|Exception/
| sort @timestamp desc
| limit 100`
	stateMachineErrors = `fields @timestamp, execution_arn, type, details.error, details.cause
| filter type like /Failed|TimedOut|Aborted/
| sort @timestamp desc
| limit 100`
)

// newLogQuery saves the query for the errors of a component, in a folder named like owner, which has to be unique in
// the account.
func newLogQuery(
	ctx *pulumi.Context, name string, owner pulumi.StringInput, query string, groups []pulumi.StringInput,
	parent pulumi.ResourceOption,
) error {
	// No folder begins with a slash, as groups do (CloudWatch Logs API, PutQueryDefinition).
	folder := owner.ToStringOutput().ApplyT(func(owner string) string {
		return strings.TrimLeft(owner, "/")
	}).(pulumi.StringOutput)
	if _, err := cloudwatch.NewQueryDefinition(ctx, name+"-errors", &cloudwatch.QueryDefinitionArgs{
		Name: pulumi.Sprintf("%s/errors", folder), QueryString: pulumi.String(query),
		LogGroupNames: pulumi.StringArray(groups),
	}, parent); err != nil {
		return fmt.Errorf("saved query of %q: %w", name, err)
	}
	return nil
}
