package guardrails

import (
	"slices"
	"strings"

	"dataplatform/contracts"
	"dataplatform/internal/graph"
)

const trailToken = "aws:cloudtrail/trail:Trail"

var personalDataWatched = Control{
	Name:     "touching personal data is recorded",
	Protects: "Who read, changed or deleted an object with personal data is recorded completely, in files whose loss or change shows.",
	Over: func(g Graph) []graph.Resource {
		personal := map[string]bool{}
		for _, table := range g.Of(catalogTableToken) {
			if table.Value("parameters.data_classification") != contracts.PersonalData {
				continue
			}
			location, _ := table.Value("storageDescriptor.location").(string)
			bucket, _, _ := strings.Cut(strings.TrimPrefix(location, "s3://"), "/")
			personal[bucket] = true
		}
		return slices.DeleteFunc(g.Of(bucketToken), func(b graph.Resource) bool {
			return !personal[b.Outputs["bucket"].StringValue()] &&
				b.Name != "landing" && b.Name != "discarded" // where it arrives, and what the stream's mapping gives up
		})
	},
	Evaluate: func(g Graph, b graph.Resource) []string {
		problems := []string{"is watched by no trail"}
		for _, trail := range g.Of(trailToken) {
			if !watches(trail, b.Outputs["arn"].StringValue()+"/") {
				continue
			}
			problems = nil
			if trail.Value("enableLogging") == false {
				problems = append(problems, "is watched by a trail that is off")
			}
			if !trail.True("enableLogFileValidation") {
				problems = append(problems, "is watched by a trail whose files can be changed unseen")
			}
		}
		return problems
	},
}

// watches says whether a trail records every data event of the objects whose ARNs start so.
func watches(trail graph.Resource, start string) bool {
	return slices.ContainsFunc(objects(trail.Value("advancedEventSelectors")), func(selector map[string]any) bool {
		found := false
		for _, field := range objects(selector["fieldSelectors"]) {
			switch field["field"] {
			case "eventCategory", "resources.type":
			case "resources.ARN":
				starts, _ := field["startsWiths"].([]any)
				found = slices.Contains(starts, any(start))
			default: // narrows to reads, writes or some calls
				return false
			}
		}
		return found
	})
}
