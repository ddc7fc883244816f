package components

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/athena"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const queriesType = "dataplatform:analytics:Queries"

// Longest description and statement of a named query (Athena API, CreateNamedQuery), in characters and bytes.
const (
	maxQueryDescription = 1024
	maxQueryBytes       = 262144
)

// NamedQuery is one query that analysts find in their workgroup.
type NamedQuery struct {
	// Name is what analysts see; Description says what the query answers.
	Name, Description string
	// SQL names its tables with their databases.
	SQL string
	// Database the query opens in.
	Database pulumi.StringInput
}

// QueriesArgs configures Queries.
type QueriesArgs struct {
	// WorkgroupName of the analysts. Required.
	WorkgroupName pulumi.StringInput
	// Queries have distinct names. Required.
	Queries []NamedQuery
}

func (args *QueriesArgs) validate() error {
	if args == nil {
		return errNoArgs
	}
	var c checks
	c.input("WorkgroupName", args.WorkgroupName)
	c.that(len(args.Queries) > 0, "Queries are required")
	seen := map[string]bool{}
	for i, query := range args.Queries {
		c.that(query.Name != "" && query.SQL != "" && query.Database != nil,
			"Queries[%d]: want Name, SQL and Database", i)
		c.that(!seen[query.Name], "Queries[%d]: the name %q is given twice", i, query.Name)
		c.that(len([]rune(query.Description)) <= maxQueryDescription,
			"Queries[%d]: Description is longer than %d characters", i, maxQueryDescription)
		c.that(len(query.SQL) <= maxQueryBytes, "Queries[%d]: SQL is longer than %d bytes", i, maxQueryBytes)
		seen[query.Name] = true
	}
	return c.err()
}

// Queries are named queries of Athena: a start for analysts, in the workgroup they use.
type Queries struct {
	pulumi.ResourceState
}

// NewQueries registers Queries named name.
func NewQueries(ctx *pulumi.Context, name string, args *QueriesArgs, opts ...pulumi.ResourceOption) (*Queries, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("queries %q: %w", name, err)
	}
	queries := &Queries{}
	if err := ctx.RegisterComponentResourceV2(queriesType, name, pulumi.Map{"workgroupName": args.WorkgroupName},
		queries, opts...); err != nil {
		return nil, fmt.Errorf("queries %q: %w", name, err)
	}
	for _, query := range args.Queries {
		if _, err := athena.NewNamedQuery(ctx, name+"-"+query.Name, &athena.NamedQueryArgs{
			Name: pulumi.String(query.Name), Description: pulumi.String(query.Description),
			Query: pulumi.String(query.SQL), Database: query.Database, Workgroup: args.WorkgroupName,
		}, pulumi.Parent(queries)); err != nil {
			return nil, fmt.Errorf("queries %q: %s: %w", name, query.Name, err)
		}
	}
	return queries, ctx.RegisterResourceOutputs(queries, pulumi.Map{})
}
