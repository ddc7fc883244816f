package components

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components/rendering"
	"dataplatform/contracts"
	"dataplatform/governance"
	"dataplatform/policies"
)

const governanceType = "dataplatform:governance:Governance"

// lakeBinary is the function that changes the account's settings and takes the catalog out of IAM's hands.
const lakeBinary = "lake"

var granteePattern = regexp.MustCompile(`^[A-Za-z0-9+=,.@_-]{1,128}$`)

// GovernanceArgs configures Governance.
type GovernanceArgs struct {
	// Partition, AccountID and Region are where the lake is. Required.
	Partition, AccountID, Region string
	// Admins are the ARNs that may grant; who deploys has to be among them. Required.
	Admins []string
	// Contracts that the tags come from. Required.
	Contracts *contracts.Set
	// Catalog holds the databases and tables, Layers their data: one a layer of the contracts. Required.
	Catalog *Catalog
	Layers  map[string]*Layer
	// Grantees in the order in which they are granted what they need.
	Grantees []Grantee
	// MigratedBy is the grantee that gives the tables their columns, and Migrate starts it as soon as it has its
	// grants: of a column that is not there Lake Formation takes neither a tag nor a filter. Without them the columns
	// are there already.
	MigratedBy string
	Migrate    func(granted []pulumi.Resource) (pulumi.Resource, error)
	// LeasesName and LeasesARN are of the table that remembers what was there before, LeasesKeyARN encrypts it.
	// Required.
	LeasesName, LeasesARN, LeasesKeyARN pulumi.StringInput
	// Retain leaves Admins what they are when the stack is destroyed: tables that are kept keep their admins.
	Retain bool
	// Build is what the stack's functions share.
	Build FunctionBuild
}

// Grantee is a role and what it may see.
type Grantee struct {
	// Name is unique: it names the grants. Required.
	Name string
	// ARN of the role. Required.
	ARN   pulumi.StringInput
	Rules []governance.Rule
	// Countries limit the rows, see governance.Principal. With them no rule is granted by tags, because grants add up.
	Countries []string
	// Creates are the layers in which the role makes tables of its own.
	Creates []string
}

// principal is the grantee without its ARN, which nothing in the rules depends on.
func (g Grantee) principal() governance.Principal {
	return governance.Principal{Name: g.Name, Rules: g.Rules, Countries: g.Countries}
}

func (args *GovernanceArgs) migrates(g Grantee) bool { return g.Name == args.MigratedBy }

func (args *GovernanceArgs) validate() error {
	if args == nil {
		return errNoArgs
	}
	var c checks
	c.text("Partition", args.Partition)
	c.text("AccountID", args.AccountID)
	c.text("Region", args.Region)
	c.that(len(args.Admins) > 0, "Admins is required")
	c.that(args.Contracts != nil, "Contracts is required")
	c.that(args.Catalog != nil, "Catalog is required")
	c.input("LeasesName", args.LeasesName)
	c.input("LeasesARN", args.LeasesARN)
	c.input("LeasesKeyARN", args.LeasesKeyARN)
	for _, layer := range layersOf(args.Contracts) {
		c.that(args.Layers[layer] != nil, "Layers[%q] is required", layer)
	}
	c.that((args.MigratedBy == "") == (args.Migrate == nil), "MigratedBy and Migrate: want both or neither")
	c.that(args.MigratedBy == "" || slices.ContainsFunc(args.Grantees, args.migrates),
		"MigratedBy %q: want one of the Grantees", args.MigratedBy)
	seen, filtered := map[string]bool{}, map[string][]governance.Rule{}
	for _, g := range args.Grantees {
		c.that(granteePattern.MatchString(g.Name), "Grantees: name %q: want that of a role", g.Name)
		c.that(!seen[g.Name], "Grantees: name %q is given twice", g.Name)
		seen[g.Name] = true
		c.input("Grantees: ARN of "+g.Name, g.ARN)
		c.that(len(g.Rules)+len(g.Creates) > 0, "Grantees: %s has neither Rules nor Creates", g.Name)
		writes := slices.ContainsFunc(g.Rules, func(r governance.Rule) bool { return r.Write })
		c.that(len(g.Countries) == 0 || !writes && len(g.Creates) == 0,
			"Grantees: %s has Countries and may write: a filter is for reading", g.Name)
		if len(g.Countries) == 0 {
			continue
		}
		filter := governance.FilterName(g.Countries)
		if rules, taken := filtered[filter]; taken {
			c.that(reflect.DeepEqual(rules, g.Rules),
				"Grantees: %s has other Rules than those who share its filter %s", g.Name, filter)
		}
		filtered[filter] = g.Rules
	}
	return c.err()
}

