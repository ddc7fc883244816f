package platform

import (
	"reflect"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/platform/outputs"
	"dataplatform/platform/settings"
)

// Outputs is what a stack offers to those who use it. Its names are stable across releases.
type Outputs struct {
	// Stack is its name, by which commands ask before they change something.
	Stack pulumi.String `json:"stack"`
	// Region everything is in.
	Region pulumi.String `json:"region"`
	// Buckets by layer: landing, raw, processed, curated, artifacts, logs; features with recommendations.
	Buckets pulumi.StringMap `json:"buckets"`
	// Databases by layer: raw, processed, curated, and features with recommendations. A table is called like its
	// dataset; quarantine is a table of raw.
	Databases pulumi.StringMap `json:"databases"`
	// Stream takes clicks: one event, an array or lines a record, plain or gzipped.
	Stream pulumi.StringInput `json:"stream"`
	// Collector is the address that sites, apps and servers send clicks to, with a slash at its end. Empty where it is
	// off.
	Collector pulumi.StringInput `json:"collector"`
	// Workgroup of Athena that analysts query with.
	Workgroup pulumi.StringInput `json:"workgroup"`
	// Workgroups by persona: analysts, data-scientists, engineers, and analysts-country-gb and the like for analysts of
	// some countries.
	Workgroups pulumi.StringMap `json:"workgroups"`
	// ReaderPolicies by persona: the ARN of the policy that lets them query in their workgroup. The configured roles
	// have it already; a permission set of IAM Identity Center attaches it by its name, <prefix>-<kind>.
	ReaderPolicies pulumi.StringMap `json:"readerPolicies"`
	// StateMachines by pipeline: the ARNs of "hourly", with the input {"hours": "<instant>" or "<start>/<end>"}, and
	// "backfill", with {"chunks": ["<start>/<end>", …]}. Times are RFC 3339, UTC, and mean arrival.
	StateMachines pulumi.Map `json:"machines"`
	// Schedules by pipeline: the names of what starts the hourly state machines.
	Schedules pulumi.StringMap `json:"schedules"`
	// Jobs of Glue that no pipeline of a dataset has, by stage: maintain, erase, export, and with recommendations
	// features and recommend.
	Jobs pulumi.StringMap `json:"jobs"`
	// Recommendations: the ARN of "machine", with the input {} or {"asOf": "<instant>", "cut": "<instant>"}, the name
	// of the "schedule" that starts it, and the "endpoint" that answers once a run has succeeded. Empty where they are
	// off.
	Recommendations pulumi.StringMap `json:"recommendations"`
	// ErasureStateMachine is the ARN of the state machine that runs the job erase, with the input {"request": "<id>"};
	// dataplatform erase leaves the request and starts it.
	ErasureStateMachine pulumi.StringInput `json:"erasureStateMachine"`
	// ExportStateMachine is the ARN of the one that runs the job export, with the same input; dataplatform
	// export-person leaves the request, starts it and fetches the result.
	ExportStateMachine pulumi.StringInput `json:"exportStateMachine"`
	// Tables of DynamoDB: files, the ledger of everything dropped, hours, what of a stream waits for a run, and leases,
	// who publishes a table at the moment.
	Tables pulumi.StringMap `json:"tables"`
	// Functions by role: clicks, landing, assets, tables; collector where it is on.
	Functions pulumi.StringMap `json:"functions"`
	// EventSourceMapping is the UUID of the mapping between the stream and its function.
	EventSourceMapping pulumi.StringInput `json:"eventSourceMapping"`
	// Queues are the URLs of those in which messages wait, by name: landing and assets; and with the ending
	// -dead-letters of what they gave up, of what each schedule could not start, and, failures-dead-letters, of events
	// that the alarms' topic did not take.
	Queues pulumi.StringMap `json:"queues"`
	// ProducerRole is the ARN of the role that sources drop files with, below landing's <dataset>/.
	ProducerRole pulumi.StringInput `json:"producerRole"`
	// ClickProducerRole is the ARN of the role that the shop puts clicks into the stream with.
	ClickProducerRole pulumi.StringInput `json:"clickProducerRole"`
	// AssetSourceRole is the ARN of the role that sources put and delete objects with, below raw's assets/.
	AssetSourceRole pulumi.StringInput `json:"assetSourceRole"`
	// Principals are the roles that have grants on the catalog, by name: the ARN, the rules behind its grants, and the
	// countries whose rows it sees, none for all; people's with the workgroup that they query in.
	Principals pulumi.Map `json:"principals"`
	// AlarmsTopic is the ARN of the topic that every alarm and failure goes to.
	AlarmsTopic pulumi.StringInput `json:"alarmsTopic"`
	// Dashboard is the name of the CloudWatch dashboard.
	Dashboard pulumi.StringInput `json:"dashboard"`
	// ConsoleLinks to the pages of the AWS console: queries, the editor of Athena; tables, the catalog; dashboard.
	ConsoleLinks pulumi.StringMap `json:"consoleLinks"`
	// ExampleQueries by name, ready for the workgroup.
	ExampleQueries pulumi.StringMap `json:"exampleQueries"`
}

