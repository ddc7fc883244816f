package guardrails

import "dataplatform/internal/graph"

var jobsPinned = Control{
	Name:     "starts replace nothing of a job",
	Protects: "Who may start a job cannot have its role run another script, other modules or another configuration.",
	Over:     of(jobToken),
	Evaluate: func(_ Graph, job graph.Resource) []string {
		var problems []string
		if given, _ := job.Value("defaultArguments").(map[string]any); len(given) > 0 {
			problems = append(problems, "has arguments that a start replaces")
		}
		pinned, _ := job.Value("nonOverridableArguments").(map[string]any)
		if pinned["--scriptLocation"] == nil || pinned["--scriptLocation"] != job.Value("command.scriptLocation") {
			problems = append(problems, "has a script that a start replaces")
		}
		for _, name := range []string{"--extra-py-files", "--conf"} {
			if pinned[name] == nil {
				problems = append(problems, "has a "+name+" that a start replaces")
			}
		}
		return problems
	},
}
