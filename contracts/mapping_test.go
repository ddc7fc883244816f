package contracts

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const someMapping = `description: some shop's
order: Id
ofOrder: [Money]
fields:
  InvoiceNo: {from: [Id]}
  StockCode: {from: [Sku, Name]}
  Quantity: {from: [Count]}
  InvoiceDate: {from: [At], format: "dd.MM.yyyy HH:mm", zone: Europe/Berlin}
  UnitPrice: {from: [Price], decimal: ","}
  CustomerID: {from: [Mail], as: address}
  Country: {from: [Land]}
only:
  Money: [GBP]
status: State
sales: [done]
`

func withMapping(t *testing.T, name, text string) (*Set, error) {
	t.Helper()
	fsys := files(t)
	fsys[mappingsFolder+"/"+name] = &fstest.MapFile{Data: []byte(text)}
	return LoadFS(fsys)
}

func TestAMappingBelongsToItsDataset(t *testing.T) {
	set, err := withMapping(t, "sales.shop.yaml", someMapping)
	require.NoError(t, err)
	raw := get(t, set, "raw.sales")
	require.Len(t, raw.Mappings, 1)
	mapping := raw.Mappings[0]
	assert.Equal(t, "shop", mapping.Source)
	assert.Equal(t, []string{"At", "Count", "Id", "Land", "Mail", "Money", "Name", "Price", "Sku", "State"},
		mapping.Columns())
	header := strings.Split("At,Count,More,Id,Land,Mail,Money,Name,Price,Sku,State,More", ",")
	assert.True(t, mapping.Matches(header))
	assert.False(t, mapping.Matches(append(header, "Id")), "of two columns nobody knows which one counts")
	assert.False(t, mapping.Matches(header[1:]))
	bundle, err := set.Bundle()
	require.NoError(t, err)
	assert.Contains(t, string(bundle), `"zone": "Europe/Berlin"`)
	without, err := LoadFS(files(t))
	require.NoError(t, err)
	assert.NotEqual(t, without.Hash(), set.Hash(), "the jobs read by it")
}

func TestAFileIsOfTheSourceOfWhichMostIsRead(t *testing.T) {
	older := func(text string) string { return strings.Replace(text, "  Country: {from: [Land]}\n", "", 1) }
	fsys := files(t)
	raw, name := string(fsys["raw/sales.odcs.yaml"].Data), "      - name: Country\n"
	before, after, _ := strings.Cut(raw, name)
	optional := before + name + strings.Replace(after, "        required: true\n", "", 1)
	fsys["raw/sales.odcs.yaml"] = &fstest.MapFile{Data: []byte(optional)}
	fsys[mappingsFolder+"/sales.shop.yaml"] = &fstest.MapFile{Data: []byte(older(someMapping))}
	fsys[mappingsFolder+"/sales.shop_2027.yaml"] = &fstest.MapFile{Data: []byte(someMapping)}
	set, err := LoadFS(fsys)
	require.NoError(t, err)
	header := strings.Split("At,Count,Id,Mail,Money,Name,Price,Sku,State", ",")
	for _, test := range []struct {
		header []string
		want   string
	}{{header, "shop"}, {append(header, "Land"), "shop_2027"}, {header[1:], ""}} {
		found, ok := get(t, set, "raw.sales").MappingOf(test.header)
		assert.Equal(t, test.want, found.Source, test.header)
		assert.Equal(t, test.want != "", ok)
	}
}

