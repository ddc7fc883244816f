package components_test

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"

	"dataplatform/components"
	"dataplatform/internal/pulumitest"
)

func TestNamedQueries(t *testing.T) {
	rec := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		_, err := components.NewQueries(ctx, "queries",
			&components.QueriesArgs{WorkgroupName: pulumi.String("analysts"), Queries: []components.NamedQuery{
				{
					Name: "sessions", Description: "Visits by day.", SQL: "SELECT 1 FROM shop.sessions",
					Database: pulumi.String("shop"),
				},
				{
					Name: "sales", Description: "Sales by hour.", SQL: "SELECT 2 FROM shop.sales",
					Database: pulumi.String("shop"),
				},
			}})
		return err
	})
	rec.AssertNoOrphans(t)
	assert.Len(t, rec.OfType("aws:athena/namedQuery:NamedQuery"), 2)
	query := rec.One(t, "aws:athena/namedQuery:NamedQuery", "queries-sessions")
	for key, want := range map[string]string{
		"name": "sessions", "description": "Visits by day.", "query": "SELECT 1 FROM shop.sessions", "database": "shop",
		"workgroup": "analysts",
	} {
		assert.Equal(t, want, query.String(t, key))
	}
}

func TestNewQueriesRejects(t *testing.T) {
	good := components.NamedQuery{Name: "a", SQL: "SELECT 1", Database: pulumi.String("shop")}
	long, wordy := good, good
	long.SQL, wordy.Description = strings.Repeat("x", 262145), strings.Repeat("x", 1025)
	with := func(queries ...components.NamedQuery) *components.QueriesArgs {
		return &components.QueriesArgs{WorkgroupName: pulumi.String("analysts"), Queries: queries}
	}
	for want, args := range map[string]*components.QueriesArgs{
		"args are required":                                      nil,
		"WorkgroupName is required":                              {Queries: []components.NamedQuery{good}},
		"Queries are required":                                   with(),
		"Queries[0]: want Name, SQL and Database":                with(components.NamedQuery{Name: "a"}),
		`Queries[1]: the name "a" is given twice`:                with(good, good),
		"Queries[0]: SQL is longer than 262144 bytes":            with(long),
		"Queries[0]: Description is longer than 1024 characters": with(wordy),
	} {
		rejects(t, want, func(ctx *pulumi.Context) error {
			_, err := components.NewQueries(ctx, "queries", args)
			return err
		})
	}
}
