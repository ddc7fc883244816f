package platform

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"

	"dataplatform/analytics/sql"
	"dataplatform/contracts"
	"dataplatform/platform/settings"
)

// plan is what a stack will be: its settings, and the contracts and queries that go with them.
type plan struct {
	settings  settings.Settings
	contracts *contracts.Set
	schemas   []contracts.Schema
	queries   []sql.Query
	views     []sql.View
}

// newPlan reads settings and contracts, and looks for what will be uploaded. Releases are the released versions of
// contracts: one that is deployed is among them, unchanged, and breaks no reader of the one before it.
func newPlan(ctx *pulumi.Context, releases fs.FS) (plan, error) {
	given, err := loadSettings(ctx)
	set, contractsErr := given.Contracts()
	queries, queriesErr := sql.All()
	views, viewsErr := sql.Views()
	if err := errors.Join(err, contractsErr, queriesErr, viewsErr); err != nil {
		return plan{}, err
	}
	problems := slices.Concat(given.ContractProblems(set), missingFiles(given), []error{checkReleases(releases)})
	if err := errors.Join(problems...); err != nil {
		return plan{}, err
	}
	schemas, err := contracts.Schemas(set, releases)
	if err != nil {
		return plan{}, err
	}
	return plan{settings: given, contracts: set, schemas: schemas, queries: queries, views: views}, nil
}

// checkReleases holds every contract that there is against the released versions: these know nothing of settings.
func checkReleases(releases fs.FS) error {
	all, err := contracts.LoadWithFeatures()
	if err != nil {
		return err
	}
	if err := contracts.CheckReleases(all, releases); err != nil {
		return fmt.Errorf("%w\ngo run ./cmd/release-contracts releases what may follow, and corrects what is not merged",
			err)
	}
	return nil
}

// loadSettings reads and checks the stack's settings. The error lists every problem.
func loadSettings(ctx *pulumi.Context) (settings.Settings, error) {
	text, err := config.Try(ctx, settings.Key)
	if err != nil {
		return settings.Settings{}, fmt.Errorf("%s is not set in Pulumi.%s.yaml: %w", settings.Key, ctx.Stack(), err)
	}
	return settings.Load("", []byte(text), ctx.Project(), ctx.Stack())
}

// retain says whether data outlives the stack.
func (p plan) retain() bool { return !p.settings.DisposableData }

// metricsNamespace is where the functions' own metrics go.
func (p plan) metricsNamespace() string { return "dataplatform/" + p.settings.Prefix }

// databases are the Glue databases' names by layer, known before they exist.
func (p plan) databases() map[string]string {
	names := map[string]string{}
	for _, layer := range p.contracts.Layers() {
		names[layer] = p.settings.Prefix + "_" + layer
	}
	return names
}

// icebergTables are the datasets of a layer that are Iceberg tables.
func (p plan) icebergTables(layer string) []string { return iceberg(p.contracts.Layer(layer)...) }
