package preview

import (
	"regexp"
	"slices"
	"strings"

	"dataplatform/internal/graph"
)

// Identity is what the engine and AWS know a resource by.
type Identity struct {
	// URN is the resource's without stack and project: the types from the top, and the logical name.
	URN string
	// Parent is the parent's URN, "" at the top.
	Parent string
	// Physical is the name that the program gives, "" where autonaming makes one of the logical name.
	Physical string
	// Former are the URNs that its aliases, and its parents', say it had.
	Former []string
}

// Identities are those of a stack's resources, in the order of their URNs.
func Identities(rec *graph.Recorder) []Identity {
	all := rec.All()
	byURN := map[string]graph.Resource{}
	for _, r := range all {
		byURN[r.URN] = r
	}
	identities := make([]Identity, 0, len(all))
	for _, r := range all {
		parent := ""
		if !r.TopLevel() {
			parent = short(r.Parent)
		}
		identities = append(identities,
			Identity{URN: short(r.URN), Parent: parent, Physical: physical(r), Former: former(r, byURN)})
	}
	return identities
}

// short takes stack and project off a URN.
func short(urn string) string {
	parts := strings.SplitN(urn, "::", 3)
	return parts[len(parts)-1]
}

// named are the inputs by which a type takes its physical name, where they are not called as in nameInputs.
var named = map[string]string{
	"aws:s3/bucketV2:BucketV2":                             "bucket",
	"aws:s3/bucketObjectv2:BucketObjectv2":                 "key",
	"aws:lakeformation/lfTag:LfTag":                        "key",
	"aws:costexplorer/costAllocationTag:CostAllocationTag": "tagKey",
}

// nameInputs are what AWS' types call a name that the program may give.
var nameInputs = []string{
	"name", "namePrefix", "alarmName", "dashboardName", "registryName", "schemaName", "namespaceName", "workgroupName",
	"statementName", "featureGroupName", "modelPackageGroupName",
}

// codeObjects are the objects whose keys hold a digest of their content: the only ones that a change of code alone
// replaces.
var codeObjects = []string{
	"jobs-library", "jobs-script-curate", "jobs-script-erase", "jobs-script-features", "jobs-script-maintain",
	"jobs-script-process", "jobs-script-recommend", "jobs-script-tables", "recommendations-source",
}

// contentDigest is the part of a code object's key that changes with its content.
var contentDigest = regexp.MustCompile(`(^|/)[0-9a-f]{16}/`)

func physical(r graph.Resource) string {
	inputs := nameInputs
	if input, special := named[r.Type]; special {
		inputs = []string{input}
	}
	for _, input := range inputs {
		given, ok := r.Value(input).(string)
		switch {
		case !ok || !r.Custom:
			continue
		case slices.Contains(codeObjects, r.Name):
			return contentDigest.ReplaceAllString(given, "$1<digest>/")
		case r.Has("databaseName"):
			database, _ := r.Value("databaseName").(string)
			return database + "/" + given
		}
		return given
	}
	return ""
}

// former works out, as the engine does, what aliases say: each of the resource's own below each parent that there is or
// was, and the resource as it is below each parent that was. A child that is called after its parent was called after
// its former name.
func former(r graph.Resource, byURN map[string]graph.Resource) []string {
	name, parents := r.Name, []string{""}
	if !r.TopLevel() {
		parents[0] = short(r.Parent)
		parents = append(parents, former(byURN[r.Parent], byURN)...)
	}
	var found []string
	for i, parent := range parents {
		if i > 0 {
			found = append(found, below(parent, r.Type, inherited(name, parents[0], parent)))
		}
		for _, alias := range r.Aliases {
			if alias.URN != "" {
				found = append(found, short(alias.URN))
				continue
			}
			was, token, under := inherited(name, parents[0], parent), r.Type, parent
			if alias.Name != "" {
				was = alias.Name
			}
			if alias.Type != "" {
				token = alias.Type
			}
			switch {
			case alias.NoParent:
				under = ""
			case alias.Parent != "":
				under = short(alias.Parent)
			}
			found = append(found, below(under, token, was))
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func inherited(name, parent, formerParent string) string {
	if rest, after := strings.CutPrefix(name, nameOf(parent)); after && parent != "" {
		return nameOf(formerParent) + rest
	}
	return name
}

func nameOf(urn string) string {
	_, name, _ := strings.Cut(urn, "::")
	return name
}

// below is the URN of a resource under a parent.
func below(parent, token, name string) string {
	if types, _, has := strings.Cut(parent, "::"); has {
		token = types + "$" + token
	}
	return token + "::" + name
}
