package settings

import (
	"fmt"
	"regexp"
)

// stackPattern is what S3 takes in a bucket's name, which has the stack's name in it.
var stackPattern = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`)

// What autonaming in Pulumi.yaml makes of the longest names that may have 64 characters: an event rule's, and a role's
// of recommendations.
const (
	longestName            = "customers-process-failures"
	longestRecommendations = "recommendations-execution-role"
	maxName                = 64 // IAM CreateRole, EventBridge PutRule
)

// MaxStackName is the longest name that a stack may have, in characters.
func (s Settings) MaxStackName(project string) int {
	name := longestName
	if s.Recommendations.Enabled {
		name = longestRecommendations
	}
	return maxName - len(project) - len(name) - len("---abcdef")
}

// nameProblems are what is wrong with a stack's name: AWS would say so in the middle of the first deployment.
func (s Settings) nameProblems(project, stack string) []error {
	var p problems
	if !stackPattern.MatchString(stack) {
		p.add("the stack's name", stack, "a-z, 0-9 and -, for buckets are called after it")
	}
	if longest := s.MaxStackName(project); len(stack) > longest {
		p.add("the stack's name", stack,
			fmt.Sprintf("at most %d characters, for roles and rules are called after it and may have %d", longest,
				maxName))
	}
	return p
}
