package guardrails

import (
	"slices"

	"dataplatform/internal/graph"
)

var dataKept = Control{
	Name:     "data outlives the stack",
	Protects: "No mistaken destroy, replacement or removal from the program deletes data of a stack that is to keep it.",
	Over: func(g Graph) []graph.Resource {
		if !g.KeepsData {
			return nil
		}
		return slices.DeleteFunc(g.Of(bucketToken, tableToken, databaseToken, catalogTableToken, keyToken, streamToken),
			func(r graph.Resource) bool {
				// A table that is no Iceberg table is a description only; code makes it anew.
				return r.Type == catalogTableToken && !r.Has("openTableFormatInput")
			})
	},
	Evaluate: func(_ Graph, r graph.Resource) []string {
		var problems []string
		if !r.Protect {
			problems = append(problems, "is not protected")
		}
		if !r.RetainOnDelete {
			problems = append(problems, "is deleted with the stack")
		}
		if r.True("forceDestroy") {
			problems = append(problems, "can be deleted with all that is in it")
		}
		if r.Type == tableToken && !r.True("deletionProtectionEnabled") {
			problems = append(problems, "is not protected from deletion in AWS")
		}
		return problems
	},
}