// Governance is Lake Formation's part of the lake: who administers it, where its data is, what tables and columns are
// tagged with, and who is granted what. Everything is done one by one, because the API refuses changes that come too
// fast.
//
// Settings and tags are the account's: in one region of an account one stack can be governed.
type Governance struct {
	pulumi.ResourceState
	// Granted are the grants of each grantee, by name.
	Granted map[string][]pulumi.Resource
	// FunctionRoleARN is the role by which a deployment changes the account's settings.
	FunctionRoleARN pulumi.StringOutput
	// Widgets are the part of the function that closes the catalog on the dashboard.
	Widgets []WidgetRow
}

// governor registers one resource of Lake Formation after the other.
type governor struct {
	*Governance
	ctx  *pulumi.Context
	name string
	args *GovernanceArgs
	last []pulumi.Resource
	// readerARN is of the role by which Lake Formation reads.
	readerARN pulumi.StringInput
}

// NewGovernance registers Governance named name.
func NewGovernance(
	ctx *pulumi.Context, name string, args *GovernanceArgs, opts ...pulumi.ResourceOption,
) (*Governance, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("governance %q: %w", name, err)
	}
	gov := &Governance{Granted: map[string][]pulumi.Resource{}}
	if err := ctx.RegisterComponentResourceV2(governanceType, name, pulumi.Map{
		"contractsHash": pulumi.String(args.Contracts.Hash()), "grantees": pulumi.Int(len(args.Grantees)),
		"retain": pulumi.Bool(args.Retain),
	}, gov, opts...); err != nil {
		return nil, fmt.Errorf("governance %q: %w", name, err)
	}
	g := &governor{Governance: gov, ctx: ctx, name: name, args: args, last: slices.Clone(args.Catalog.Tables)}
	if err := g.newReader(); err != nil {
		return nil, fmt.Errorf("governance %q: reader: %w", name, err)
	}
	lake, err := g.newFunction()
	if err != nil {
		return nil, fmt.Errorf("governance %q: function: %w", name, err)
	}
	gov.FunctionRoleARN, gov.Widgets = lake.RoleARN, lake.Widgets
	for _, step := range []struct {
		what string
		run  func() error
	}{
		{"administrators", func() error { return g.newAdministrators(lake) }},
		{"locations", g.newLocations},
		{"tags", g.newTags},
		{"tagged tables", g.newTagged},
		{"table migration", g.newTableMigration},
		{"tagged columns", g.newTaggedColumns},
		{"grants", g.newGrants},
		{"closing", func() error { return g.newClosing(lake) }},
	} {
		if err := step.run(); err != nil {
			return nil, fmt.Errorf("governance %q: %s: %w", name, step.what, err)
		}
	}
	return gov, ctx.RegisterResourceOutputs(gov, pulumi.Map{})
}

// options make a resource wait for the one before it. Tags and grants are taken away before they are given anew: the
// other way round, taking the old ones away would take the new ones' share along.
func (g *governor) options() []pulumi.ResourceOption {
	return after([]pulumi.ResourceOption{pulumi.Parent(g.Governance), pulumi.DeleteBeforeReplace(true)}, g.last...)
}

// next remembers what the following resource waits for.
func (g *governor) next(resource pulumi.Resource) { g.last = []pulumi.Resource{resource} }

func (g *governor) newFunction() (*Function, error) {
	layers := g.args.Contracts.Layers()
	may := policies.LakeRefs{Databases: make([]policies.LakeDatabase, len(layers))}
	refs := rendering.Refs{&may.LeasesTableARN: g.args.LeasesARN, &may.LeasesKeyARN: g.args.LeasesKeyARN}
	for i, layer := range layers {
		may.Databases[i] = policies.LakeDatabase{Layer: layer}
		refs[&may.Databases[i].ARN] = g.args.Catalog.DatabaseARNs[layer]
	}
	return NewFunction(g.ctx, g.name+"-function", &FunctionArgs{
		Description: "Makes the lake's administrators and takes the catalog out of IAM's hands, in a deployment",
		Binary:      lakeBinary, FunctionBuild: g.args.Build,
		MemoryMB: 128, TimeoutSeconds: 900,
		Refs: refs, Environment: pulumi.StringMap{"LEASES_TABLE": g.args.LeasesName},
		Grants: func() []policies.Statement { return policies.Lake(may) },
	}, pulumi.Parent(g.Governance))
}

