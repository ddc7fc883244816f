package governance

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"dataplatform/contracts"
)

// Keys of the LF-tags.
const (
	TagLayer          = "layer"
	TagDomain         = "domain"
	TagClassification = "classification"
)

// DomainViews is the domain of the views: people have grants without a domain and see them, jobs have grants by domain
// and do not.
const DomainViews = "views"

// impersonal are the classifications of what says nothing of one person.
var impersonal = []string{contracts.Public, contracts.Internal}

// countryColumn is what a row filter by country looks at.
const countryColumn = "country_code"

// Rule lets a principal read, and perhaps write, whatever carries one of the values of every tag. No value at all means
// any.
type Rule struct {
	Layers          []string `json:"layers"`
	Domains         []string `json:"domains,omitempty"`
	Classifications []string `json:"classifications,omitempty"`
	Write           bool     `json:"write,omitempty"`
}

// Principal is a role and what it may see.
type Principal struct {
	// Name is unique in a stack: the role's own for people, the job's for jobs.
	Name  string `json:"name"`
	ARN   string `json:"arn"`
	Rules []Rule `json:"rules"`
	// Countries limit the rows to those of these countries, ISO 3166-1 alpha-2, and of unknown ones. Tables that don't
	// say a row's country are then out of reach: nothing could be left out of them.
	Countries []string `json:"countries,omitempty"`
	// Workgroup of Athena that people query in; jobs have none.
	Workgroup string `json:"workgroup,omitempty"`
}

// base are the layers of every platform.
var base = []string{contracts.LayerRaw, contracts.LayerProcessed, contracts.LayerCurated}

// Engineers see everything, personal data too: they trace bad rows. They write nothing; jobs do. More are layers that
// not every platform has: a grant on a tag's value that is not there is refused.
func Engineers(more ...string) []Rule {
	return []Rule{{Layers: slices.Concat(base, more)}}
}

// DataScientists see every layer, because features come from history, and pseudonyms, because models learn of single
// visitors and customers; but nobody's personal data. More are as of Engineers.
//
// Pseudonyms are a rule of their own: Lake Formation changes no grant, so that a list of more classifications would be
// a grant that is taken away and given anew.
func DataScientists(more ...string) []Rule {
	layers := slices.Concat(base, more)
	return []Rule{
		{Layers: layers, Classifications: slices.Clone(impersonal)},
		{Layers: layers, Classifications: []string{contracts.Pseudonymous}},
	}
}

// Analysts see what is ready to be asked, without personal data and without what tells one person from others.
func Analysts() []Rule {
	return []Rule{
		{Layers: []string{contracts.LayerProcessed, contracts.LayerCurated}, Classifications: slices.Clone(impersonal)},
	}
}

// JobRules are those of a job by the tables it reads and writes: whole tables, by their layer and domain. What it
// writes it can read, too.
func JobRules(reads, writes []*contracts.Contract) []Rule {
	return append(byLayer(writes, true), byLayer(reads, false)...)
}

// byLayer makes a rule a layer, in the order data flows.
func byLayer(tables []*contracts.Contract, write bool) []Rule {
	var rules []Rule
	for _, layer := range []string{contracts.LayerRaw, contracts.LayerProcessed, contracts.LayerFeatures,
		contracts.LayerCurated} {
		var domains []string
		for _, table := range tables {
			if table.Layer == layer && !slices.Contains(domains, table.Domain) {
				domains = append(domains, table.Domain)
			}
		}
		if len(domains) > 0 {
			slices.Sort(domains)
			rules = append(rules, Rule{Layers: []string{layer}, Domains: domains, Write: write})
		}
	}
	return rules
}

func (r Rule) covers(table *contracts.Contract) bool {
	return slices.Contains(r.Layers, table.Layer) && (len(r.Domains) == 0 || slices.Contains(r.Domains, table.Domain))
}

// reads says whether the rule lets a column of that classification be read.
func (r Rule) reads(table *contracts.Contract, classification string) bool {
	return r.covers(table) && (len(r.Classifications) == 0 || slices.Contains(r.Classifications, classification))
}

// Filtered says whether the rows of the table can be distinguished by country.
func Filtered(table *contracts.Contract) bool {
	_, ok := table.Column(countryColumn)
	return ok
}

// RowFilter is the condition on a row of these countries, in the language of Lake Formation's data cells filters
// ("PartiQL support in row filter expressions" in its developer guide: composite expressions are in brackets). A row
// whose country no table of names knows may be of theirs, so they see it, too: left out it would be missing in all
// their sums, and nobody of them could tell. The column says null for it, so a query can leave it out.
func RowFilter(countries []string) string {
	quoted := make([]string, 0, len(countries))
	for _, country := range countries {
		quoted = append(quoted, "'"+country+"'")
	}
	slices.Sort(quoted)
	return fmt.Sprintf("(%s IN (%s)) OR (%[1]s IS NULL)", countryColumn, strings.Join(slices.Compact(quoted), ", "))
}

// FilterName names the data cells filter of these countries; a table has one for each set of countries.
func FilterName(countries []string) string {
	sorted := slices.Clone(countries)
	slices.Sort(sorted)
	return strings.ToLower("country-" + strings.Join(slices.Compact(sorted), "-"))
}

// ReadableColumns are the columns of the table that the principal's rules let it read, by name.
func (p Principal) ReadableColumns(table *contracts.Contract) []string {
	if len(p.Countries) > 0 && !Filtered(table) {
		return nil
	}
	var columns []string
	for column, classification := range table.ColumnTags() {
		if slices.ContainsFunc(p.Rules, func(r Rule) bool { return r.reads(table, classification) }) {
			columns = append(columns, column)
		}
	}
	slices.Sort(columns)
	return columns
}

// Writes says whether the principal's rules let it write the table.
func (p Principal) Writes(table *contracts.Contract) bool {
	return slices.ContainsFunc(p.Rules, func(r Rule) bool { return r.Write && r.covers(table) })
}

var rolePattern = regexp.MustCompile(`^arn:aws[a-z-]*:iam::[0-9]{12}:role/(?:.*/)?([^/]+)$`)

// RoleName is the last part of a role's ARN.
func RoleName(arn string) (string, error) {
	match := rolePattern.FindStringSubmatch(arn)
	if match == nil {
		return "", fmt.Errorf("%q is not the ARN of a role", arn)
	}
	return match[1], nil
}

// Expression is the LF-tag expression of the rule: one of the values of every key.
func (r Rule) Expression() map[string][]string {
	expression := map[string][]string{TagLayer: r.Layers}
	if len(r.Domains) > 0 {
		expression[TagDomain] = r.Domains
	}
	if len(r.Classifications) > 0 {
		expression[TagClassification] = r.Classifications
	}
	return expression
}

// Permissions on the tables that the rule covers. Writers alter: an Iceberg commit is a change of the table.
func (r Rule) Permissions() []string {
	if r.Write {
		return []string{"ALTER", "DELETE", "DESCRIBE", permissionInsert, permissionSelect}
	}
	return []string{"DESCRIBE", permissionSelect}
}
