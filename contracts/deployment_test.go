package contracts

import (
	"testing"

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
			ColumnAdded, "the column is added; rows that are there have null"},
		"a retyped column": {"processed.sales", []edit{{processedSales,
			"physicalType: int\n        description: Pieces", "physicalType: bigint\n        description: Pieces"}},
			TypeWidened, refusedForATable},
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
		set, err := LoadFS(withVersions(t, version{"1.1.0", []edit{at}}))
		require.NoError(t, err)
		assert.Equal(t, want, said(t, get(t, model(t), "raw.sales"), get(t, set, "raw.sales"))[HeaderChanged])
	}
}
