// Package graph runs Pulumi programs without an engine and records what they register.
//
// The recorder is the project's only mock. It answers with plausible computed values, refuses what it does not know,
// and keeps every resource's inputs, so that guardrails, prices and tests read data after the program has ended. It
// sees no autonaming, no validation by AWS and no inheritance done by the engine: the local platform covers those.
package graph

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// What the recorder answers when a program asks who and where it is.
const (
	Project   = "dataplatform"
	Stack     = "test"
	Account   = "123456789012"
	Region    = "eu-west-1"
	Partition = "aws"
)

// Invoke is one recorded call of a provider function.
type Invoke struct {
	Token    string
	Provider string // reference of the provider, "" for the default one
	Args     resource.PropertyMap
}

// Recorder keeps what a program registered. Read it after the program has ended.
type Recorder struct {
	mu        sync.Mutex
	resources map[string]Resource // by URN
	invokes   []Invoke
	answers   map[string]Answer
	outputs   map[string]Answer
	failures  []error
}

// Answer computes the result of a provider function, or the outputs of a remote component from its inputs.
type Answer func(args resource.PropertyMap) (resource.PropertyMap, error)

type settings struct {
	stack   string
	preview bool
	config  map[string]string
	answers map[string]Answer
	outputs map[string]Answer
}

// Option changes how a program is run.
type Option func(*settings)

// WithStack runs the program as the named stack instead of Stack.
func WithStack(name string) Option { return func(s *settings) { s.stack = name } }

// WithPreview runs the program as a preview does.
func WithPreview() Option { return func(s *settings) { s.preview = true } }

// WithConfig gives the program its configuration, by full key (`dataplatform:platform`). Objects are JSON text.
func WithConfig(config map[string]string) Option { return func(s *settings) { s.config = config } }

// WithInvoke answers one more provider function. Functions nobody answers are errors.
func WithInvoke(token string, answer Answer) Option {
	return func(s *settings) { s.answers[token] = answer }
}

// WithOutputs says what a component that a plugin builds returns, by type token. Remote components nobody describes are
// errors.
func WithOutputs(token string, outputs Answer) Option {
	return func(s *settings) { s.outputs[token] = outputs }
}

// Run runs the program and returns what it registered, also when it failed.
func Run(program pulumi.RunFunc, opts ...Option) (*Recorder, error) {
	s := settings{stack: Stack, answers: identityAnswers(), outputs: map[string]Answer{}}
	for _, opt := range opts {
		opt(&s)
	}
	rec := &Recorder{resources: map[string]Resource{}, answers: s.answers, outputs: s.outputs}
	err := pulumi.RunErr(program, pulumi.WithMocks(Project, s.stack, rec), func(info *pulumi.RunInfo) {
		info.Config, info.DryRun = s.config, s.preview
	})
	// An error inside a dangling ApplyT is swallowed by the SDK; what the recorder refused must not be.
	return rec, errors.Join(append([]error{err}, rec.failures...)...)
}

// NewResource implements pulumi.MockResourceMonitor.
func (rec *Recorder) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	if args.RegisterRPC == nil {
		return "", nil, rec.refuse(fmt.Errorf("%s %q is read, not registered: programs here own all they use",
			args.TypeToken, args.Name))
	}
	r := newResource(args)
	if _, exists := rec.resources[r.URN]; exists {
		return "", nil, rec.refuse(fmt.Errorf("duplicate resource %s", r.URN))
	}
	id := args.Name + "-id"
	if r.Custom && !r.Remote {
		r.Outputs = computed(args)
		r.Outputs["id"] = resource.NewStringProperty(id)
	}
	rec.resources[r.URN] = r
	if r.Remote {
		outputs, known := rec.outputs[r.Type]
		if !known {
			return "", nil, rec.refuse(fmt.Errorf("unknown remote component %s", r.Type))
		}
		state, err := outputs(args.Inputs)
		return "", state, err
	}
	if !args.Custom {
		return "", args.Inputs, nil
	}
	return id, computed(args), nil
}

// Call implements pulumi.MockResourceMonitor.
func (rec *Recorder) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	rec.invokes = append(rec.invokes, Invoke{Token: args.Token, Provider: args.Provider, Args: args.Args})
	answer, known := rec.answers[args.Token]
	if !known {
		return nil, rec.refuse(fmt.Errorf("unknown invoke %s", args.Token))
	}
	return answer(args.Args)
}

func (rec *Recorder) refuse(err error) error {
	rec.failures = append(rec.failures, err)
	return err
}

// All returns every resource, sorted by URN.
func (rec *Recorder) All() []Resource {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	all := make([]Resource, 0, len(rec.resources))
	for _, r := range rec.resources {
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b Resource) int { return strings.Compare(a.URN, b.URN) })
	return all
}

// OfType returns every resource of a type token, sorted by URN.
func (rec *Recorder) OfType(token string) []Resource {
	return slices.DeleteFunc(rec.All(), func(r Resource) bool { return r.Type != token })
}

// Children returns the direct children of a resource.
func (rec *Recorder) Children(parent Resource) []Resource {
	return slices.DeleteFunc(rec.All(), func(r Resource) bool { return r.Parent != parent.URN })
}

// ByURN returns the resource of a URN.
func (rec *Recorder) ByURN(urn string) (Resource, bool) {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	r, ok := rec.resources[urn]
	return r, ok
}

// Invokes returns the calls of provider functions, in order.
func (rec *Recorder) Invokes() []Invoke {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return slices.Clone(rec.invokes)
}

func identityAnswers() map[string]Answer {
	text := func(pairs ...string) Answer {
		return func(resource.PropertyMap) (resource.PropertyMap, error) {
			result := resource.PropertyMap{}
			for i := 0; i < len(pairs); i += 2 {
				result[resource.PropertyKey(pairs[i])] = resource.NewStringProperty(pairs[i+1])
			}
			return result, nil
		}
	}
	return map[string]Answer{
		"aws:index/getCallerIdentity:getCallerIdentity": text("accountId", Account, "userId", "AIDATEST", "id", Account,
			"arn", "arn:aws:iam::"+Account+":role/deployer"),
		"aws:index/getRegion:getRegion": text("name", Region, "region", Region, "id", Region, "description", "Ireland",
			"endpoint", "ec2."+Region+".amazonaws.com"),
		"aws:index/getPartition:getPartition": text("partition", Partition, "id", Partition, "dnsSuffix",
			"amazonaws.com", "reverseDnsPrefix", "com.amazonaws"),
		// A catalog that nobody encrypts.
		"aws:glue/getDataCatalogEncryptionSettings:getDataCatalogEncryptionSettings": text("catalogId", Account,
			"id", Account),
	}
}
