package platform

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components"
	"dataplatform/contracts"
	"dataplatform/governance"
	"dataplatform/platform/settings"
)

// ssoPath begins the path of roles that IAM Identity Center makes. Nobody but AWS changes them: a permission set
// attaches the policy of its kind by the policy's name (IAM Identity Center User Guide, "Referencing permission sets").
const ssoPath = "role/aws-reserved/"

// readers are those of one persona, who see the same tables, columns and rows.
type readers struct {
	governance.Principal
	roles []string // the names of those of this account that a policy can be attached to
}

// personas are the readers by persona, those without a role too.
func (e environment) personas() map[string]*readers {
	found, more := map[string]*readers{}, e.settings.MoreLayers()
	for name, rules := range map[string][]governance.Rule{
		settings.PersonaAnalysts: governance.Analysts(), settings.PersonaDataScientists: governance.
						DataScientists(more...), settings.PersonaEngineers: governance.Engineers(more...),
	} {
		found[name] = &readers{Principal: governance.Principal{Name: name, Rules: rules}}
	}
	for _, person := range e.settings.People() {
		kind := found[person.Persona]
		if kind == nil {
			kind = &readers{
				Principal: governance.Principal{Name: person.Persona, Rules: person.Rules, Countries: person.Countries},
			}
			found[person.Persona] = kind
		}
		if strings.Contains(person.ARN, ":"+e.where.account+":") && !strings.Contains(person.ARN, ssoPath) {
			kind.roles = append(kind.roles, person.ARN[strings.LastIndex(person.ARN, "/")+1:])
		}
	}
	return found
}

// newWorkgroups makes a workgroup for each persona, with the queries that they can run.
func newWorkgroups(ctx *pulumi.Context, f foundation, c catalog) (map[string]*components.Analytics, error) {
	workgroups, personas := map[string]*components.Analytics{}, f.personas()
	for _, kind := range slices.Sorted(maps.Keys(personas)) {
		workgroup, err := newWorkgroup(ctx, f, c, personas[kind])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", kind, err)
		}
		workgroups[kind] = workgroup
	}
	return workgroups, nil
}

func newWorkgroup(ctx *pulumi.Context, f foundation, c catalog, who *readers) (*components.Analytics, error) {
	var databases []pulumi.StringInput
	for _, layer := range f.contracts.Layers() {
		if slices.ContainsFunc(f.contracts.Layer(layer),
			func(of *contracts.Contract) bool { return len(who.ReadableColumns(of)) > 0 }) {
			databases = append(databases, c.DatabaseARNs[layer])
		}
	}
	workgroup, err := components.NewAnalytics(ctx, who.Name, &components.AnalyticsArgs{
		Results: f.layers[settings.LayerArtifacts], ScanLimitBytes: f.settings.Analytics.ScanLimitBytes,
		PolicyName: f.settings.Prefix + "-" + who.Name, DataCatalogARN: f.arn("athena", "datacatalog/AwsDataCatalog"),
		DatabaseARNs: databases, Readers: who.roles,
	}, f.part("analytics"))
	if err != nil {
		return nil, err
	}
	var named []components.NamedQuery
	for _, query := range f.queries {
		if !query.RunsFor(who.Principal, f.contracts) {
			continue
		}
		layer, _, _ := strings.Cut(query.Tables()[0], ".")
		named = append(named, components.NamedQuery{
			Name: query.Name, Description: query.Description, SQL: query.SQL(f.databases()),
			Database: c.DatabaseNames[layer],
		})
	}
	if len(named) > 0 {
		_, err = components.NewQueries(ctx, who.Name+"-queries",
			&components.QueriesArgs{WorkgroupName: workgroup.WorkgroupName, Queries: named}, f.part("analytics"))
	}
	return workgroup, err
}
