package contracts

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	rawClicks       = "raw/clicks.odcs.yaml"
	rawSales        = "raw/sales.odcs.yaml"
	processedSales  = "processed/sales.odcs.yaml"
	curatedSessions = "curated/sessions.odcs.yaml"
)

// newColumn is a column that some edits put before another.
func newColumn(required string) string {
	return "      - name: note\n        logicalType: string\n        physicalType: string\n        description: A note.\n        classification: internal\n" + required
}

func TestCompare(t *testing.T) {
	tests := map[string]struct {
		id    string
		edits []edit
		want  []string // what Change.String says, with "!" in front of breaking ones
	}{
		"nothing": {"processed.sales", nil, nil},
		"only texts": {"processed.sales",
			[]edit{{processedSales, "description: Invoice number; a leading C marks a cancellation.",
				"description: Code."}}, nil},

		// Raw is BACKWARD: the new contract accepts all old data.
		"raw: field removed": {"raw.clicks",
			[]edit{{rawClicks,
				"          - name: search_term\n            logicalType: string\n            physicalType: string\n            description: What the visitor searched for.\n            classification: internal\n            logicalTypeOptions:\n              maxLength: 512\n", ""}},
			[]string{"! payload.search_term: column removed"}},
		"raw: optional field added": {"raw.clicks",
			[]edit{{rawClicks, "          - name: search_term\n",
				"          - name: note\n            logicalType: string\n            physicalType: string\n            description: A note.\n            classification: internal\n          - name: search_term\n"}},
			[]string{"payload.note: optional column added"}},
		"raw: required field added": {"raw.clicks",
			[]edit{{rawClicks, "          - name: search_term\n",
				"          - name: note\n            logicalType: string\n            physicalType: string\n            description: A note.\n            classification: internal\n            required: true\n          - name: search_term\n"}},
			[]string{"! payload.note: required column added"}},
		"raw: enum value added": {"raw.clicks",
			[]edit{{rawClicks, "[GBP, EUR, USD]", "[GBP, EUR, USD, CHF]"}},
			[]string{"payload.currency: enum value added (none -> CHF)"}},
		"raw: enum value removed": {"raw.clicks",
			[]edit{{rawClicks, "[GBP, EUR, USD]", "[GBP, EUR]"}},
			[]string{"! payload.currency: enum value removed (USD -> none)"}},
		"raw: range widened": {"raw.clicks",
			[]edit{{rawClicks, "maximum: 10000\n", "maximum: 20000\n"}},
			[]string{"payload.quantity maximum: constraint loosened (10000 -> 20000)"}},
		"raw: range narrowed": {"raw.clicks",
			[]edit{{rawClicks, "maximum: 10000\n", "maximum: 500\n"}},
			[]string{"! payload.quantity maximum: constraint tightened (10000 -> 500)"}},
		"raw: range starts lower": {"raw.clicks",
			[]edit{{rawClicks, "minimum: 100\n", "minimum: 0\n"}},
			[]string{"payload.http_status minimum: constraint loosened (100 -> 0)"}},
		"raw: range starts higher": {"raw.clicks",
			[]edit{{rawClicks, "minimum: 100\n", "minimum: 200\n"}},
			[]string{"! payload.http_status minimum: constraint tightened (100 -> 200)"}},
		"raw: length limit added": {"raw.clicks",
			[]edit{{
				rawClicks,
				"description: What the visitor searched for.\n            classification: internal\n            logicalTypeOptions:\n",
				"description: What the visitor searched for.\n            classification: internal\n            logicalTypeOptions:\n              minLength: 1\n",
			}},
			[]string{"! payload.search_term minLength: constraint tightened (none -> 1)"}},
		"raw: type widened": {"raw.clicks",
			[]edit{{rawClicks, "logicalType: integer\n            physicalType: int\n            description: Pieces",
				"logicalType: number\n            physicalType: double\n            description: Pieces"}},
			[]string{"payload.quantity: type widened (integer int -> number double)"}},
		"raw: type narrowed": {"raw.clicks",
			[]edit{{rawClicks, "physicalType: bigint", "physicalType: int"}},
			[]string{"! payload.response_bytes: type narrowed (integer bigint -> integer int)"}},
		"raw: made optional": {"raw.clicks",
			[]edit{{
				rawClicks,
				"description: Pseudonymous id of the browser or app installation.\n            classification: internal\n            required: true\n",
				"description: Pseudonymous id of the browser or app installation.\n            classification: internal\n",
			}},
			[]string{"payload.visitor_id: made optional"}},
		"raw: CSV column added": {"raw.sales",
			[]edit{{rawSales, "      - name: ingest_date\n", newColumn("") + "      - name: ingest_date\n"}},
			[]string{
				"CSV header changed (InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country -> InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country,note)",
				"note: optional column added",
			}},
		"raw: no longer personal": {"raw.sales",
			[]edit{{rawSales, "classification: pii", "classification: internal"}},
			[]string{"CustomerID: classification lowered (pii -> internal)"}},

		// Processed and curated are FULL: readers of the old contract accept new data as well.
		"column removed": {"processed.sales",
			[]edit{{processedSales,
				"      - name: is_weekend\n        logicalType: boolean\n        physicalType: boolean\n        description: Whether the day is Saturday or Sunday.\n        classification: internal\n        required: true\n", ""},
				{processedSales, "NOT (is_weekend = (day_of_week >= 6))", "NOT (day_of_week >= 1)"}},
			[]string{"! is_weekend: column removed",
				"operations changed (quality)"}},
		"column renamed": {"processed.sales",
			[]edit{{processedSales, "name: country_code", "name: country_iso"}},
			[]string{"! country_code: column removed", "country_iso: optional column added"}},
		"optional column added": {"processed.sales",
			[]edit{{processedSales, "      - name: is_weekend\n", newColumn("") + "      - name: is_weekend\n"}},
			[]string{"note: optional column added"}},
		"required column added": {"processed.sales",
			[]edit{{processedSales,
				"      - name: is_weekend\n", newColumn("        required: true\n") + "      - name: is_weekend\n"}},
			[]string{"! note: required column added"}},
		"type widened": {"processed.sales",
			[]edit{{processedSales, "physicalType: int\n        description: Pieces",
				"physicalType: bigint\n        description: Pieces"}},
			[]string{"! quantity: type widened (integer int -> integer bigint)"}},
		"decimal narrowed": {"processed.sales",
			[]edit{{processedSales, "decimal(12,4)", "decimal(10,4)"}},
			[]string{"! unit_price: type narrowed (number decimal(12,4) -> number decimal(10,4))"}},
		"decimal widened": {"processed.sales",
			[]edit{{processedSales, "decimal(12,4)", "decimal(14,5)"}},
			[]string{"! unit_price: type widened (number decimal(12,4) -> number decimal(14,5))"}},
		"decimal with another scale": {"processed.sales",
			[]edit{{processedSales, "decimal(12,4)", "decimal(12,2)"}},
			[]string{"! unit_price: type changed (number decimal(12,4) -> number decimal(12,2))"}},
		"type changed": {"processed.sales",
			[]edit{{processedSales, "logicalType: integer\n        physicalType: bigint",
				"logicalType: number\n        physicalType: decimal(20,0)"}},
			[]string{"! line_number: type changed (integer bigint -> number decimal(20,0))"}},
		"made optional": {"processed.sales",
			[]edit{{
				processedSales,
				"description: Invoice number; a leading C marks a cancellation.\n        classification: internal\n        required: true",
				"description: Invoice number; a leading C marks a cancellation.\n        classification: internal",
			}},
			[]string{"! invoice_no: made optional"}},
		"made required": {"processed.sales",
			[]edit{{
				processedSales,
				"description: Product name, trimmed; null when the source has none.\n        classification: internal\n",
				"description: Product name.\n        classification: internal\n        required: true\n",
			}},
			[]string{"! description: made required"}},
		"enum value added": {"processed.sales",
			[]edit{{processedSales, "[sale, return, adjustment, fee, void]",
				"[sale, return, adjustment, fee, void, gift]"}},
			[]string{"! line_type: enum value added (none -> gift)"}},
		"enum value removed": {"processed.sales",
			[]edit{{processedSales, "[sale, return, adjustment, fee, void]", "[sale, return, fee, void]"}},
			[]string{"! line_type: enum value removed (adjustment -> none)"}},
		"pattern changed": {"processed.sales",
			[]edit{{processedSales, "'^[A-Z]{2}$'", "'^[A-Z]{3}$'"}},
			[]string{"! country_code pattern: constraint tightened (^[A-Z]{2}$ -> ^[A-Z]{3}$)"}},
		"range widened": {"processed.sales",
			[]edit{{processedSales, "maximum: 7", "maximum: 8"}},
			[]string{"! day_of_week maximum: constraint loosened (7 -> 8)"}},
		"became personal": {"processed.sales",
			[]edit{{
				processedSales,
				"description: ISO 3166-1 alpha-2 code; null when the name is not a country.\n        classification: public",
				"description: ISO 3166-1 alpha-2 code; null when the name is not a country.\n        classification: pii",
			}},
			[]string{"! country_code: classification raised (public -> pii)"}},
		"key changed": {"curated.sessions",
			[]edit{{
				curatedSessions,
				"description: Pseudonymous id of the browser or app installation.\n        classification: pseudonymous\n        required: true\n",
				"description: Pseudonymous id of the browser or app installation.\n        classification: pseudonymous\n        required: true\n        primaryKey: true\n        primaryKeyPosition: 2\n",
			}},
			[]string{"! primary key changed (session_id -> session_id,visitor_id)"}},
		"partitions changed": {"curated.sessions",
			[]edit{{curatedSessions, "value: identity", "value: month"}},
			[]string{"! partitions changed ([{event_date identity}] -> [{event_date month}])"}},
		"sort order and SLA changed": {"curated.sessions",
			[]edit{{curatedSessions, "[started_at, visitor_id]", "[started_at]"},
				{curatedSessions, "property: latency\n    value: 1", "property: latency\n    value: 2"}},
			[]string{"operations changed (SLA, sort order)"}},
	}
	set := real(t)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			changed, err := LoadFS(files(t, test.edits...))
			require.NoError(t, err)
			var got []string
			for _, change := range Compare(get(t, set, test.id), get(t, changed, test.id)) {
				text := change.String()
				if change.Breaking {
					text = "! " + text
				}
				got = append(got, text)
			}
			assert.ElementsMatch(t, test.want, got)
		})
	}
}

