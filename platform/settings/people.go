package settings

import (
	"fmt"
	"regexp"
	"slices"

	"dataplatform/governance"
)

// The personas that query. Every stack has their workgroups; analysts of some countries have one for each set of them.
const (
	PersonaAnalysts       = "analysts"
	PersonaDataScientists = "data-scientists"
	PersonaEngineers      = "engineers"
)

var countryPattern = regexp.MustCompile(`^[A-Z]{2}$`)

// Person is a configured role. People of one kind see the same and share a workgroup.
type Person struct {
	key          string
	ARN, Persona string
	Rules        []governance.Rule
	Countries    []string
}

// People are the configured roles, in the order of the settings.
func (s Settings) People() []Person {
	var people []Person
	g, more := s.Governance, s.MoreLayers()
	add := func(key string, roles []string, persona string, rules []governance.Rule) {
		for i, role := range roles {
			people = append(people, Person{fmt.Sprintf("governance.%s[%d]", key, i), role, persona, rules, nil})
		}
	}
	add("engineers", g.Engineers, PersonaEngineers, governance.Engineers(more...))
	add("dataScientists", g.DataScientists, PersonaDataScientists, governance.DataScientists(more...))
	add("analysts", g.Analysts, PersonaAnalysts, governance.Analysts())
	for i, analyst := range g.CountryAnalysts {
		people = append(people, Person{
			fmt.Sprintf("governance.countryAnalysts[%d].role", i), analyst.Role,
			PersonaAnalysts + "-" + governance.FilterName(analyst.Countries), governance.Analysts(), analyst.Countries,
		})
	}
	return people
}

// Roles are the ARNs of the roles that the settings name, each once: those of people, those by which sources
// come, and those that make pseudonyms.
// They are there before the stack is.
func (s Settings) Roles() []string {
	arns := slices.Concat(s.Landing.Producers, s.Assets.Sources, s.Pseudonyms.Makers)
	for _, person := range s.People() {
		arns = append(arns, person.ARN)
	}
	slices.Sort(arns)
	return slices.Compact(arns)
}

func (s Settings) checkGovernance(p *problems) {
	g, people := s.Governance, s.People()
	const role = "the ARN of a role, such as arn:aws:iam::123456789012:role/analyst"
	if !g.Enabled && len(people)+len(g.Admins) > 0 {
		p.add("governance.enabled", g.Enabled, "true when governance names roles: they would get nothing")
	}
	for i, arn := range g.Admins {
		p.matches(fmt.Sprintf("governance.admins[%d]", i), arn, principalPattern, role)
	}
	p.matches("governance.organization", g.Organization, organizationPattern,
		"the id of an organization, such as o-a1b2c3d4e5, or empty")
	names := map[string]string{}
	for _, person := range people {
		p.matches(person.key, person.ARN, principalPattern, role)
		name, err := governance.RoleName(person.ARN)
		if err != nil {
			continue // reported above
		}
		if other, taken := names[name]; taken {
			p.add(person.key, person.ARN,
				"a role that no other key names ("+other+" has one called "+name+"): grants add up")
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

// Wanted is what the settings say about who administers the lake and who uses it.
func (g Governance) Wanted() governance.Wanted {
	return governance.Wanted{
		Admins: g.Admins, Engineers: len(g.Engineers), Analysts: len(g.Analysts) + len(g.CountryAnalysts),
		DataScientists: len(g.DataScientists),
	}
}
