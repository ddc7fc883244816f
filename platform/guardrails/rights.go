package guardrails

import (
	"maps"
	"regexp"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"dataplatform/internal/graph"
)

const (
	roleToken           = "aws:iam/role:Role"
	rolePolicyToken     = "aws:iam/rolePolicy:RolePolicy"
	roleAttachmentToken = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"

	redshiftStatementToken = "aws:redshiftdata/statement:Statement"
	redshiftWorkgroupToken = "aws:redshiftserverless/workgroup:Workgroup"
	redshiftNamespaceToken = "aws:redshiftserverless/namespace:Namespace"
)

// rolePattern finds the ARNs of roles in a text: the characters of a path and a name (IAM API Reference, CreateRole).
var rolePattern = regexp.MustCompile(`arn:[a-z-]+:iam::[0-9]+:role/[A-Za-z0-9_+=,.@/-]+`)

// grantees are the types that name a role to let it do something. What names one in any other place acts with it, or
// hands it on.
var grantees = []string{
	rolePolicyToken, roleAttachmentToken, permissionToken, "aws:lakeformation/dataLakeSettings:DataLakeSettings",
}

var rightsFirst = Control{
	Name: "rights come before what acts with them",
	Protects: "No first deployment fails on a role without its rights: AWS checks some when a function, job, state machine or schedule is made, " +
		"and others are needed within seconds of it.",
	Over: func(g Graph) []graph.Resource {
		var found []graph.Resource
		for i := range g.Resources {
			if g.Resources[i].Custom && len(g.actsWith(&g.Resources[i])) > 0 {
				found = append(found, g.Resources[i])
			}
		}
		return found
	},
	Evaluate: func(g Graph, r graph.Resource) []string {
		var problems []string
		before := g.before(r.DependsOn)
		for _, arn := range g.actsWith(&r) {
			role, ok := g.named(arn, roleToken)
			if !ok {
				continue // somebody else's, which is there already
			}
			for _, policy := range g.rightsOf(role) {
				if !before[policy.URN] {
					problems = append(problems, "does not wait for "+policy.Name)
				}
			}
		}
		return problems
	},
}

// rightsOf are the policies of a role.
func (g Graph) rightsOf(role graph.Resource) []graph.Resource {
	return slices.DeleteFunc(g.Of(rolePolicyToken, roleAttachmentToken),
		func(policy graph.Resource) bool { return !answersTo(role, policy.Value("role")) })
}

// actsWith are the ARNs of the roles that a resource acts with, hands on, or lets a function act with that it calls.
func (g Graph) actsWith(r *graph.Resource) []string {
	if slices.Contains(grantees, r.Type) || slices.ContainsFunc(policyProperties, r.Has) {
		return nil
	}
	roles := map[string]bool{}
	texts(resource.NewObjectProperty(r.Inputs), func(text string) {
		for _, arn := range rolePattern.FindAllString(text, -1) {
			roles[arn] = true
		}
	})
	if r.Type == mappingToken || r.Type == invocationToken {
		if function, ok := g.named(r.Value("functionName"), functionToken); ok {
			if arn, ok := function.Value("role").(string); ok {
				roles[arn] = true
			}
		}
	}
	if r.Type == redshiftStatementToken { // by the role that is its namespace's default
		for _, workgroup := range g.Of(redshiftWorkgroupToken) {
			for _, namespace := range g.Of(redshiftNamespaceToken) {
				arn, ok := namespace.Value("defaultIamRoleArn").(string)
				if ok && workgroup.Value("workgroupName") == r.Value("workgroupName") &&
					namespace.Value("namespaceName") == workgroup.Value("namespaceName") {
					roles[arn] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(roles))
}

// before are the URNs of all that is there when these are: they, what they depend on, and what that depends on.
func (g Graph) before(urns []string) map[string]bool {
	byURN := make(map[string]*graph.Resource, len(g.Resources))
	for i := range g.Resources {
		byURN[g.Resources[i].URN] = &g.Resources[i]
	}
	found, waiting := map[string]bool{}, slices.Clone(urns)
	for len(waiting) > 0 {
		urn := waiting[0]
		waiting = waiting[1:]
		if found[urn] {
			continue
		}
		found[urn] = true
		if dependency := byURN[urn]; dependency != nil {
			waiting = append(waiting, dependency.DependsOn...)
		}
	}
	return found
}

// texts calls visit with every text in a value.
func texts(value resource.PropertyValue, visit func(string)) {
	switch {
	case value.IsSecret():
		texts(value.SecretValue().Element, visit)
	case value.IsObject():
		for _, element := range value.ObjectValue() {
			texts(element, visit)
		}
	case value.IsArray():
		for _, element := range value.ArrayValue() {
			texts(element, visit)
		}
	case value.IsString():
		visit(value.StringValue())
	}
}
