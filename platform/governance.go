package platform

import (
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components"
	"dataplatform/contracts"
	"dataplatform/governance"
	"dataplatform/platform/settings"
)

// principal is a grantee as the outputs show it: with it, what Lake Formation answers can be checked.
type principal struct {
	arn       pulumi.StringInput
	rules     []governance.Rule
	countries []string
	kind      string // of people
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
	for _, person := range d.settings.People() {
		name, err := governance.RoleName(person.ARN)
		if err != nil {
			return err
		}
		kinds[name] = person.Kind
		grantees = append(grantees, components.Grantee{Name: name, ARN: pulumi.String(person.ARN), Rules: person.Rules, Countries: person.Countries})
	}
	for _, grantee := range grantees {
		d.principals[grantee.Name] = principal{grantee.ARN, grantee.Rules, grantee.Countries, kinds[grantee.Name]}
	}
	var err error
	d.governance, err = components.NewGovernance(d.ctx, "governance", &components.GovernanceArgs{
		Partition: d.where.partition, AccountID: d.where.account, Region: d.where.region, Admins: d.admins,
		Contracts: d.contracts, Catalog: d.catalog, Layers: d.layers, Grantees: grantees, ShapedBy: tablesScript, Shape: d.shape,
		LeasesName: d.ledger.LeasesName, LeasesARN: d.ledger.LeasesARN, LeasesKeyARN: d.keys.layers[settings.LayerArtifacts].ARN, Retain: d.retain(), Build: d.functionBuild(),
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
