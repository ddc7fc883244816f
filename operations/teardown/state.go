package teardown

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"dataplatform/operations/target"
)

const (
	bucketType   = "aws:s3/bucketV2:BucketV2"
	providerType = "pulumi:providers:aws"
	stackType    = "pulumi:pulumi:Stack"
)

// holders are the kinds that hold data beside buckets, in words.
var holders = map[string]string{
	"aws:kinesis/stream:Stream": "the stream %s with the records in it",
	"aws:dynamodb/table:Table":  "the table %s with the items in it",
}

// state is what `pulumi stack export` prints, as far as it is read here.
type state struct {
	Deployment struct {
		Resources []struct {
			URN     string         `json:"urn"`
			Type    string         `json:"type"`
			ID      string         `json:"id"`
			Inputs  map[string]any `json:"inputs"`
			Outputs map[string]any `json:"outputs"`
		} `json:"resources"`
	} `json:"deployment"`
}

// Describe fills in where a stack is and what holds data in it, from its state as `pulumi stack export` prints it.
// Outputs would not do: they are those of the last update that succeeded, which made and removed other things than one
// that failed since, and there are none before the first.
func (s *Stack) Describe(export []byte) error {
	var read state
	if err := json.Unmarshal(export, &read); err != nil {
		return fmt.Errorf("the state of stack %s: %w", s.Name, err)
	}
	if len(read.Deployment.Resources) == 0 {
		return target.RefusedError{Reason: "stack " + s.Name + " holds no resources: it is not deployed"}
	}
	s.Buckets, s.Others = map[string]string{}, nil
	accounts := map[string]bool{}
	for _, r := range read.Deployment.Resources {
		text := func(of map[string]any, key string) string { value, _ := of[key].(string); return value }
		if parsed, err := arn.Parse(text(r.Outputs, "arn")); err == nil && parsed.AccountID != "" {
			accounts[parsed.AccountID] = true
		}
		name := r.URN[strings.LastIndex(r.URN, "::")+2:]
		switch {
		case r.Type == providerType:
			if region := text(r.Inputs, "region"); region != s.Region {
				return fmt.Errorf("stack %s is in %s, %s says %s", s.Name, region, s.File, s.Region)
			}
		case r.Type == bucketType:
			for s.Buckets[name] != "" { // one that was replaced and is still to be deleted has the same name
				name += ", replaced"
			}
			s.Buckets[name] = r.ID
		case holders[r.Type] != "":
			s.Others = append(s.Others, fmt.Sprintf(holders[r.Type], r.ID))
		case r.Type == stackType:
			if made, ok := r.Outputs["recommendations"].(map[string]any); ok && text(made, "endpoint") != "" {
				s.Others = append(s.Others,
					"the endpoint "+text(made, "endpoint")+" with its model, and every registered one")
			}
		}
	}
	slices.Sort(s.Others)
	known := slices.Sorted(maps.Keys(accounts))
	if len(known) > 1 {
		return fmt.Errorf("the state of stack %s names resources of more than one account: %s", s.Name,
			strings.Join(known, ", "))
	}
	if len(known) == 1 {
		s.Account = known[0]
	}
	return nil
}

// Arguments of pulumi that remove a stack. The engine refuses to delete what the deployed stack protects, but only the
// preview looks at all of it before anything is deleted; without, what happens to come first is gone by then. So
// nothing in the environment may leave the preview out.
func Arguments(stack string) []string {
	return []string{"destroy", "--yes", "--skip-preview=false", "--stack", stack}
}
