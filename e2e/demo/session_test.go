package demo

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
	"dataplatform/e2e/load"
	"dataplatform/operations/verify"
)

const someOrders = `InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
536365,85123A,HOLDER,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom
`

// folder is a new folder with one CSV file.
func folder(t *testing.T, content string) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "some.csv"), []byte(content), 0o600))
	return dir
}

func TestProductsAndCustomersComeWithSales(t *testing.T) {
	for name, options := range map[string]Options{
		"generated": {Seed: 1, Lines: minimumLines}, "derived from order files": {Sales: folder(t, someOrders)},
	} {
		input, expected, err := (&Session{options: options}).files()
		require.NoError(t, err, name)
		assert.Subset(t, slices.Collect(maps.Keys(input)), []string{"customers", "products", "sales"}, name)
		for _, dataset := range []string{"customers", "products"} {
			assert.Positive(t, expected[dataset].Processed, "%s: %s", name, dataset)
		}
	}
}

// Whoever adds a dataset brings samples of it, or nobody's demo says anything of it.
func TestEveryDatasetGetsFiles(t *testing.T) {
	set, err := contracts.Load()
	require.NoError(t, err)
	input, _, err := (&Session{options: Options{Lines: minimumLines}}).files()
	require.NoError(t, err)
	for _, pipeline := range set.Pipelines() {
		if pipeline.Landing {
			assert.NotEmpty(t, input[pipeline.Name],
				"%s has no samples; they go to contracts/samples/%s", pipeline.Name, pipeline.Name)
		}
	}
}

func TestADatasetWithoutFilesIsIdle(t *testing.T) {
	set, err := contracts.Load()
	require.NoError(t, err)
	session := &Session{Ledger: &load.Ledger{Files: []load.File{{Dataset: "sales"}, {Dataset: "products"}}}}
	idle := session.idle(set)
	assert.Contains(t, idle, "customers")
	assert.NotContains(t, idle, "sales")
	assert.Equal(t, []string{"raw.customers", "processed.customers", "curated.customer_groups",
		"curated.customers_current"},
		tablesOf(set, []string{"customers"}))
}

func TestAFolderTakesTheGeneratorsPlace(t *testing.T) {
	catalog := folder(t, "ProductID,Title,Category,Price,Currency,UpdatedAt\n1,MUG,,,,2025-01-01T00:00:00Z\n")
	input, expected, err :=
		(&Session{options: Options{Lines: minimumLines, Files: map[string]string{"products": catalog}}}).files()
	require.NoError(t, err)
	require.Len(t, input["products"], 1)
	assert.Equal(t, "some.csv", input["products"][0].Name)
	assert.NotContains(t, expected, "products", "nobody knows what is in it")
	assert.Contains(t, expected, "customers")
}

func TestWhatIsLookedUpIsProcessedFirst(t *testing.T) {
	ledger := &load.Ledger{}
	for _, dataset := range []string{"sales", "customers", "another", "products"} {
		ledger.Files = append(ledger.Files, load.File{Dataset: dataset})
	}
	lookups, independent, dependents, err := (&Session{Ledger: ledger}).inOrder()
	require.NoError(t, err)
	assert.Equal(t, []string{"products"}, lookups)
	assert.Equal(t, []string{"another", "customers"}, independent)
	assert.Equal(t, []string{"sales"}, dependents)

	of := func(dataset string) *contracts.Contract { return &contracts.Contract{Dataset: dataset} }
	lookups, _, dependents = inOrder([]contracts.Pipeline{
		{Name: "a", References: []*contracts.Contract{of("b")}},
		{Name: "b", References: []*contracts.Contract{of("c")}},
		{Name: "c"},
	}, []string{"a", "b", "c"})
	assert.Equal(t, []string{"c", "b"}, lookups)
	assert.Equal(t, []string{"a"}, dependents)
}

func TestWhatStaysOfCanariesIsExpected(t *testing.T) {
	generated := load.Expected{Received: 3, Processed: 2, Quarantined: 1, Reasons: map[string]int{"wrong_header": 1}}
	ledger := &load.Ledger{Expected: map[string]load.Expected{"sales": generated}}
	expect(ledger, []verify.Record{
		{Dataset: "assets", Identity: "assets/a.png?versionId=1"},
		{Dataset: "sales", Identity: "digest:0", Reason: "wrong_header"},
	})
	assert.Equal(t, &load.Ledger{
		Assets: []load.Asset{{Identity: "assets/a.png?versionId=1"}},
		Lines:  []load.Line{{Dataset: "sales", Identity: "digest:0"}},
		Expected: map[string]load.Expected{
			"sales": {Received: 4, Processed: 2, Quarantined: 2, Reasons: map[string]int{"wrong_header": 2}},
		},
	}, ledger)
}
