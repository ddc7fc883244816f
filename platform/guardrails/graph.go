package guardrails

import (
	"encoding/json"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"dataplatform/internal/graph"
)

// Types of resources that more than one file needs.
const (
	bucketToken       = "aws:s3/bucketV2:BucketV2"
	keyToken          = "aws:kms/key:Key"
	queueToken        = "aws:sqs/queue:Queue"
	topicToken        = "aws:sns/topic:Topic"
	streamToken       = "aws:kinesis/stream:Stream"
	tableToken        = "aws:dynamodb/table:Table"
	logGroupToken     = "aws:cloudwatch/logGroup:LogGroup"
	functionToken     = "aws:lambda/function:Function"
	jobToken          = "aws:glue/job:Job"
	stateMachineToken = "aws:sfn/stateMachine:StateMachine"
	alarmToken        = "aws:cloudwatch/metricAlarm:MetricAlarm"
	ruleToken         = "aws:cloudwatch/eventRule:EventRule"
	targetToken       = "aws:cloudwatch/eventTarget:EventTarget"
	mappingToken      = "aws:lambda/eventSourceMapping:EventSourceMapping"
	scheduleToken     = "aws:scheduler/schedule:Schedule"
	databaseToken     = "aws:glue/catalogDatabase:CatalogDatabase"
	catalogTableToken = "aws:glue/catalogTable:CatalogTable"
	providerToken     = "pulumi:providers:aws"
	bucketPolicyToken = "aws:s3/bucketPolicy:BucketPolicy"
	queuePolicyToken  = "aws:sqs/queuePolicy:QueuePolicy"
	topicPolicyToken  = "aws:sns/topicPolicy:TopicPolicy"
	workgroupToken    = "aws:athena/workgroup:Workgroup"
)

// Graph is what one stack registered.
type Graph struct {
	Stack string
	// KeepsData says that the stack's data is to outlive it.
	KeepsData bool
	Resources []graph.Resource
}

// Of returns the resources of these types.
func (g Graph) Of(tokens ...string) []graph.Resource {
	var found []graph.Resource
	for i := range g.Resources { // a copy of each resource to look at it would be most of the time
		if slices.Contains(tokens, g.Resources[i].Type) {
			found = append(found, g.Resources[i])
		}
	}
	return found
}

// of is Of as a Control's Over.
func of(tokens ...string) func(Graph) []graph.Resource {
	return func(g Graph) []graph.Resource { return g.Of(tokens...) }
}

// identities are the outputs by which one resource refers to another.
var identities = []resource.PropertyKey{"id", "arn", "name", "bucket", "url", "keyId"}

// answersTo says whether value, an input of another resource, names r.
func answersTo(r graph.Resource, value any) bool {
	text, ok := value.(string)
	if !ok || text == "" {
		return false
	}
	for _, identity := range identities {
		if output, ok := r.Outputs[identity]; ok && output.IsString() && output.StringValue() == text {
			return true
		}
	}
	return false
}

// named returns the resource of one of the types that value names.
func (g Graph) named(value any, tokens ...string) (graph.Resource, bool) {
	for _, r := range g.Of(tokens...) {
		if answersTo(r, value) {
			return r, true
		}
	}
	return graph.Resource{}, false
}

// settingOf returns the resource of a type that is about r: the one whose property names it.
func (g Graph) settingOf(r graph.Resource, token, property string) (graph.Resource, bool) {
	for _, setting := range g.Of(token) {
		if answersTo(r, setting.Value(property)) {
			return setting, true
		}
	}
	return graph.Resource{}, false
}

// objects are the elements of a list of objects; nil when the value is no such list.
func objects(value any) []map[string]any {
	list, _ := value.([]any)
	found := make([]map[string]any, 0, len(list))
	for _, element := range list {
		if object, ok := element.(map[string]any); ok {
			found = append(found, object)
		}
	}
	return found
}

// decoded is JSON text as an object; nil when it is not one.
func decoded(value any) map[string]any {
	text, _ := value.(string)
	var object map[string]any
	if err := json.Unmarshal([]byte(text), &object); err != nil {
		return nil // the controls that ask miss what they look for and say so
	}
	return object
}