func TestCompareSeesWhereDataLies(t *testing.T) {
	old := get(t, real(t), "raw.clicks")
	moved := *old
	moved.pathTemplate = "clicks/${ingest_date}/${ingest_hour}/"
	changes := Compare(old, &moved)
	require.Len(t, changes, 1)
	assert.Equal(t, PathChanged, changes[0].Kind)
	assert.True(t, changes[0].Breaking)

	table := *get(t, real(t), "processed.sales")
	table.Format = FormatParquet
	changes = Compare(get(t, real(t), "processed.sales"), &table)
	require.NotEmpty(t, changes)
	assert.Equal(t, FormatChanged, changes[0].Kind)
	assert.True(t, changes[0].Breaking)
}

func TestANewDatasetIsNoChangeOfQuarantine(t *testing.T) {
	set, err := LoadFS(withRefunds(t))
	require.NoError(t, err)
	assert.Contains(t, get(t, set, "raw.quarantine").PathColumns[0].Enum, "refunds")
	assert.Empty(t, Compare(get(t, real(t), "raw.quarantine"), get(t, set, "raw.quarantine")))
}

func TestMinimumVersion(t *testing.T) {
	assert.Equal(t, "2.0.0", minimum("1.4.2", []Change{{Breaking: true}, {}}))
	assert.Equal(t, "1.5.0", minimum("1.4.2", []Change{{}}))
	assert.Equal(t, "1.4.3", minimum("1.4.2", nil))
}
