// Package outputs is what a stack exports, for all who use one: operators' commands, the local platform, checks.
package outputs

import (
	"dataplatform/contracts"
	"dataplatform/governance"
)

// DeadLetters ends the names of queues that nobody reads by himself.
const DeadLetters = "-dead-letters"

// Outputs are the exports that programs use.
type Outputs struct {
	// Stack is its name; empty of one that was deployed before it was exported.
	Stack  string `json:"stack"`
	Region string `json:"region"`
	// Buckets by layer: landing, raw, processed, curated, artifacts, logs.
	Buckets map[string]string `json:"buckets"`
	// Databases by layer: raw, processed, curated.
	Databases map[string]string `json:"databases"`
	Stream    string            `json:"stream"`
	// Collector is the address for clicks; empty where it is off.
	Collector string `json:"collector"`
	Workgroup string `json:"workgroup"`
	// Workgroups by persona.
	Workgroups map[string]string `json:"workgroups"`
	// StateMachines and Schedules by pipeline.
	StateMachines map[string]StateMachines `json:"machines"`
	Schedules     map[string]string        `json:"schedules"`
	// Jobs that no state machine runs, by stage.
	Jobs map[string]string `json:"jobs"`
	// Recommendations has the pipeline's machine, schedule and endpoint; empty where they are off.
	Recommendations map[string]string `json:"recommendations"`
	// ErasureStateMachine runs an erasure.
	ErasureStateMachine string `json:"erasureStateMachine"`
	// ExportStateMachine runs an export of a person.
	ExportStateMachine string `json:"exportStateMachine"`
	// Tables by role: files, hours, leases.
	Tables map[string]string `json:"tables"`
	// Functions by role: clicks, landing, tables; collector where it is on.
	Functions          map[string]string `json:"functions"`
	EventSourceMapping string            `json:"eventSourceMapping"`
	// Queues are the URLs of those in which messages wait: landing and assets, and after <name>-dead-letters what could
	// not be processed, started or delivered.
	Queues map[string]string `json:"queues"`
	// ProducerRole drops files, ClickProducerRole puts clicks, AssetSourceRole puts and deletes objects.
	ProducerRole      string `json:"producerRole"`
	ClickProducerRole string `json:"clickProducerRole"`
	AssetSourceRole   string `json:"assetSourceRole"`
	// Principals are the roles with grants on the catalog, by name; empty where the catalog is not governed.
	Principals  map[string]governance.Principal `json:"principals"`
	AlarmsTopic string                          `json:"alarmsTopic"`
	Dashboard   string                          `json:"dashboard"`
	// ExampleQueries by name.
	ExampleQueries map[string]string `json:"exampleQueries"`
}

// Contracts are those of the stack: with features, or without them.
func (o Outputs) Contracts() (*contracts.Set, error) {
	if o.Databases[contracts.LayerFeatures] != "" {
		return contracts.LoadWithFeatures()
	}
	return contracts.Load()
}

// StateMachines are the ARNs of a pipeline's state machines.
type StateMachines struct {
	Hourly   string `json:"hourly"`
	Backfill string `json:"backfill"`
}
