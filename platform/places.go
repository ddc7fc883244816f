package platform

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components/rendering"
	"dataplatform/policies"
)

// places are what the policies of jobs name: inputs when a job is made, texts when its policy is. What a job has
// nothing to do with is left out.
type places[T any] struct {
	landing, raw, processed, curated, features, artifacts, discarded store[T]
	files, hours, leases                                             T // tables
	pseudonyms                                                       T // the key
	outputLog, errorLog                                              T
}

// store is a layer: the ARNs of its bucket, its key and its database.
type store[T any] struct{ bucket, key, database T }

// each are all places, in one order.
func (p *places[T]) each() []*T {
	all := []*T{&p.files, &p.hours, &p.leases, &p.outputLog, &p.errorLog, &p.pseudonyms}
	for _, s := range []*store[T]{
		&p.landing, &p.raw, &p.processed, &p.curated, &p.features, &p.artifacts, &p.discarded,
	} {
		all = append(all, &s.bucket, &s.key, &s.database)
	}
	return all
}

// policyOf makes a policy of places when they are known.
func policyOf(at places[pulumi.StringInput], build func(places[string]) policies.Document) pulumi.StringOutput {
	var known places[string]
	texts, refs := known.each(), rendering.Refs{}
	for i, place := range at.each() {
		refs[texts[i]] = *place
	}
	return rendering.Policy(refs, func() policies.Document { return build(known) })
}