// outputs are what the stack exports of itself.
func (p platform) outputs() Outputs {
	ledger, in, databases := p.ingestion.ledger, p.ingestion, p.databases()
	out := Outputs{
		Stack: pulumi.String(p.tags[stackTag]), Region: pulumi.String(p.settings.Region),
		Buckets: pulumi.StringMap{settings.LayerLogs: p.logs.BucketName}, Databases: pulumi.StringMap{},
		Stream: in.clickstream.StreamName, Collector: pulumi.String(""),
		Workgroup:  p.consumption.workgroups[settings.PersonaAnalysts].WorkgroupName,
		Workgroups: pulumi.StringMap{}, ReaderPolicies: pulumi.StringMap{},
		StateMachines: pulumi.Map{}, Schedules: pulumi.StringMap{},
		Tables: pulumi.StringMap{"files": ledger.FilesName, "hours": ledger.HoursName, "leases": ledger.LeasesName},
		Functions: pulumi.StringMap{
			"clicks": in.clickstream.Function.Name, "landing": in.landing.Function.Name,
			"assets": in.assets.Function.Name, "tables": p.processing.tables.function.Name,
		},
		EventSourceMapping: in.clickstream.MappingUUID, ProducerRole: in.landing.ProducerRoleARN,
		ClickProducerRole: in.clickstream.ProducerRoleARN,
		AssetSourceRole:   in.assets.SourceRoleARN, ErasureStateMachine: p.processing.erasure.stateMachine.ARN,
		ExportStateMachine: p.processing.export.stateMachine.ARN, Jobs: pulumi.StringMap{}, Queues: p.queues(),
		Recommendations: p.recommendations.outputs(p.settings.EndpointName()),
		Principals:      p.governance.outputs(p.consumption.workgroups), AlarmsTopic: p.alarms.TopicARN,
		Dashboard: p.dashboard.Name, ConsoleLinks: p.consoleLinks(), ExampleQueries: pulumi.StringMap{},
	}
	if in.collector != nil {
		out.Collector, out.Functions["collector"] = in.collector.URL, in.collector.Function.Name
	}
	for kind, workgroup := range p.consumption.workgroups {
		out.Workgroups[kind], out.ReaderPolicies[kind] = workgroup.WorkgroupName, workgroup.PolicyARN
	}
	for name, layer := range p.layers {
		out.Buckets[name] = layer.BucketName
	}
	for stage, job := range p.processing.unscheduled() {
		out.Jobs[stage] = job.Name
	}
	for layer := range databases {
		out.Databases[layer] = p.catalog.DatabaseNames[layer]
	}
	for name, pipeline := range p.processing.pipelines {
		out.StateMachines[name] = pulumi.StringMap{"hourly": pipeline.HourlyARN, "backfill": pipeline.BackfillARN}
		out.Schedules[name] = pipeline.schedule.Name
	}
	for _, query := range p.queries {
		out.ExampleQueries[query.Key()] = pulumi.String(query.SQL(databases))
	}
	return out
}

// queues are the URLs of all in which messages wait for a function or for somebody.
func (p platform) queues() pulumi.StringMap {
	landing, assets, dead := p.ingestion.landing, p.ingestion.assets, outputs.DeadLetters
	found := pulumi.StringMap{
		"landing": landing.QueueURL, "landing" + dead: landing.DeadLettersURL,
		"assets": assets.QueueURL, "assets" + dead: assets.DeadLettersURL,
		stageMaintain + dead: p.processing.maintenance.daily.DeadLettersURL, "failures" + dead: p.alarms.UndeliveredURL,
	}
	for name, pipeline := range p.processing.pipelines {
		found[name+"-schedule"+dead] = pipeline.schedule.DeadLettersURL
	}
	if p.recommendations.Recommendations != nil {
		found["recommendations"+dead] = p.recommendations.DeadLettersURL
	}
	return found
}

// consoles are the AWS console's domains by partition.
var consoles = map[string]string{
	"aws": "console.aws.amazon.com", "aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com",
}

// console is the address of the AWS console in the stack's region.
func (e environment) console() string {
	return "https://" + e.settings.Region + "." + consoles[e.where.partition]
}

// executionsConsole is where the console shows an execution, before its ARN.
func (e environment) executionsConsole() string {
	return e.console() + "/states/home?region=" + e.settings.Region + "#/v2/executions/details/"
}

func (p platform) consoleLinks() pulumi.StringMap {
	region, base := p.settings.Region, p.console()
	return pulumi.StringMap{
		"queries": pulumi.String(base + "/athena/home?region=" + region + "#/query-editor"),
		"tables":  pulumi.String(base + "/glue/home?region=" + region + "#/v2/data-catalog/tables"),
		"dashboard": pulumi.Sprintf("%s/cloudwatch/home?region=%s#dashboards/dashboard/%s", base, region,
			p.dashboard.Name),
	}
}

// fields are the outputs by their JSON names.
func (o Outputs) fields() pulumi.Map {
	fields := pulumi.Map{}
	value := reflect.ValueOf(o)
	for i := range value.NumField() {
		fields[value.Type().Field(i).Tag.Get("json")] = value.Field(i).Interface().(pulumi.Input)
	}
	return fields
}
