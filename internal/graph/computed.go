package graph

import (
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// computed returns a resource's state: its inputs and, for AWS resources, the values that other resources refer to.
// They are shaped like AWS's (ARNs have the service, region and account in place) so that policies can be evaluated.
func computed(args pulumi.MockResourceArgs) resource.PropertyMap {
	state := args.Inputs.Copy()
	if !strings.HasPrefix(args.TypeToken, "aws:") {
		return state
	}
	set := func(key, value string) {
		if existing, ok := state[resource.PropertyKey(key)]; !ok || existing.IsNull() {
			state[resource.PropertyKey(key)] = resource.NewStringProperty(value)
		}
	}
	text := func(key, otherwise string) string {
		if value, ok := state[resource.PropertyKey(key)]; ok && open(value).IsString() {
			return open(value).StringValue()
		}
		return otherwise
	}
	module, kind := splitToken(args.TypeToken)
	name := text("name", text("namePrefix", "")+args.Name)
	regional := func(service, tail string) string {
		return "arn:" + Partition + ":" + service + ":" + Region + ":" + Account + ":" + tail
	}
	switch module + "." + kind {
	case "s3.BucketV2":
		bucket := text("bucket", args.Name)
		set("bucket", bucket)
		set("arn", "arn:"+Partition+":s3:::"+bucket)
		set("bucketRegionalDomainName", bucket+".s3."+Region+".amazonaws.com")
	case "kms.Key":
		set("keyId", args.Name+"-key")
		set("arn", regional("kms", "key/"+args.Name+"-key"))
	case "iam.Role", "iam.Policy":
		set("arn", "arn:"+Partition+":iam::"+Account+":"+strings.ToLower(kind)+"/"+name)
	case "sqs.Queue":
		set("url", "https://sqs."+Region+".amazonaws.com/"+Account+"/"+name)
		set("arn", regional("sqs", name))
	case "sns.Topic":
		set("arn", regional("sns", name))
	case "kinesis.Stream":
		set("arn", regional("kinesis", "stream/"+name))
	case "dynamodb.Table":
		set("arn", regional("dynamodb", "table/"+name))
	case "lambda.Function":
		set("arn", regional("lambda", "function:"+name))
		set("invokeArn", regional("lambda", "function:"+name))
		set("qualifiedArn", regional("lambda", "function:"+name+":1"))
		set("version", "1")
	case "lambda.EventSourceMapping":
		set("uuid", args.Name+"-uuid")
		set("arn", regional("lambda", "event-source-mapping:"+args.Name+"-uuid"))
	case "lambda.Invocation":
		set("result", "{}")
	case "cloudwatch.LogGroup":
		set("arn", regional("logs", "log-group:"+name))
	case "cloudwatch.MetricAlarm", "cloudwatch.CompositeAlarm":
		set("arn", regional("cloudwatch", "alarm:"+name))
	case "cloudwatch.EventRule":
		set("arn", regional("events", "rule/"+name))
	case "sfn.StateMachine":
		set("arn", regional("states", "stateMachine:"+name))
	case "scheduler.Schedule":
		set("arn", regional("scheduler", "schedule/default/"+name))
	case "glue.CatalogDatabase":
		set("arn", regional("glue", "database/"+name))
		set("catalogId", Account)
	case "glue.Registry":
		set("registryName", args.Name)
		set("arn", regional("glue", "registry/"+text("registryName", args.Name)))
	case "athena.Workgroup":
		set("arn", regional("athena", "workgroup/"+name))
	default:
		set("arn", regional(module, strings.ToLower(kind)+"/"+name))
	}
	set("name", name)
	return state
}

// splitToken splits aws:s3/bucketV2:BucketV2 into s3 and BucketV2.
func splitToken(token string) (module, kind string) {
	parts := strings.Split(token, ":")
	if len(parts) != 3 {
		return token, ""
	}
	module, _, _ = strings.Cut(parts[1], "/")
	return module, parts[2]
}
