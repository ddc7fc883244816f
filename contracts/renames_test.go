package contracts

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhatLooksLikeANewNameIsWarnedOf(t *testing.T) {
	const moved = "      - name: StockCode\n"
	const country = "      - name: Country\n        logicalType: string\n        physicalType: string\n" +
		"        description: \"Name of the customer's country.\"\n        classification: internal\n        required: true\n"
	column := newColumn("")
	for name, test := range map[string]struct {
		edits []edit
		want  []string
	}{
		"another name": {[]edit{{rawSales, "- name: Country\n", "- name: Land\n"}},
			[]string{"Country is gone and Land is new: if it is a new name, say so by formerly: [Country] in Land, or lines with " +
				"the old one have no value in it"}},
		"another name in another place": {
			[]edit{{rawSales, country, ""}, {rawSales, moved, strings.Replace(country, "Country", "Land", 1) + moved}},
			[]string{"Country is gone and Land is new"}},
		"with its former name": {[]edit{renamed}, nil},
		"a column more":        {[]edit{{rawSales, moved, column + moved}}, nil},
		"two, each in its place": {
			[]edit{
				{rawSales, "- name: Country\n", "- name: Land\n"}, {rawSales, "- name: Quantity\n", "- name: Pieces\n"},
			},
			[]string{"Quantity is gone and Pieces is new", "Country is gone and Land is new"}},
	} {
		t.Run(name, func(t *testing.T) {
			set, err := LoadFS(withVersions(t, version{"2.0.0", test.edits}))
			require.NoError(t, err)
			got := warnings(get(t, model(t), "raw.sales"), get(t, set, "raw.sales"))
			require.Len(t, got, len(test.want), got)
			for i, want := range test.want {
				assert.True(t, strings.HasPrefix(got[i], want), got[i])
			}
		})
	}
}

func TestAChangeSaysWhatANameWas(t *testing.T) {
	set, err := LoadFS(withVersions(t, version{"2.0.0", []edit{renamed}}))
	require.NoError(t, err)
	var got []string
	for _, change := range Compare(get(t, model(t), "raw.sales"), get(t, set, "raw.sales"))[1:] {
		got = append(got, change.String())
	}
	assert.Equal(t, []string{
		"operations changed (former names)", "Country: column removed (it is Land now)",
		"Land: required column added (read from Country where a file has that)",
	}, got)
}
