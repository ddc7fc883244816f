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

// ssoPath begins the path of roles that IAM Identity Center makes. Nobody but AWS changes them: a permission set attaches the
// policy of its kind by the policy's name (IAM Identity Center User Guide, "Referencing permission sets").
const ssoPath = "role/aws-reserved/"

// readers are people of one kind, who see the same tables, columns and rows.
type readers struct {
	governance.Principal
	roles []string // the names of those of this account that a policy can be attached to
}

// kinds are the readers by kind, those without a role too.
func (d *deployment) kinds() map[string]*readers {
	found := map[string]*readers{}
	for name, rules := range map[string][]governance.Rule{
		settings.KindAnalysts: governance.Analysts(), settings.KindDataScientists: governance.DataScientists(d.settings.MoreLayers()...), settings.KindEngineers: governance.Engineers(d.settings.MoreLayers()...),
	} {
		found[name] = &readers{Principal: governance.Principal{Name: name, Rules: rules}}
	}
	for _, person := range d.settings.People() {
		kind := found[person.Kind]
		if kind == nil {
			kind = &readers{Principal: governance.Principal{Name: person.Kind, Rules: person.Rules, Countries: person.Countries}}
			found[person.Kind] = kind
		}
		if strings.Contains(person.ARN, ":"+d.where.account+":") && !strings.Contains(person.ARN, ssoPath) {
			kind.roles = append(kind.roles, person.ARN[strings.LastIndex(person.ARN, "/")+1:])
		}
	}
	return found
}

// newAnalytics makes a workgroup for each kind of people, with the queries that they can run.
func (d *deployment) newAnalytics() error {
	d.analytics = map[string]*components.Analytics{}
	kinds := d.kinds()
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		if err := d.newReaders(kinds[kind]); err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
	}
	return nil
}

func (d *deployment) newReaders(who *readers) error {
	var databases []pulumi.StringInput
	for _, layer := range d.contracts.Layers() {
		if slices.ContainsFunc(d.contracts.Layer(layer), func(c *contracts.Contract) bool { return len(who.ReadableColumns(c)) > 0 }) {
			databases = append(databases, d.catalog.DatabaseARNs[layer])
		}
	}
	analytics, err := components.NewAnalytics(d.ctx, who.Name, &components.AnalyticsArgs{
		Results: d.layers[settings.LayerArtifacts], ScanLimitBytes: d.settings.Analytics.ScanLimitBytes,
		PolicyName: d.settings.Prefix + "-" + who.Name, DataCatalogARN: d.arn("athena", "datacatalog/AwsDataCatalog"),
		DatabaseARNs: databases, Readers: who.roles,
	}, d.part("analytics"))
	if err != nil {
		return err
	}
	d.analytics[who.Name] = analytics
	var named []components.NamedQuery
	for _, query := range d.queries {
		if !query.RunsFor(who.Principal, d.contracts) {
			continue
		}
		layer, _, _ := strings.Cut(query.Tables()[0], ".")
		named = append(named, components.NamedQuery{
			Name: query.Name, Description: query.Description, SQL: query.SQL(d.databases()), Database: d.catalog.DatabaseNames[layer],
		})
	}
	if len(named) == 0 {
		return nil
	}
	_, err = components.NewQueries(d.ctx, who.Name+"-queries", &components.QueriesArgs{WorkgroupName: analytics.WorkgroupName, Queries: named}, d.part("analytics"))
	return err
}

// savedViews are the views of what the stack has.
func (d *deployment) savedViews() []components.View {
	var saved []components.View
	for _, view := range d.views {
		made := components.View{
			Layer: view.Layer(), Name: view.Name, Description: view.Description, SQL: view.SQL(d.databases()), Classification: view.Classification(d.contracts),
		}
		for _, column := range view.Shape {
			made.Columns = append(made.Columns, components.ViewColumn(column))
		}
		saved = append(saved, made)
	}
	return saved
}
