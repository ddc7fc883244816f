package guardrails

import (
	"fmt"

	"dataplatform/internal/graph"
	"dataplatform/policies"
)

// policyProperties are the inputs that hold policy documents.
var policyProperties = []string{"policy", "assumeRolePolicy"}

// withPolicy are the resources that hold a document, of whatever type.
func withPolicy(g Graph) []graph.Resource {
	var found []graph.Resource
	for _, r := range g.Resources {
		for _, property := range policyProperties {
			if r.Custom && r.Has(property) {
				found = append(found, r)
				break
			}
		}
	}
	return found
}

// Documents are the policies that a resource holds, by property.
func Documents(r graph.Resource) (map[string]policies.Document, error) {
	found := map[string]policies.Document{}
	for _, property := range policyProperties {
		if !r.Custom || !r.Has(property) {
			continue
		}
		text, _ := r.Value(property).(string)
		document, err := policies.Parse(text)
		if err != nil {
			return nil, fmt.Errorf("%s %q: %s: %w", r.Type, r.Name, property, err)
		}
		found[property] = document
	}
	return found, nil
}

// lint applies a linter to a resource's documents. One that can't be read is no document of the policies package, and
// may grant anything.
func lint(r graph.Resource, findings func(policies.Document) []string) ([]string, error) {
	documents, err := Documents(r)
	var problems []string
	for property, document := range documents {
		for _, finding := range findings(document) {
			problems = append(problems, "has in "+property+" "+finding)
		}
	}
	return problems, err
}

// resourcePolicy is the policy of a bucket, queue or topic: its own or that of a resource of its own. The problem is ""
// when there is one.
func (g Graph) resourcePolicy(r graph.Resource) (policies.Document, string) {
	holder := r
	if !r.Has("policy") {
		place := map[string]struct{ token, property string }{
			bucketToken: {bucketPolicyToken, "bucket"}, queueToken: {queuePolicyToken, "queueUrl"},
			topicToken: {topicPolicyToken, "arn"},
		}[r.Type]
		var ok bool
		if holder, ok = g.settingOf(r, place.token, place.property); !ok {
			return policies.Document{}, "has no policy"
		}
	}
	documents, err := Documents(holder)
	if err != nil {
		return policies.Document{}, err.Error()
	}
	return documents["policy"], ""
}

var exactGrants = Control{
	Name:     "grants are exact",
	Protects: "A role that is taken over can do what it was made for and nothing else; what AWS can't narrow is listed with its reason.",
	Over:     withPolicy,
	Evaluate: func(_ Graph, r graph.Resource) []string {
		problems, err := lint(r, policies.Wide)
		if err != nil {
			problems = append(problems, "has a policy that can't be read: "+err.Error())
		}
		return problems
	},
}

var knownDeputies = Control{
	Name:     "services act for this account only",
	Protects: "Nobody can make an AWS service use our roles, keys, queues and buckets on behalf of another account.",
	Over:     withPolicy,
	Evaluate: func(_ Graph, r graph.Resource) []string {
		problems, err := lint(r, policies.Confusable)
		if err != nil {
			return nil // the control of exact grants says so
		}
		return problems
	},
}
