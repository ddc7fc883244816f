// Package rendering makes texts of what other resources are known by once they are.
package rendering

import (
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/policies"
)

// Policy resolves refs, so that build stays a pure, testable function of strings. It fails the deployment when the
// document is invalid.
func Policy(refs pulumi.StringMap, build func(ref map[string]string) policies.Document) pulumi.StringOutput {
	names := slices.Sorted(maps.Keys(refs))
	inputs := make([]pulumi.StringInput, 0, len(names))
	for _, name := range names {
		inputs = append(inputs, refs[name])
	}
	return PolicyOf(inputs, func(known []string) policies.Document {
		ref := map[string]string{}
		for i, name := range names {
			ref[name] = known[i]
		}
		return build(ref)
	})
}

// PolicyOf is Policy for refs that have an order in place of names. This is the only ApplyT that makes policy JSON.
func PolicyOf(refs []pulumi.StringInput, build func(known []string) policies.Document) pulumi.StringOutput {
	return pulumi.StringArray(refs).ToStringArrayOutput().ApplyT(func(known []string) (string, error) {
		d := build(known)
		if err := d.Validate(); err != nil {
			return "", fmt.Errorf("policy: %w", err)
		}
		return d.JSON(), nil
	}).(pulumi.StringOutput)
}
