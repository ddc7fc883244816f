package main

import (
	"context"
	"strings"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

const (
	defaultNameLength = 255
	suffixLength      = 7
)

// nameRules hold what AWS demands of the names of single kinds beyond the
// default length: "<terraform resource>.<field>".
var nameRules = map[string]tfbridge.AutoNameOptions{
	"aws_cloudwatch_event_rule.name":    {Maxlen: 64},
	"aws_glue_catalog_database.name":    {Separator: "_", Transform: underscored},
	"aws_glue_catalog_table.name":       {Separator: "_", Transform: underscored},
	"aws_iam_role.name":                 {Maxlen: 64},
	"aws_kms_alias.name":                {Transform: aliased},
	"aws_lambda_function.function_name": {Maxlen: 64},
	"aws_s3_bucket.bucket":              {Maxlen: 63, Transform: strings.ToLower},
	"aws_scheduler_schedule.name":       {Maxlen: 64},
	"aws_scheduler_schedule_group.name": {Maxlen: 64},
	"aws_sfn_state_machine.name":        {Maxlen: 80},
	"aws_sns_topic.name":                {Maxlen: 256 - len(fifoSuffix), PostTransform: fifo("fifoTopic")},
	"aws_sqs_queue.name":                {Maxlen: 80 - len(fifoSuffix), PostTransform: fifo("fifoQueue")},
}

const fifoSuffix = ".fifo"

// autoNamed is a field that is named after the resource when the program gives
// no name.
func autoNamed(resourceField, property string) *tfbridge.SchemaInfo {
	options := nameRules[resourceField]
	if options.Separator == "" {
		options.Separator = "-"
	}
	if options.Maxlen == 0 {
		options.Maxlen = defaultNameLength
	}
	options.Randlen = suffixLength
	return &tfbridge.SchemaInfo{Name: property, Default: &tfbridge.DefaultInfo{
		AutoNamed: true,
		ComputeDefault: func(ctx context.Context, o tfbridge.ComputeDefaultOptions) (any, error) {
			return tfbridge.ComputeAutoNameDefault(ctx, options, o)
		},
	}}
}

// underscored suits Athena, whose names are lower case without dashes.
func underscored(name string) string {
	return strings.ToLower(strings.ReplaceAll(name, "-", "_"))
}

func aliased(name string) string {
	if strings.HasPrefix(name, "alias/") {
		return name
	}
	return "alias/" + name
}

// fifo adds the suffix that AWS demands of queues and topics with the flag set.
func fifo(flag resource.PropertyKey) func(*tfbridge.PulumiResource, string) (string, error) {
	return func(r *tfbridge.PulumiResource, name string) (string, error) {
		if set, ok := r.Properties[flag]; ok && set.IsBool() && set.BoolValue() {
			return name + fifoSuffix, nil
		}
		return name, nil
	}
}
