package graph

import pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

// Alias is what a resource was before: a whole URN, or what differs from now.
type Alias struct {
	URN        string
	Name, Type string // "" where they are what they were
	Parent     string // URN; "" where it is what it was
	NoParent   bool   // it lay at the top
}

func aliases(rpc *pulumirpc.RegisterResourceRequest) []Alias {
	var all []Alias
	for _, urn := range rpc.GetAliasURNs() {
		all = append(all, Alias{URN: urn})
	}
	for _, alias := range rpc.GetAliases() {
		spec := alias.GetSpec()
		all = append(all, Alias{
			URN: alias.GetUrn(), Name: spec.GetName(), Type: spec.GetType(), Parent: spec.GetParentUrn(),
			NoParent: spec.GetNoParent(),
		})
	}
	return all
}
