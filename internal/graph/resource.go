package graph

import (
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Resource is one recorded registration.
type Resource struct {
	URN    string
	Type   string
	Name   string
	Parent string // URN of the parent; the stack's for resources at the top
	Custom bool   // false for components
	Remote bool   // true for components that a plugin builds
	// Provider is the reference of the explicit provider, "" for the default one.
	Provider string
	// Providers are the references a component hands to its children, by package.
	Providers      map[string]string
	Protect        bool
	RetainOnDelete bool
	// DeleteBeforeReplace says that the old resource goes before the new one is made.
	DeleteBeforeReplace bool
	IgnoreChanges       []string
	// DependsOn are the URNs of everything this resource waits for: explicit dependencies and those of its inputs.
	DependsOn []string
	// Aliases are the resource's own; those that it has by its parent's are the engine's to work out.
	Aliases []Alias
	Inputs  resource.PropertyMap
	// Outputs are what other resources were given when they referred to this one, the id among them as `id`; nil for
	// components.
	Outputs resource.PropertyMap
}

func newResource(args pulumi.MockResourceArgs) Resource {
	rpc := args.RegisterRPC
	parentType := ""
	if parent := resource.URN(rpc.GetParent()); parent != "" && parent.QualifiedType() != resource.RootStackType {
		parentType = string(parent.QualifiedType()) + "$"
	}
	stack, _, _ := strings.Cut(strings.TrimPrefix(rpc.GetParent(), "urn:pulumi:"), "::")
	return Resource{
		URN: "urn:pulumi:" + stack + "::" + Project + "::" + parentType + args.TypeToken +
			"::" + args.Name,
		Type:                args.TypeToken,
		Name:                args.Name,
		Parent:              rpc.GetParent(),
		Custom:              args.Custom,
		Remote:              rpc.GetRemote(),
		Provider:            args.Provider,
		Providers:           rpc.GetProviders(),
		Protect:             rpc.GetProtect(),
		RetainOnDelete:      rpc.GetRetainOnDelete(),
		DeleteBeforeReplace: rpc.GetDeleteBeforeReplace(),
		IgnoreChanges:       rpc.GetIgnoreChanges(),
		DependsOn:           rpc.GetDependencies(),
		Aliases:             aliases(rpc),
		Inputs:              args.Inputs,
	}
}

// TopLevel says whether the stack itself is the parent.
func (r Resource) TopLevel() bool {
	return r.Parent == "" || resource.URN(r.Parent).QualifiedType() == resource.RootStackType
}

// WaitsFor says whether r depends on other, explicitly or through an input.
func (r Resource) WaitsFor(other Resource) bool { return slices.Contains(r.DependsOn, other.URN) }

// Lookup returns the input at a property path such as `rules[0].applyServerSideEncryptionByDefault.sseAlgorithm`, with
// secrets opened.
func (r Resource) Lookup(path string) (resource.PropertyValue, bool) {
	steps, err := resource.ParsePropertyPath(path)
	if err != nil {
		return resource.PropertyValue{}, false
	}
	value := resource.NewObjectProperty(r.Inputs)
	for _, step := range steps {
		value = open(value)
		switch step := step.(type) {
		case string:
			if !value.IsObject() {
				return resource.PropertyValue{}, false
			}
			next, ok := value.ObjectValue()[resource.PropertyKey(step)]
			if !ok {
				return resource.PropertyValue{}, false
			}
			value = next
		case int:
			if !value.IsArray() || step < 0 || step >= len(value.ArrayValue()) {
				return resource.PropertyValue{}, false
			}
			value = value.ArrayValue()[step]
		}
	}
	return open(value), true
}

func open(value resource.PropertyValue) resource.PropertyValue {
	for value.IsSecret() {
		value = value.SecretValue().Element
	}
	return value
}

// Has says whether the input at path was set.
func (r Resource) Has(path string) bool {
	value, ok := r.Lookup(path)
	return ok && !value.IsNull()
}

// Value returns the input at path as plain Go data: bool, float64, string, []any, map[string]any; nil when it was not
// set.
func (r Resource) Value(path string) any {
	value, ok := r.Lookup(path)
	if !ok || value.IsNull() {
		return nil
	}
	return plain(value)
}

func plain(value resource.PropertyValue) any {
	switch value = open(value); {
	case value.IsArray():
		list := make([]any, 0, len(value.ArrayValue()))
		for _, element := range value.ArrayValue() {
			list = append(list, plain(element))
		}
		return list
	case value.IsObject():
		object := map[string]any{}
		for key, element := range value.ObjectValue() {
			object[string(key)] = plain(element)
		}
		return object
	default:
		return value.V
	}
}

// True says whether the input at path is the boolean true; absent is not.
func (r Resource) True(path string) bool {
	set, _ := r.Value(path).(bool)
	return set
}
