// Package platform is the data platform as one Pulumi program. Deploy reads as its architecture, from the keys at the
// bottom to what analysts consume; the package settings says what may differ between stacks, outputs.go what they get.
package platform

import (
	"fmt"
	"io/fs"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components"
	"dataplatform/contracts/released"
)

// Deploy is the program. Everything that can be refused is refused before the first resource is registered.
func Deploy(ctx *pulumi.Context) error {
	outputs, err := compose(ctx, released.Files)
	if err != nil {
		return err
	}
	for name, value := range outputs.fields() {
		ctx.Export(name, value)
	}
	return nil
}

// compose plans the platform and registers it.
func compose(ctx *pulumi.Context, releases fs.FS) (Outputs, error) {
	plan, err := newPlan(ctx, releases)
	if err != nil {
		return Outputs{}, err
	}
	return plan.compose(ctx)
}

// compose registers what is planned, from the bottom to the top. A part is a function of the parts below it: what it
// returns, the next may be made with. Who reads the catalog and what the dashboard shows is said by each part, and
// joined here.
func (plan plan) compose(ctx *pulumi.Context) (Outputs, error) {
	foundation, err := newFoundation(ctx, plan)
	if err != nil {
		return Outputs{}, fmt.Errorf("foundation: %w", err)
	}
	catalog, err := newCatalog(ctx, foundation)
	if err != nil {
		return Outputs{}, fmt.Errorf("catalog: %w", err)
	}
	ingestion, err := newIngestion(ctx, foundation)
	if err != nil {
		return Outputs{}, fmt.Errorf("ingestion: %w", err)
	}
	processing, err := newProcessing(ctx, foundation, catalog, ingestion)
	if err != nil {
		return Outputs{}, fmt.Errorf("processing: %w", err)
	}
	services, err := newServices(ctx, foundation, catalog)
	if err != nil {
		return Outputs{}, fmt.Errorf("services: %w", err)
	}
	grantees := slices.Concat(catalog.grantees, processing.grantees, services.grantees)
	governance, err := newGovernance(ctx, foundation, catalog, ingestion.ledger, processing.tables, grantees)
	if err != nil {
		return Outputs{}, fmt.Errorf("governance: %w", err)
	}
	consumption, err := newConsumption(ctx, foundation, catalog, services, governance)
	if err != nil {
		return Outputs{}, fmt.Errorf("consumption: %w", err)
	}
	recommendations, err := newRecommendations(ctx, foundation, catalog, ingestion.ledger, processing.training,
		governance)
	if err != nil {
		return Outputs{}, fmt.Errorf("recommendations: %w", err)
	}
	security, err := newSecurityEvents(ctx, foundation, processing.erasure, governance)
	if err != nil {
		return Outputs{}, fmt.Errorf("security events: %w", err)
	}
	dashboard, err := newDashboard(ctx, foundation,
		slices.Concat(catalog.widgets, ingestion.widgets, processing.widgets, governance.widgets,
			recommendations.widgets, security.Widgets, foundation.alarms.Widgets))
	if err != nil {
		return Outputs{}, fmt.Errorf("dashboard: %w", err)
	}
	return platform{foundation, catalog, ingestion, processing, governance, consumption, recommendations,
		dashboard}.outputs(), nil
}

// platform is all of it.
type platform struct {
	foundation
	catalog         catalog
	ingestion       ingestion
	processing      processing
	governance      governed
	consumption     consumption
	recommendations recommendations
	dashboard       *components.Dashboard
}

// newDashboard shows the rows in the order data flows.
func newDashboard(ctx *pulumi.Context, f foundation, widgets []components.WidgetRow) (*components.Dashboard, error) {
	return components.NewDashboard(ctx, "platform", &components.DashboardArgs{
		DashboardName: f.settings.Prefix, Region: f.settings.Region, Widgets: widgets,
	}, f.part("dashboard"))
}
