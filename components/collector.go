package components

import (
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudformation"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components/rendering"
	"dataplatform/policies"
)

const collectorType = "dataplatform:streaming:Collector"

const (
	// A request is a few milliseconds of work and a wait for Kinesis; the largest body expands to 8 MiB, of which there
	// are a few copies.
	collectorMemoryMB = 256
	// collectorTimeoutSeconds leaves the function time to answer when the stream takes nothing.
	collectorTimeoutSeconds = 10
	// collectorLatencyMilliseconds is what one in a hundred requests may take.
	collectorLatencyMilliseconds = 1000
)

// CollectorArgs configures a Collector.
type CollectorArgs struct {
	// Dataset is what it takes: the dimension of its metrics. Required.
	Dataset string
	// StreamARN takes the events, StreamKeyARN encrypts it. Required.
	StreamARN, StreamKeyARN pulumi.StringInput
	// Access says who may send, as JSON: see lambdas/collector/access.go. Required.
	Access string
	// MaxConcurrency is how many requests are answered at a time; it is reserved, and bounds what somebody can make the
	// account pay. Required.
	MaxConcurrency int
	// MetricsNamespace takes the function's own metrics. Required.
	MetricsNamespace string
	// Build of the function. Required.
	Build FunctionBuild
}

func (args *CollectorArgs) validate() error {
	if args == nil {
		return errNoArgs
	}
	var c checks
	c.text("Dataset", args.Dataset)
	c.input("StreamARN", args.StreamARN)
	c.input("StreamKeyARN", args.StreamKeyARN)
	c.text("Access", args.Access)
	c.within("MaxConcurrency", args.MaxConcurrency, 1, 10000)
	c.text("MetricsNamespace", args.MetricsNamespace)
	return c.err()
}

// Collector is an address that sites, apps and servers send clicks to without AWS credentials: a function behind a URL
// of Lambda's, which puts to the stream and to nothing else.
type Collector struct {
	pulumi.ResourceState
	// URL is the address, with a slash at its end.
	URL      pulumi.StringOutput `pulumi:"url"`
	Function *Function
	// Widgets are the collector's part of the dashboard.
	Widgets []WidgetRow
}

// NewCollector registers a Collector named name.
func NewCollector(
	ctx *pulumi.Context, name string, args *CollectorArgs, opts ...pulumi.ResourceOption,
) (*Collector, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("collector %q: %w", name, err)
	}
	c := &Collector{}
	if err := ctx.RegisterComponentResourceV2(collectorType, name,
		pulumi.Map{"maxConcurrency": pulumi.Int(args.MaxConcurrency)}, c, opts...); err != nil {
		return nil, fmt.Errorf("collector %q: %w", name, err)
	}
	parent := pulumi.Parent(c)
	may := policies.StreamProducerRefs{}
	var err error
	if c.Function, err = NewFunction(ctx, name+"-function", &FunctionArgs{
		Description: "Takes clicks from sites, apps and servers and puts them into the stream", Binary: "collector",
		FunctionBuild: args.Build, MemoryMB: collectorMemoryMB, TimeoutSeconds: collectorTimeoutSeconds,
		ReservedConcurrency: args.MaxConcurrency, Frequent: true,
		Environment: pulumi.StringMap{
			"STREAM_ARN": args.StreamARN, "ACCESS": pulumi.String(args.Access),
			"METRICS_NAMESPACE": pulumi.String(args.MetricsNamespace),
		},
		Refs:   rendering.Refs{&may.StreamARN: args.StreamARN, &may.StreamKeyARN: args.StreamKeyARN},
		Grants: func() []policies.Statement { return policies.StreamProducer(may).Statement },
	}, parent); err != nil {
		return nil, fmt.Errorf("collector %q: %w", name, err)
	}
	template, err := json.Marshal(collectorTemplate())
	if err != nil {
		return nil, fmt.Errorf("collector %q: template: %w", name, err)
	}
	url, err := cloudformation.NewStack(ctx, name+"-url", &cloudformation.StackArgs{
		TemplateBody: pulumi.String(template),
		Parameters:   pulumi.StringMap{functionParameter: c.Function.ARN},
	}, parent)
	if err != nil {
		return nil, fmt.Errorf("collector %q: url: %w", name, err)
	}
	m := collectorMetrics(args, c.Function.Name)
	if err := m.newAlarms(ctx, name, args, parent); err != nil {
		return nil, fmt.Errorf("collector %q: %w", name, err)
	}
	c.URL = url.Outputs.MapIndex(pulumi.String(urlOutput))
	c.Widgets = append([]WidgetRow{m.row()}, c.Function.Widgets...)
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{"url": c.URL})
}

