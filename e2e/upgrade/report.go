package upgrade

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"dataplatform/local/stack"
)

// codeObject is the one type whose resources may also go: their keys hold a digest of their content.
const codeObject = "aws:s3/bucketObjectv2:BucketObjectv2"

// followContracts are the types that the provider can only replace where a contract has changed, and that hold
// nothing: a call is made again, a list of columns gets its tags anew.
var followContracts = map[string]bool{
	"aws:lambda/invocation:Invocation":                true,
	"aws:lakeformation/resourceLfTags:ResourceLfTags": true,
}

// report prints how many resources the update touched, by what was done to them, and refuses what must not be done.
func report(out io.Writer, from string, updated, third stack.Operation) error {
	counts, code := map[string]int{}, 0
	var refused, anew []string
	for _, change := range updated.Changes {
		switch {
		case apitype.OpType(change.Op) == apitype.OpCreate, apitype.OpType(change.Op) == apitype.OpUpdate:
			counts[change.Op]++
		case change.Type == codeObject:
			code++
		case followContracts[change.Type] && apitype.OpType(change.Op) != apitype.OpDelete:
			anew = append(anew, change.String())
		default:
			counts[change.Op]++
			refused = append(refused, change.String())
		}
	}
	fmt.Fprintf(out, "%d resources as in %s, updated in %.1f s:", updated.Resources, from, updated.Seconds)
	for _, op := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(out, " %d %s,", counts[op], op)
	}
	fmt.Fprintf(out, " %d code objects under other keys; %d changed by a third deployment\n", code, len(third.Changes))
	if len(anew) > 0 {
		fmt.Fprintf(out, "made anew for contracts that changed:\n%s\n", strings.Join(anew, "\n"))
	}
	var problems []error
	if len(refused) > 0 {
		problems = append(problems, fmt.Errorf("replaced or deleted:\n%s", strings.Join(refused, "\n")))
	}
	for _, change := range third.Changes {
		problems = append(problems, fmt.Errorf("changed by a third deployment: %s", change))
	}
	return errors.Join(problems...)
}
