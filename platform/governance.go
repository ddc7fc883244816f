package platform

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components"
	"dataplatform/contracts"
	"dataplatform/governance"
)

// principal is a grantee as the outputs show it: with it, what Lake Formation answers can be checked.
type principal struct {
	arn       pulumi.StringInput
	rules     []governance.Rule
	countries []string
	kind      string // of people
}

var countryPattern = regexp.MustCompile(`^[A-Z]{2}$`)

// people are the configured roles, in the order of the settings. More are the layers that not every platform has.
func (g GovernanceSettings) people(more ...string) []person {
	var people []person
	add := func(key string, roles []string, kind string, rules []governance.Rule) {
		for i, role := range roles {
			people = append(people, person{fmt.Sprintf("governance.%s[%d]", key, i), role, kind, rules, nil})
		}
	}
	add("engineers", g.Engineers, kindEngineers, governance.Engineers(more...))
	add("dataScientists", g.DataScientists, kindDataScientists, governance.DataScientists(more...))
	add("analysts", g.Analysts, kindAnalysts, governance.Analysts())
	for i, analyst := range g.CountryAnalysts {
		people = append(people, person{
			fmt.Sprintf("governance.countryAnalysts[%d].role", i), analyst.Role, kindAnalysts + "-" + governance.FilterName(analyst.Countries), governance.Analysts(), analyst.Countries,
		})
	}
	return people
}

// person is a configured role. People of one kind see the same and share a workgroup.
type person struct {
	key, arn, kind string
	rules          []governance.Rule
	countries      []string
}

// Roles are the ARNs of the roles that the settings name, each once: those of people, and those by which sources come. They are there before
// the stack is.
func (s Settings) Roles() []string {
	arns := slices.Concat(s.Landing.Producers, s.Assets.Sources)
	for _, person := range s.Governance.people() {
		arns = append(arns, person.arn)
	}
	slices.Sort(arns)
	return slices.Compact(arns)
}

func (g GovernanceSettings) check(p *problems) {
	const role = "the ARN of a role, such as arn:aws:iam::123456789012:role/analyst"
	if !g.Enabled && len(g.people())+len(g.Admins) > 0 {
		p.add("governance.enabled", g.Enabled, "true when governance names roles: they would get nothing")
	}
	for i, arn := range g.Admins {
		p.matches(fmt.Sprintf("governance.admins[%d]", i), arn, principalPattern, role)
	}
	names := map[string]string{}
	for _, person := range g.people() {
		p.matches(person.key, person.arn, principalPattern, role)
		name, err := governance.RoleName(person.arn)
		if err != nil {
			continue // told above
		}
		if other, taken := names[name]; taken {
			p.add(person.key, person.arn, "a role that no other key names ("+other+" has one called "+name+"): grants add up")
		}
		names[name] = person.key
	}
	for i, analyst := range g.CountryAnalysts {
		key := fmt.Sprintf("governance.countryAnalysts[%d].countries", i)
		if len(analyst.Countries) == 0 {
			p.add(key, analyst.Countries, "at least one country; a role for all of them is one of governance.analysts")
		}
		for j, country := range analyst.Countries {
			p.matches(fmt.Sprintf("%s[%d]", key, j), country, countryPattern, "an ISO 3166-1 alpha-2 code such as GB")
		}
	}
}

// governed remembers what a job does with the catalog.
func (d *deployment) governed(name string, job *components.Job, reads, writes []*contracts.Contract) {
	d.grantees = append(d.grantees, components.Grantee{Name: name, ARN: job.RoleARN, Rules: governance.JobRules(reads, writes)})
}

// granted are the grants that a job waits for.
func (d *deployment) granted(name string) []pulumi.Resource {
	if d.governance == nil {
		return nil
	}
	return d.governance.Granted[name]
}

// newGovernance puts the catalog under Lake Formation when everybody who reads it is known.
func (d *deployment) newGovernance() error {
	d.principals = map[string]principal{}
	if !d.settings.Governance.Enabled {
		return nil
	}
	grantees := slices.Clone(d.grantees)
	kinds := map[string]string{}
	for _, person := range d.settings.Governance.people(d.moreLayers()...) {
		name, err := governance.RoleName(person.arn)
		if err != nil {
			return err
		}
		kinds[name] = person.kind
		grantees = append(grantees, components.Grantee{Name: name, ARN: pulumi.String(person.arn), Rules: person.rules, Countries: person.countries})
	}
	for _, grantee := range grantees {
		d.principals[grantee.Name] = principal{grantee.ARN, grantee.Rules, grantee.Countries, kinds[grantee.Name]}
	}
	var err error
	d.governance, err = components.NewGovernance(d.ctx, "governance", &components.GovernanceArgs{
		Partition: d.where.partition, AccountID: d.where.account, Region: d.where.region, Admins: d.admins,
		Contracts: d.contracts, Catalog: d.catalog, Layers: d.layers, Grantees: grantees, ShapedBy: tablesScript, Shape: d.shape,
		LeasesName: d.ledger.LeasesName, LeasesARN: d.ledger.LeasesARN, LeasesKeyARN: d.keys.layers[layerArtifacts].ARN, Retain: d.retain(), Build: d.functionBuild(),
	}, d.part("governance"))
	if err != nil {
		return err
	}
	d.show(d.governance.Rows)
	return nil
}

// principalOutputs are the principals with their rules, by name.
func (d *deployment) principalOutputs() pulumi.Map {
	out := pulumi.Map{}
	for name, p := range d.principals {
		rules := pulumi.Array{}
		for _, rule := range p.rules {
			rules = append(rules, pulumi.Map{
				"layers": pulumi.ToStringArray(rule.Layers), "domains": pulumi.ToStringArray(rule.Domains),
				"classifications": pulumi.ToStringArray(rule.Classifications), "write": pulumi.Bool(rule.Write),
			})
		}
		fields := pulumi.Map{"arn": p.arn, "rules": rules, "countries": pulumi.ToStringArray(p.countries)}
		if analytics := d.analytics[p.kind]; analytics != nil {
			fields["workgroup"] = analytics.WorkgroupName
		}
		out[name] = fields
	}
	return out
}
