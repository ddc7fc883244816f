package contracts

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhatADeploymentDoesIsSaid(t *testing.T) {
	said := func(t *testing.T, before, after *Contract) map[ChangeKind]string {
		found := map[ChangeKind]string{}
		for _, change := range Compare(before, after) {
			found[change.Kind] = OnDeployment(after, change)
		}
		return found
	}
	for name, test := range map[string]struct {
		id    string
		edits []edit
		kind  ChangeKind
		want  string
	}{
		"an added column": {"processed.sales",
			[]edit{{processedSales, "      - name: is_weekend\n", newColumn("") + "      - name: is_weekend\n"}},
			ColumnAdded, onTable[ColumnAdded]},
		"a retyped column": {"processed.sales", []edit{{processedSales,
			"physicalType: int\n        description: Pieces", "physicalType: bigint\n        description: Pieces"}},
			TypeWidened, onTable[TypeWidened]},
		"a file's column of JSON": {"raw.clicks", []edit{{rawClicks, "[GBP, EUR, USD]", "[GBP, EUR, USD, CHF]"}},
			EnumValueAdded, ""},
	} {
		t.Run(name, func(t *testing.T) {
			set, err := LoadFS(files(t, test.edits...))
			require.NoError(t, err)
			found := said(t, get(t, model(t), test.id), get(t, set, test.id))
			assert.Equal(t, test.want, found[test.kind])
			assert.Contains(t, found, test.kind)
		})
	}
	for want, at := range map[string]edit{
		"files with this header lie in sales/1.1.0/, and the table shows those":                 inTheMiddle,
		"files lie where they are; those of the header before have no value in the new columns": atTheEnd,
	} {
		fsys := withVersions(t, version{"1.1.0", []edit{at}})
		set, err := LoadFS(fsys)
		require.NoError(t, err)
		assert.Equal(t, want, said(t, get(t, model(t), "raw.sales"), get(t, set, "raw.sales"))[HeaderChanged])
		fsys[mappingsFolder+"/sales.shop.yaml"] = &fstest.MapFile{Data: []byte(someMapping)}
		set, err = LoadFS(fsys)
		require.NoError(t, err)
		assert.Equal(t, "files that a mapping reads are read as before: for those with another header one stands beside it",
			said(t, get(t, model(t), "raw.sales"), get(t, set, "raw.sales"))[HeaderChanged])
	}
}

// Whatever a release accepts, the job that migrates tables does: what it would refuse is refused before.
func TestWhatNoDeploymentDoesIsNotReleased(t *testing.T) {
	const (
		weekend = "      - name: is_weekend\n        logicalType: boolean\n        physicalType: boolean\n" +
			"        description: Whether the day is Saturday or Sunday.\n        classification: internal\n" +
			"        required: true\n"
		rule = "      - name: weekend_matches_day\n        description: is_weekend says day 6 or 7.\n" +
			"        type: sql\n        query: \"SELECT COUNT(*) FROM {object} WHERE NOT " +
			"(is_weekend = (day_of_week >= 6))\"\n        mustBe: 0\n        dimension: consistency\n" +
			"        severity: error\n"
		quantity = "physicalType: int\n        description: Pieces"
		digest   = "      - name: file_digest\n        logicalType: string\n        physicalType: string\n"
		key      = "        primaryKey: true\n        primaryKeyPosition: 1\n"
	)
	in := func(from, to string) edit { return edit{processedSales, from, to} }
	ended := func(names string) edit {
		return in("  - property: sortBy\n", "  - property: ended\n    value: ["+names+"]\n  - property: sortBy\n")
	}
	for name, test := range map[string]struct {
		edits []edit
		want  string
	}{
		"a column less": {[]edit{in(weekend, ""), in(rule, "")},
			"is_weekend: column removed: the table has it: name it in customProperties.ended"},
		"a column that ended": {[]edit{in(weekend, ""), in(rule, ""), ended("is_weekend")}, ""},
		"what was never there": {[]edit{ended("is_week")},
			"is_week: stands in customProperties.ended, and 5.0.0 has no such column"},
		"a promotion":          {[]edit{in(quantity, strings.Replace(quantity, "int", "bigint", 1))}, ""},
		"more digits":          {[]edit{in("decimal(12,4)", "decimal(14,4)")}, ""},
		"more after the point": {[]edit{in("decimal(12,4)", "decimal(14,5)")}, "Iceberg has no such promotion"},
		"fewer digits":         {[]edit{in("decimal(12,4)", "decimal(11,4)")}, "give the new type another name"},
		"another type":         {[]edit{in("decimal(12,4)", "double")}, "double"},
		"other partitions": {[]edit{in("value: day", "value: month")},
			"rows lie by it: a table of another name has another one"},
		"another key": {[]edit{in("        primaryKeyPosition: 1\n", "        primaryKeyPosition: 2\n"),
			in(digest, digest+key)}, "rows lie by it"},
	} {
		t.Run(name, func(t *testing.T) {
			set, err := LoadFS(files(t, append(test.edits, in("version: 5.0.0", "version: 6.0.0"))...))
			if err == nil {
				_, err = PlanReleases(set, released(t), nil)
			}
			if test.want == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, test.want)
			}
		})
	}
}

func TestAPersonsColumnDoesNotEnd(t *testing.T) {
	old, new := *get(t, model(t), "processed.sales"), *get(t, model(t), "processed.sales")
	new.Columns = slices.DeleteFunc(slices.Clone(old.Columns), func(c Column) bool { return c.Name == "customer_id" })
	new.Ended = []string{"customer_id"}
	require.ErrorContains(t, checkDeployment(&old, &new),
		"customer_id: column removed: the table keeps it, and an erasure")
}

// A column that ended stays named: a deployment may come from a version that had it.
func TestWhatEndedStaysNamed(t *testing.T) {
	old, new := *get(t, model(t), "processed.sales"), *get(t, model(t), "processed.sales")
	old.Ended = []string{"note"}
	require.ErrorContains(t, checkDeployment(&old, &new), "note: stood in customProperties.ended")
	new.Ended = []string{"note"}
	require.NoError(t, checkDeployment(&old, &new))
}
