package platform

import (
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components"
	"dataplatform/governance"
	"dataplatform/platform/settings"
)

// governed is the catalog under Lake Formation. Without governance there is nobody in it, and nothing to wait for.
type governed struct {
	*components.Governance // nil without governance
	principals             map[string]principal
	widgets                []components.WidgetRow
}

// principal is a grantee as the outputs show it: with it, what Lake Formation answers can be checked.
type principal struct {
	arn       pulumi.StringInput
	rules     []governance.Rule
	countries []string
	persona   string // of people
}

// newGovernance puts the catalog under Lake Formation when everybody who reads it is known, and migrates the tables: as
// soon as who does that may.
func newGovernance(
	ctx *pulumi.Context, f foundation, c catalog, ledger *components.Ledger, t tables, services []components.Grantee,
) (governed, error) {
	if !f.settings.Governance.Enabled {
		_, err := t.migrate(ctx, nil)
		return governed{}, err
	}
	grantees, personas, err := withPeople(services, f.settings.People())
	if err != nil {
		return governed{}, err
	}
	principals := map[string]principal{}
	for _, grantee := range grantees {
		principals[grantee.Name] = principal{grantee.ARN, grantee.Rules, grantee.Countries, personas[grantee.Name]}
	}
	made, err := components.NewGovernance(ctx, "governance", &components.GovernanceArgs{
		Partition: f.where.partition, AccountID: f.where.account, Region: f.where.region, Admins: f.admins,
		Contracts: f.contracts, Catalog: c.Catalog, Layers: f.layers, Grantees: grantees, MigratedBy: tablesScript,
		Migrate:    func(granted []pulumi.Resource) (pulumi.Resource, error) { return t.migrate(ctx, granted) },
		LeasesName: ledger.LeasesName, LeasesARN: ledger.LeasesARN,
		LeasesKeyARN: f.keys.layers[settings.LayerArtifacts].ARN, Retain: f.retain(), Build: f.functionBuild(),
	}, f.part("governance"))
	if err != nil {
		return governed{}, err
	}
	return governed{made, principals, made.Widgets}, nil
}

// withPeople are the grantees with the configured roles after them, and the personas of those by their names.
func withPeople(
	services []components.Grantee, people []settings.Person,
) (grantees []components.Grantee, personas map[string]string, err error) {
	grantees, personas = slices.Clone(services), map[string]string{}
	for _, person := range people {
		name, err := governance.RoleName(person.ARN)
		if err != nil {
			return nil, nil, err
		}
		personas[name] = person.Persona
		grantees = append(grantees, components.Grantee{
			Name: name, ARN: pulumi.String(person.ARN), Rules: person.Rules, Countries: person.Countries,
		})
	}
	return grantees, personas, nil
}

// granted are the grants that a grantee waits for.
func (g governed) granted(name string) []pulumi.Resource {
	if g.Governance == nil {
		return nil
	}
	return g.Granted[name]
}

// outputs are the principals with their rules, by name.
func (g governed) outputs(workgroups map[string]*components.Analytics) pulumi.Map {
	out := pulumi.Map{}
	for name, p := range g.principals {
		rules := pulumi.Array{}
		for _, rule := range p.rules {
			rules = append(rules, pulumi.Map{
				"layers": pulumi.ToStringArray(rule.Layers), "domains": pulumi.ToStringArray(rule.Domains),
				"classifications": pulumi.ToStringArray(rule.Classifications), "write": pulumi.Bool(rule.Write),
			})
		}
		fields := pulumi.Map{"arn": p.arn, "rules": rules, "countries": pulumi.ToStringArray(p.countries)}
		if workgroup := workgroups[p.persona]; workgroup != nil {
			fields["workgroup"] = workgroup.WorkgroupName
		}
		out[name] = fields
	}
	return out
}
