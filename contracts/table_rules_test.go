package contracts

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// withRules adds rules to a table's own, which every contract of the model has or lacks at the end of its columns.
func withRules(t *testing.T, rules ...string) (*Set, error) {
	t.Helper()
	const last = "      - name: guest_is_nobody\n"
	var text strings.Builder
	for _, rule := range rules {
		text.WriteString("      - " + strings.ReplaceAll(rule, "\n", "\n        ") + "\n")
	}
	return LoadFS(files(t, edit{processedSales, last, text.String() + last}))
}

func TestRulesOverMoreThanARow(t *testing.T) {
	set, err := withRules(t,
		"name: enough_lines\nmetric: rowCount\nmustBeGreaterOrEqualTo: 10\nseverity: error",
		"name: exactly\nmetric: rowCount\nmustBe: 3\nseverity: warning",
		"name: few_fees\ntype: sql\nquery: SELECT COUNT(*) FROM {object} WHERE NOT (line_type <> 'fee')\nunit: percent\n"+
			"mustBeLessThan: 5\nseverity: error")
	require.NoError(t, err)
	sales := get(t, set, "processed.sales")
	number := func(value float64) *float64 { return &value }
	enough := rule(t, sales, "enough_lines")
	assert.Equal(t, RuleRowCount, enough.Kind)
	assert.Equal(t, &Bounds{AtLeast: number(10)}, enough.Bounds)
	assert.Equal(t, &Bounds{AtLeast: number(3), AtMost: number(3)}, rule(t, sales, "exactly").Bounds)
	few := rule(t, sales, "few_fees")
	assert.Equal(t, RuleExpression, few.Kind)
	assert.Equal(t, &Bounds{Below: number(5), Percent: true}, few.Bounds)
	assert.Equal(t, "< 5 percent", few.Bounds.String())
	for _, change := range Compare(get(t, model(t), "processed.sales"), sales) {
		assert.Equal(t, OperationsChanged, change.Kind)
	}
}

func TestAShareClosesNoValues(t *testing.T) {
	set, err := LoadFS(files(t, edit{processedSales, "        logicalTypeOptions:\n          pattern: '^[A-Z]{2}$'\n",
		"        quality:\n          - {name: mostly_british, metric: invalidValues, arguments: {validValues: [GB]}, " +
			"unit: percent, mustBeLessOrEqualTo: 40, severity: warning}\n" +
			"          - {name: seldom_absent, metric: nullValues, unit: percent, mustBeLessOrEqualTo: 40, severity: error}\n"}))
	require.NoError(t, err)
	sales := get(t, set, "processed.sales")
	column, _ := sales.Column("country_code")
	assert.Empty(t, column.Enum)
	assert.Equal(t, []string{"GB"}, rule(t, sales, "mostly_british").Values)
	assert.Equal(t, RuleNotNull, rule(t, sales, "seldom_absent").Kind)
}

func TestBoundsThatAreRefused(t *testing.T) {
	for want, give := range map[string]string{
		"mustBe: is required and 0":             "name: a\nmetric: duplicateValues\narguments: {properties: [country]}\nmustBe: 3\nseverity: error",
		"mustBe: stands beside another bound":   "name: a\nmetric: rowCount\nmustBe: 3\nmustBeLessThan: 4\nseverity: error",
		"unit: is percent, and rowCount counts": "name: a\nmetric: rowCount\nmustBeLessThan: 4\nunit: percent\nseverity: error",
		`unit: "shares" is not allowed`:         "name: a\nmetric: rowCount\nmustBeLessThan: 4\nunit: shares\nseverity: error",
		"a bound is 101":                        "name: a\nmetric: duplicateValues\narguments: {properties: [country]}\nunit: percent\nmustBeLessThan: 101\nseverity: error",
	} {
		_, err := withRules(t, give)
		assert.ErrorContains(t, err, want)
	}
}

