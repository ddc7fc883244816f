// Package rendering makes texts of what other resources are known by once they are.
package rendering

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/policies"
)

// Refs are the fields of a value that are known once others are made: each is filled from its input, and stays empty
// where that is nil. A name that is misspelt doesn't compile, as one in a map of strings would. A value belongs to one
// text alone: outputs are resolved concurrently.
type Refs map[*string]pulumi.StringInput

// Text fills refs, then builds, so that build stays a testable function of plain values.
func Text(refs Refs, build func() (string, error)) pulumi.StringOutput {
	var fields []*string
	var inputs pulumi.StringArray
	for field, input := range refs {
		if input != nil {
			fields, inputs = append(fields, field), append(inputs, input)
		}
	}
	return inputs.ToStringArrayOutput().ApplyT(func(known []string) (string, error) {
		for i, field := range fields {
			*field = known[i]
		}
		return build()
	}).(pulumi.StringOutput)
}

// Policy is the Text of a policy. It fails the deployment when the document is invalid.
func Policy(refs Refs, build func() policies.Document) pulumi.StringOutput {
	return Text(refs, func() (string, error) {
		d := build()
		if err := d.Validate(); err != nil {
			return "", fmt.Errorf("policy: %w", err)
		}
		return d.JSON(), nil
	})
}