const (
	functionParameter = "Function"
	urlOutput         = "Url"
)

// collectorTemplate is the function's URL, and that anybody may call it, by this URL only. It is CloudFormation's,
// because the provider's permission does not know the condition (pulumi-aws#5930), without which the second statement
// would let every account invoke the function itself; both are needed since October 2025 (AWS Lambda Developer Guide,
// "Control access to Lambda function URLs"). Who may send, the function decides: no browser can sign for IAM.
func collectorTemplate() object {
	function := object{"Ref": functionParameter}
	return object{
		"Parameters": object{functionParameter: object{"Type": "String"}},
		"Resources": object{
			"Address": object{"Type": "AWS::Lambda::Url", "Properties": object{
				"TargetFunctionArn": function, "AuthType": "NONE",
			}},
			"CallAddress": object{"Type": "AWS::Lambda::Permission", "Properties": object{
				"FunctionName": function, "Action": "lambda:InvokeFunctionUrl", "Principal": "*",
				"FunctionUrlAuthType": "NONE",
			}},
			"CallFunction": object{"Type": "AWS::Lambda::Permission", "Properties": object{
				"FunctionName": function, "Action": "lambda:InvokeFunction", "Principal": "*",
				"InvokedViaFunctionUrl": true,
			}},
		},
		"Outputs": object{urlOutput: object{"Value": object{"Fn::GetAtt": []string{"Address", "FunctionUrl"}}}},
	}
}

// requestMetrics are what a collector's alarms watch.
type requestMetrics struct {
	requests, refused, failed, latency, unmapped, cut, repeated metric
}

// collectorMetrics are Lambda's of the URL (AWS Lambda Developer Guide, "Monitoring Lambda function URLs"), and the
// function's own.
func collectorMetrics(args *CollectorArgs, function pulumi.StringInput) requestMetrics {
	own := func(name string) metric {
		return metric{args.MetricsNamespace, name, "Sum", []dimension{{"Dataset", pulumi.String(args.Dataset)}}}
	}
	return requestMetrics{
		requests: functionMetric("UrlRequestCount", "Sum", function),
		refused:  functionMetric("Url4xxCount", "Sum", function),
		failed:   functionMetric("Url5xxCount", "Sum", function),
		latency:  functionMetric("UrlRequestLatency", "p99", function),
		unmapped: own("CollectorUnmapped"), cut: own("CollectorCut"), repeated: own("CollectorRepeated"),
	}
}

func (m requestMetrics) newAlarms(
	ctx *pulumi.Context, name string, args *CollectorArgs, parent pulumi.ResourceOption,
) error {
	for _, a := range []struct {
		noun string
		alarm
	}{
		{"failures", alarm{
			Runbook: "The collector does not take events: senders keep them and try again, and lose them when a page or an app is closed. " +
				"Look for the first ERROR in its log; the stream or its key is the usual reason.",
			Page: "collector-failures", Metrics: []metric{m.failed}, Period: 60, Periods: 3,
			Delay: collectorTimeoutSeconds,
		}},
		{"latency", alarm{
			Runbook: fmt.Sprintf("One in a hundred requests takes the collector longer than %d ms: the stream refuses records, which are repeated, or starts of the function are slow.",
				collectorLatencyMilliseconds),
			Page: "collector-latency", Metrics: []metric{m.latency}, Period: 300, Periods: 3,
			Threshold: collectorLatencyMilliseconds, Delay: collectorTimeoutSeconds,
		}},
	} {
		if _, err := newAlarm(ctx, name+"-"+a.noun, args.Build.TopicARN, a.alarm, parent); err != nil {
			return err
		}
	}
	return nil
}

func (m requestMetrics) row() WidgetRow {
	return WidgetRow{Title: "Collector", Graphs: []Graph{
		{"Requests", []metric{m.requests, m.refused, m.failed}},
		{"From request to answer (ms)", []metric{m.latency}},
		{"Repeated, unmapped, cut", []metric{m.repeated, m.unmapped, m.cut}},
	}}
}