func TestReferences(t *testing.T) {
	const at = "        description: Product code.\n        classification: public\n        required: true\n" +
		"        primaryKey: true\n        primaryKeyPosition: 2\n"
	with := func(to, severity string) (*Set, error) {
		return LoadFS(files(t, edit{"curated/sales_hourly.odcs.yaml", at, at +
			"        relationships:\n          - to: " + to + "\n            customProperties:" +
			" [{property: severity, value: " + severity + "}]\n"}))
	}
	set, err := with("../processed/products.odcs.yaml#/schema/products/properties/product_id", "warning")
	require.NoError(t, err)
	found := rule(t, get(t, set, "curated.sales_hourly"), "stock_code_in_products")
	assert.Equal(t, QualityRule{
		Name: "stock_code_in_products", Kind: RuleReference, Columns: []string{"stock_code"}, Severity: "warning",
		Dataset: "processed.products", To: "product_id",
		Description: "stock_code is a product_id of processed.products.",
	}, found)
	for to, want := range map[string]string{
		"products.product_id": "is not allowed; allowed: such as ../processed/products",
		"../processed/nothing.odcs.yaml#/schema/nothing/properties/id":              "there is no processed.nothing; there are: ",
		"../processed/products.odcs.yaml#/schema/products/properties/product":       "has no column product",
		"../processed/products.odcs.yaml#/schema/product/properties/product_id":     "the schema of processed/products is called products",
		"../processed/clicks.odcs.yaml#/schema/clicks/properties/product_id":        "processed.clicks is parquet, and not a table",
		"products_current.odcs.yaml#/schema/products_current/properties/product_id": "curated.products_current is curated; jobs read",
		"../processed/products.odcs.yaml#/schema/products/properties/price":         "stock_code is string",
	} {
		_, err := with(to, "error")
		assert.ErrorContains(t, err, want)
	}
	_, err = with("../processed/products.odcs.yaml#/schema/products/properties/product_id", "fatal")
	assert.ErrorContains(t, err, `severity: "fatal" is not allowed; allowed: error, warning`)
}

// Relations of columns to others, of a dataset's file; the columns' names stand there once.
func related(file, column, to, severity string) edit {
	at := "      - name: " + column + "\n        logicalType: string\n"
	return edit{file, at, at + "        relationships: [{to: '" + to + "', customProperties: [{property: severity, value: " +
		severity + "}]}]\n"}
}

func TestAnyDatasetOfAJobRefersToProcessedTables(t *testing.T) {
	const (
		products = "../processed/products.odcs.yaml#/schema/products/properties/product_id"
		sales    = "../processed/sales.odcs.yaml#/schema/sales/properties/stock_code"
	)
	set, err := LoadFS(files(t, related(processedSales, "stock_code", products, "error"),
		related("processed/products.odcs.yaml", "category", products, "warning"),
		related("curated/products_current.odcs.yaml", "product_id", sales, "warning")))
	require.NoError(t, err)
	references, lookups := map[string][]string{}, map[string][]string{}
	for _, pipeline := range set.Pipelines() {
		references[pipeline.Name], lookups[pipeline.Name] = ids(pipeline.References), ids(pipeline.Lookups)
	}
	assert.Equal(t, map[string][]string{"clicks": {}, "products": {}, "sales": {"processed.products"}}, references,
		"a table's own rows are nothing that its job has to be given")
	assert.Equal(t, []string{"processed.sales"}, lookups["products"])

	for want, edits := range map[string][]edit{
		"processed.sales refers to this dataset, too": {
			related(processedSales, "stock_code", products, "error"),
			related("processed/products.odcs.yaml", "product_id", sales, "error"),
		},
		"raw has files as they came": {related("raw/sales.odcs.yaml", "StockCode", products, "error")},
		"a function makes the rows of processed.clicks": {
			related("processed/clicks.odcs.yaml", "product_id", products, "error"),
		},
	} {
		_, err := LoadFS(files(t, edits...))
		assert.ErrorContains(t, err, want)
	}
	_, err = LoadFS(files(t, related(processedSales, "stock_code", products, "error"),
		related("processed/products.odcs.yaml", "product_id", sales, "warning")))
	assert.NoError(t, err, "one of the two can be the first")
}
