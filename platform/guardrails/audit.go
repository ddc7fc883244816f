package guardrails

import (
	"slices"

	"dataplatform/internal/graph"
)

const trailToken = "aws:cloudtrail/trail:Trail"

var dataWatched = Control{
	Name:     "touching data is recorded",
	Protects: "Who read, changed or deleted an object of the lake is recorded completely, in files whose loss or change shows.",
	Over: func(g Graph) []graph.Resource {
		return slices.DeleteFunc(g.Of(bucketToken), func(b graph.Resource) bool {
			return b.Name == "audit" || b.Name == "logs" // the records themselves: each would make another
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
