package contracts

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func rule(t *testing.T, c *Contract, name string) QualityRule {
	t.Helper()
	for _, r := range c.Quality {
		if r.Name == name {
			r.implied = false
			return r
		}
	}
	require.Failf(t, "no rule", "%s of %s", name, c.ID)
	return QualityRule{}
}

func TestQualityRules(t *testing.T) {
	sales := get(t, real(t), "processed.sales")
	one, seven := 1.0, 7.0
	tests := map[string]QualityRule{
		"primary_key_unique": {Kind: RuleUnique, Columns: []string{"line_key"}, Severity: "error"},
		"quantity_not_null":  {Kind: RuleNotNull, Columns: []string{"quantity"}, Severity: "error"},
		"line_number_min":    {Kind: RuleMin, Columns: []string{"line_number"}, Severity: "error", Limit: &one},
		"day_of_week_max":    {Kind: RuleMax, Columns: []string{"day_of_week"}, Severity: "error", Limit: &seven},
		"country_code_pattern": {
			Kind: RulePattern, Columns: []string{"country_code"}, Severity: "error", Pattern: "^[A-Z]{2}$",
		},
		"invoice_no_min_length": {Kind: RuleExpression, Columns: []string{"invoice_no"}, Severity: "error",
			Expression: "length(invoice_no) >= 1"},
		"line_type_known": {Kind: RuleEnum, Columns: []string{"line_type"}, Severity: "error",
			Values: []string{"sale", "return", "adjustment", "fee", "void"}},
		"total_is_product": {Kind: RuleExpression, Columns: []string{}, Severity: "error",
			Description: "line_total is quantity times unit price.", Expression: "line_total = quantity * unit_price"},
	}
	for name, want := range tests {
		t.Run(name, func(t *testing.T) {
			want.Name = name
			assert.Equal(t, want, rule(t, sales, name))
		})
	}
}

func TestExplicitLibraryRules(t *testing.T) {
	const file = "processed/sales.odcs.yaml"
	set, err := LoadFS(files(t,
		edit{file,
			"description: Product name, trimmed; null when the source has none.\n        classification: internal\n",
			"description: Product name.\n        classification: internal\n        quality:\n" +
				"          - name: description_present\n            metric: nullValues\n            mustBe: 0\n            severity: warning\n" +
				"          - name: description_printable\n            type: library\n            metric: invalidValues\n            arguments:\n              pattern: '^[ -~]*$'\n            mustBe: 0\n            severity: warning\n" +
				"          - name: description_trimmed\n            type: sql\n            query: SELECT COUNT(*) FROM {object} WHERE NOT ({property} = trim({property}))\n            mustBe: 0\n            severity: error\n"},
		edit{file, "      - name: total_is_product\n",
			"      - name: place_unique\n        metric: duplicateValues\n        arguments:\n          properties: [file_digest, line_number]\n        mustBe: 0\n        severity: error\n      - name: total_is_product\n"},
	))
	require.NoError(t, err)
	sales := get(t, set, "processed.sales")
	assert.Equal(t,
		QualityRule{
			Name: "description_present", Kind: RuleNotNull, Columns: []string{"description"}, Severity: "warning",
		},
		rule(t, sales, "description_present"))
	assert.Equal(t, "^[ -~]*$", rule(t, sales, "description_printable").Pattern)
	assert.Equal(t, "description = trim(description)", rule(t, sales, "description_trimmed").Expression)
	assert.Equal(t, []string{"file_digest", "line_number"}, rule(t, sales, "place_unique").Columns)
}

func TestRedeliveredRowsBreakNoRule(t *testing.T) {
	for _, r := range get(t, real(t), "processed.clicks").Quality {
		assert.NotEqual(t, RuleUnique, r.Kind, "objects are delivered at least once: %s", r.Name)
	}
}

func TestRulesAreSQLForAllEngines(t *testing.T) {
	for give, want := range map[string][]string{
		"event_date = CAST(invoice_time AS DATE) AND NOT (quantity IN (1, 2))": nil,
		"lower(customer_id) <> 'to_date(' OR unit_price BETWEEN (0) AND (1)":   nil,
		"event_date = to_date(invoice_time)":                                   {"to_date"},
		"customer_id rlike '^[0-9]+$' AND Size (invoice_no) > 1":               {"rlike", "size"},
		"unit_price::date IS NULL OR quantity <=> 1":                           {"::", "<=>"},
	} {
		assert.Equal(t, want, unshared(give), give)
	}
}

func TestUnknownNames(t *testing.T) {
	sales := get(t, real(t), "processed.sales")
	tests := map[string][]string{
		"line_total = quantity * unit_price":                    nil,
		"line_type <> 'adjustment' OR unit_price = 0":           nil,
		"customer_id = 'it''s guest' AND NOT is_return":         nil,
		"upper(country_code) = country_code":                    nil,
		"line_sum = quantity * price":                           {"line_sum", "price"},
		"invoice_time >= timestamp '2010-01-01' AND when_paid ": {"when_paid"},
	}
	for give, want := range tests {
		assert.Equal(t, want, unknownNames(give, sales), give)
	}
}
