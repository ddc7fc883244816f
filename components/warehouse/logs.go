package warehouse

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// exports are the logs that Redshift writes to CloudWatch.
var exports = []string{"connectionlog", "useractivitylog", "userlog"}

// newLogs makes the groups that Redshift writes to, so that they end: where there is none it makes one that does not
// (Redshift Management Guide, "Audit logging for Amazon Redshift Serverless").
func newLogs(ctx *pulumi.Context, name string, args *Args, parent pulumi.ResourceOption) ([]pulumi.Resource, error) {
	var groups []pulumi.Resource
	for _, export := range exports {
		group, err := cloudwatch.NewLogGroup(ctx, name+"-"+export, &cloudwatch.LogGroupArgs{
			Name:            pulumi.String("/aws/redshift/" + args.Prefix + "/" + export),
			RetentionInDays: pulumi.Int(args.LogRetentionDays), KmsKeyId: args.LogKeyARN,
		}, parent)
		if err != nil {
			return nil, fmt.Errorf("log group %s: %w", export, err)
		}
		groups = append(groups, group)
	}
	return groups, nil
}
