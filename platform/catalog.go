package platform

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components"
	"dataplatform/contracts"
)

// catalog is the Glue catalog: databases and tables, the registry of schemas, and the crawler that looks at unknown
// feeds.
type catalog struct {
	*components.Catalog
	grantees []components.Grantee
	widgets  []components.WidgetRow
}

func newCatalog(ctx *pulumi.Context, f foundation) (catalog, error) {
	var encrypted []pulumi.Resource
	if f.keys.catalog != nil {
		var stored []pulumi.Resource
		for _, name := range f.stored() {
			stored = append(stored, f.layers[name].Ready...)
		}
		setting, err := f.keys.catalog.Encrypt(ctx, stored)
		if err != nil {
			return catalog{}, err
		}
		encrypted = append(encrypted, setting)
	}
	tables, err := components.NewCatalog(ctx, "catalog", &components.CatalogArgs{
		Prefix: f.settings.Prefix, Contracts: f.contracts, Layers: f.layers, Views: f.savedViews(), After: encrypted,
		Since: f.settings.Since(), Retain: f.retain(),
	}, f.part("catalog"))
	if err != nil {
		return catalog{}, err
	}
	registry, err := components.NewRegistry(ctx, "schemas", &components.RegistryArgs{
		RegistryName: f.settings.Prefix, Schemas: f.schemas, Build: f.functionBuild(),
	}, f.part("catalog"))
	if err != nil {
		return catalog{}, err
	}
	crawler, err := components.NewCrawler(ctx, "discovery", &components.CrawlerArgs{
		Raw: f.layers[contracts.LayerRaw], DatabaseName: tables.DatabaseNames[contracts.LayerRaw],
		DatabaseARN: tables.DatabaseARNs[contracts.LayerRaw],
	}, f.part("catalog"))
	if err != nil {
		return catalog{}, err
	}
	return catalog{
		Catalog: tables,
		grantees: []components.Grantee{
			{Name: "discovery", ARN: crawler.RoleARN, Creates: []string{contracts.LayerRaw}},
		},
		widgets: registry.Widgets,
	}, nil
}

// savedViews are the views of what the stack has.
func (p plan) savedViews() []components.View {
	var saved []components.View
	for _, view := range p.views {
		made := components.View{
			Layer: view.Layer(), Name: view.Name, Description: view.Description, SQL: view.SQL(p.databases()),
			Classification: view.Classification(p.contracts),
		}
		for _, column := range view.Shape {
			made.Columns = append(made.Columns, components.ViewColumn(column))
		}
		saved = append(saved, made)
	}
	return saved
}