func TestAMappingReadsTheFilesThatCameByIt(t *testing.T) {
	for name, test := range map[string]struct{ file, text, want string }{
		"as it was": {"sales.shop.yaml", someMapping, ""},
		"less":      {"sales.shop.yaml", strings.Replace(someMapping, "[Sku, Name]", "[Sku]", 1), ""},
		"another name": {"sales.shop.yaml", strings.Replace(someMapping, "[Land]", "[Country]", 1),
			`contracts/mappings/sales.shop.yaml: fields: ["Country"]: files that came by it do not have to have that; ` +
				`for another header a copy with another name stands beside it (docs/how-to/change-a-contract.md)`},
		"gone": {"sales.till.yaml", someMapping,
			"contracts/mappings/sales.shop.yaml: is gone; it stays as long as raw has files that came by it"},
	} {
		t.Run(name, func(t *testing.T) {
			set, err := withMapping(t, test.file, test.text)
			require.NoError(t, err)
			merged := fstest.MapFS{"sales.shop.yaml": {Data: []byte(someMapping)}, "hats.shop.yaml": {}}
			if err := CheckMappings(set, merged); test.want == "" {
				assert.NoError(t, err)
			} else {
				assert.EqualError(t, err, test.want)
			}
		})
	}
}

func TestMappingsThatShipAreRight(t *testing.T) {
	for _, name := range []string{"sales.shopify.yaml", "sales.woocommerce.yaml"} {
		text, err := os.ReadFile("../examples/mappings/" + name)
		require.NoError(t, err)
		_, err = withMapping(t, name, string(text))
		assert.NoError(t, err)
	}
}

func TestAWrongMappingIsRefused(t *testing.T) {
	for _, test := range []struct{ name, file, old, new, want string }{
		{"no dataset", "clothes.shop.yaml", "", "", `"clothes" is no dataset that sources drop CSV files for`},
		{"a stream", "clicks.shop.yaml", "", "", `"clicks" is no dataset that sources drop CSV files for`},
		{"no source", "sales.yaml", "", "", `the source's name is ""`},
		{"a folder of ours", "sales.json.yaml", "", "", `the source's name is "json"`},
		{"an unknown key", "sales.shop.yaml", "status:", "state:", `contracts/mappings/sales.shop.yaml:14: unknown key "state"; allowed: description,`},
		{"an unknown key of a field", "sales.shop.yaml", "{from: [Land]}", "{form: [Land]}",
			`sales.shop.yaml:11: fields.Country: unknown key "form"; allowed: from, format, zone, decimal, as`},
		{"no mapping", "sales.shop.yaml", someMapping, "", "is empty"},
		{"no description", "sales.shop.yaml", "some shop's", `""`, "description: is missing"},
		{"a required column less", "sales.shop.yaml", "  Country: {from: [Land]}\n", "",
			"fields.Country: is missing; raw.sales requires it"},
		{"a column more", "sales.shop.yaml", "  Country:", "  Region: {from: [Land]}\n  Country:",
			"fields.Region: is no column of raw.sales"},
		{"from nowhere", "sales.shop.yaml", "[Sku, Name]", "[]", "fields.StockCode.from: is missing"},
		{"lines of no order", "sales.shop.yaml", "order: Id\n", "", "order: is missing"},
		{"statuses of nothing", "sales.shop.yaml", "status: State\n", "", "sales: belongs to status"},
		{"no zone", "sales.shop.yaml", ", zone: Europe/Berlin", "", "needs an offset (XXX or Z) or a zone, not both"},
		{"zone and offset", "sales.shop.yaml", "HH:mm", "HH:mmZ", "needs an offset (XXX or Z) or a zone, not both"},
		{"a year of any length", "sales.shop.yaml", "dd.MM.yyyy", "dd.MM.y", "needs a year of four digits: yyyy"},
		{"no such zone", "sales.shop.yaml", "Europe/Berlin", "Europe/Bonn", `"Europe/Bonn" is no time zone's name`},
		{"a decimal mark", "sales.shop.yaml", `decimal: ","`, `decimal: ";"`, `fields.UnitPrice.decimal`},
		{"as something", "sales.shop.yaml", "as: address", "as: phone", `fields.CustomerID.as`},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := withMapping(t, test.file, strings.Replace(someMapping, test.old, test.new, 1))
			assert.ErrorContains(t, err, test.want)
		})
	}
}
