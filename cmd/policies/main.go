// Command policies prints every policy document that the project's stacks make, and one with everything on, as one JSON
// array, for linters. With -repository it prints what the role of a workflow's previews is made of instead: there is no
// stack yet that could make it. Run it from the repository's root.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"

	"dataplatform/platform/guardrails"
	"dataplatform/platform/preview"
	"dataplatform/policies"
)

// held is a document and the place it is held in.
type held struct {
	Stack    string            `json:"stack"`
	Type     string            `json:"type"`
	Name     string            `json:"name"`
	Property string            `json:"property"`
	Document policies.Document `json:"document"`
}

func main() {
	var refs policies.PreviewRefs
	flag.StringVar(&refs.Repository, "repository", "", "whose previews the role is for: owner@id/name@id, or owner/name")
	flag.StringVar(&refs.Partition, "partition", "aws", "of AWS")
	flag.StringVar(&refs.Account, "account", "", "id of the account")
	flag.StringVar(&refs.Region, "region", "", "of the stack")
	flag.StringVar(&refs.Stack, "stack", "", "dev or prod")
	flag.StringVar(&refs.StateKeyARN, "state-key", "", "ARN of the key of its own that encrypts the bucket of -state")
	bucket := flag.String("state", "", "bucket of Pulumi's state backend")
	flag.Parse()
	refs.Environment, refs.StateBucketARN = "preview-"+refs.Stack, "arn:"+refs.Partition+":s3:::"+*bucket
	var err error
	switch {
	case refs.Repository == "":
		err = run(".", os.Stdout)
	case refs.Account == "" || refs.Region == "" || refs.Stack == "" || *bucket == "":
		err = errors.New("with -repository want -account, -region, -stack and -state, too")
	default:
		err = json.NewEncoder(os.Stdout).Encode(map[string]policies.Document{
			"trust": policies.TrustWorkflow(refs), "permissions": policies.Preview(refs),
		})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "policies:", err)
		os.Exit(1)
	}
}

func run(root string, out io.Writer) error {
	recorded, err := preview.RecordAll(root)
	if err != nil {
		return err
	}
	role := policies.PreviewRefs{
		Partition: "aws", Account: "123456789012", Region: "eu-west-1", Repository: "shop@12/platform@34",
		Environment: "preview-prod", StateBucketARN: "arn:aws:s3:::state", Stack: "prod",
		StateKeyARN: "arn:aws:kms:eu-west-1:123456789012:key/12345678-1234-1234-1234-123456789012",
	}
	all := []held{
		{"previews", "aws:iam/role:Role", "preview", "assumeRolePolicy", policies.TrustWorkflow(role)},
		{"previews", "aws:iam/rolePolicy:RolePolicy", "preview-grants", "policy", policies.Preview(role)},
	}
	for _, r := range recorded {
		for _, resource := range r.Recorder.All() {
			documents, err := guardrails.Documents(resource)
			if err != nil {
				return fmt.Errorf("stack %s: %w", r.Stack, err)
			}
			for _, property := range slices.Sorted(maps.Keys(documents)) {
				all = append(all, held{
					Stack: r.Stack, Type: resource.Type, Name: resource.Name, Property: property,
					Document: documents[property],
				})
			}
		}
	}
	return json.NewEncoder(out).Encode(all)
}
