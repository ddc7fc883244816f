// Package rendering makes texts of what other resources are known by once they are.
package rendering

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/policies"
)

// Policy resolves refs, so that build stays a pure, testable function of strings. It fails the deployment when the
// document is invalid. This is the only ApplyT that makes policy JSON.
func Policy(refs pulumi.StringMap, build func(ref map[string]string) policies.Document) pulumi.StringOutput {
	return refs.ToStringMapOutput().ApplyT(func(resolved map[string]string) (string, error) {
		d := build(resolved)
		if err := d.Validate(); err != nil {
			return "", fmt.Errorf("policy: %w", err)
		}
		return d.JSON(), nil
	}).(pulumi.StringOutput)
}