// lakeEvent is the event of the function.
type lakeEvent struct {
	Administrators *lakeAdministrators `json:"administrators,omitempty"`
	Catalog        *lakeCatalog        `json:"catalog,omitempty"`
}

type lakeAdministrators struct {
	Admins   []string `json:"admins"`
	Function string   `json:"function"`
	Keep     bool     `json:"keep"`
}

type lakeCatalog struct {
	Admins    []string             `json:"admins"`
	Databases map[string]lakeNames `json:"databases"`
	// Contracts change when a table may be a new one of the same name.
	Contracts string `json:"contracts"`
}

type lakeNames struct {
	Tables []string `json:"tables"`
	Views  []string `json:"views,omitempty"`
}

// names are those of a layer's tables and views.
func (g *governor) names(layer string) lakeNames {
	var names lakeNames
	for _, contract := range g.args.Contracts.Layer(layer) {
		names.Tables = append(names.Tables, contract.Dataset)
	}
	for _, view := range g.args.Catalog.Views {
		if view.Layer == layer {
			names.Views = append(names.Views, view.Name)
		}
	}
	return names
}

// invoke calls the function when the event is new, when it changes, and when the stack is destroyed. The event is made
// when refs are known.
func (g *governor) invoke(name string, lake *Function, refs rendering.Refs, event func() lakeEvent) error {
	input := rendering.Text(refs, func() (string, error) {
		text, err := json.Marshal(event())
		return string(text), err
	})
	invocation, err := lambda.NewInvocation(g.ctx, name, &lambda.InvocationArgs{
		FunctionName: lake.Name, Input: input, LifecycleScope: pulumi.String("CRUD"),
	}, g.options()...)
	if err == nil {
		g.next(invocation)
	}
	return err
}

// newAdministrators lets the function put our administrators into the account's settings and close what new databases
// and tables are given; when the stack is destroyed it takes out and puts back exactly that. The provider has a
// resource for these settings, which replaces those of others and deletes them. The function is an administrator: only
// one revokes what others were granted.
func (g *governor) newAdministrators(lake *Function) error {
	administrators := &lakeAdministrators{Admins: g.args.Admins, Keep: g.args.Retain}
	refs := rendering.Refs{&administrators.Function: lake.RoleARN}
	return g.invoke(g.name+"-administrators", lake, refs,
		func() lakeEvent { return lakeEvent{Administrators: administrators} })
}

// newTableMigration lets the tables get their columns.
func (g *governor) newTableMigration() error {
	if g.args.Migrate == nil {
		return nil
	}
	migrator := g.args.Grantees[slices.IndexFunc(g.args.Grantees, g.args.migrates)]
	if err := g.grantAll(migrator, nil); err != nil {
		return err
	}
	migrated, err := g.args.Migrate(g.Granted[migrator.Name])
	if err == nil {
		g.next(migrated)
	}
	return err
}

// newClosing closes the catalog when everybody has what they need, so that nothing that runs is locked out on the way.
// Who made a table is the only one who may change or drop it then, so every administrator is granted that: who deploys
// next may be another.
func (g *governor) newClosing(lake *Function) error {
	layers, refs := g.args.Contracts.Layers(), rendering.Refs{}
	databases := make([]string, len(layers))
	for i, layer := range layers {
		refs[&databases[i]] = g.args.Catalog.DatabaseNames[layer]
	}
	return g.invoke(g.name, lake, refs, func() lakeEvent {
		catalog := &lakeCatalog{
			Admins: g.args.Admins, Databases: map[string]lakeNames{}, Contracts: g.args.Contracts.Hash(),
		}
		for i, layer := range layers {
			catalog.Databases[databases[i]] = g.names(layer)
		}
		return lakeEvent{Catalog: catalog}
	})
}

// sortedKeys are a map's keys in order, so that a program registers the same every time.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
