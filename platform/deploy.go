// Package platform is the data platform as one Pulumi program. Deploy reads as its architecture, from the keys at the bottom to what
// analysts consume; the package settings says what may differ between stacks, outputs.go what they get.
package platform

import (
	"errors"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"

	"dataplatform/analytics/sql"
	"dataplatform/components"
	"dataplatform/components/warehouse"
	"dataplatform/contracts"
	"dataplatform/contracts/released"
	"dataplatform/platform/settings"
)

// Deploy is the program. Everything that can be refused is refused before the first resource is registered.
func Deploy(ctx *pulumi.Context) error {
	d, err := compose(ctx)
	if err != nil {
		return err
	}
	for name, value := range d.outputs().fields() {
		ctx.Export(name, value)
	}
	return nil
}

// compose registers the platform, from the bottom to the top.
func compose(ctx *pulumi.Context) (*deployment, error) {
	d, err := load(ctx)
	if err != nil {
		return nil, err
	}
	for _, part := range []struct {
		name    string
		compose func() error
	}{
		{"provider", d.newProvider},
		{"keys", d.newKeys},
		{"alarms", d.newAlarms},
		{"spending", d.newSpending},
		{"storage", d.newStorage},
		{"audit", d.newAudit},
		{"catalog", d.newCatalog},
		{"ledger", d.newLedger},
		{"clickstream", d.newClickstream},
		{"landing", d.newLanding},
		{"assets", d.newAssets},
		{"jobs", d.newJobs},
		{"tables", d.newTables},
		{"pipelines", d.newPipelines},
		{"maintenance", d.newMaintenance},
		{"erasure", d.newErasure},
		{"features", d.newFeatures},
		{"report reader", d.newReportReader},
		{"warehouse reader", d.newWarehouseReader},
		{"governance", d.newGovernance},
		{"shapes", d.newShapes},
		{"feature store", d.newFeatureStore},
		{"analytics", d.newAnalytics},
		{"reports", d.newReports},
		{"warehouse", d.newWarehouse},
		{"recommendations", d.newRecommendations},
		{"dashboard", d.newDashboard},
	} {
		if err := part.compose(); err != nil {
			return nil, fmt.Errorf("%s: %w", part.name, err)
		}
	}
	return d, nil
}

// deployment holds what later parts need of earlier ones.
type deployment struct {
	ctx       *pulumi.Context
	settings  settings.Settings
	contracts *contracts.Set
	schemas   []contracts.Schema
	queries   []sql.Query
	views     []sql.View
	where     location
	provider  *aws.Provider

	keys        keys
	alarms      *components.Alarms
	layers      map[string]*components.Layer
	logs        *components.Logs
	catalog     *components.Catalog
	clickstream *components.Clickstream
	ledger      *components.Ledger
	landing     *components.Landing
	assets      *components.Assets
	runtime     *components.JobRuntime
	tables      *components.Function
	tablesJob   *components.Job
	jobs        map[string]*components.Job // those that no pipeline has, by stage
	admins      []string                   // of the lake
	grantees    []components.Grantee       // the jobs that read the catalog, as they are made
	governance  *components.Governance
	principals  map[string]principal
	pipelines   map[string]*components.Pipeline
	schedules   map[string]*components.Schedule
	analytics   map[string]*components.Analytics // by kind of people
	reporter    *components.Analytics            // of QuickSight; nil without it
	// of Redshift; nil without it
	warehouseReader *warehouse.Reader
	// nil without recommendations
	recommendations *components.Recommendations
	dashboard       *components.Dashboard

	rows []components.Row // of the dashboard, in the order data flows
}

// load reads settings and contracts, and looks for what will be uploaded.
func load(ctx *pulumi.Context) (*deployment, error) {
	stack, err := loadSettings(ctx)
	set, contractsErr := stack.Contracts()
	queries, queriesErr := sql.All()
	views, viewsErr := sql.Views()
	if err := errors.Join(err, contractsErr, queriesErr, viewsErr); err != nil {
		return nil, err
	}
	if err := errors.Join(append(stack.ContractProblems(set), missingFiles(stack)...)...); err != nil {
		return nil, err
	}
	schemas, err := contracts.Schemas(set, released.Files)
	if err != nil {
		return nil, err
	}
	return &deployment{ctx: ctx, jobs: map[string]*components.Job{}, settings: stack, contracts: set, schemas: schemas, queries: queries, views: views}, nil
}

// loadSettings reads and checks the stack's settings. The error lists every problem.
func loadSettings(ctx *pulumi.Context) (settings.Settings, error) {
	if err := settings.CheckReadings(settings.File("", ctx.Stack())); err != nil {
		return settings.Settings{}, err
	}
	text, err := config.Try(ctx, settings.Key)
	if err != nil {
		return settings.Settings{}, fmt.Errorf("%s is not set in Pulumi.%s.yaml: %w", settings.Key, ctx.Stack(), err)
	}
	return settings.Load([]byte(text), ctx.Project(), ctx.Stack())
}

// retain says whether data outlives the stack.
func (d *deployment) retain() bool { return !d.settings.DisposableData }

// metricsNamespace is where the functions' own metrics go.
func (d *deployment) metricsNamespace() string { return "dataplatform/" + d.settings.Prefix }

// show puts a component's rows on the dashboard.
func (d *deployment) show(rows []components.Row) { d.rows = append(d.rows, rows...) }

// functionBuild is what all functions share.
func (d *deployment) functionBuild() components.FunctionBuild {
	return components.FunctionBuild{
		ArchiveDirectory: d.settings.FunctionsDirectory(), Architecture: d.settings.FunctionArchitecture(), AccountID: d.where.account,
		LogRetentionDays: d.settings.LogRetentionDays, LogKeyARN: d.keys.operations.ARN, TopicARN: d.alarms.TopicARN,
	}
}

func (d *deployment) newDashboard() (err error) {
	d.dashboard, err = components.NewDashboard(d.ctx, "platform", &components.DashboardArgs{
		DashboardName: d.settings.Prefix, Region: d.settings.Region, Rows: slices.Concat(d.rows, d.alarms.Rows),
	}, d.part("dashboard"))
	return err
}
