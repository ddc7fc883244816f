package contracts

import (
	"maps"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const salesHeader = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"

// version is what raw.sales may be like next.
type version struct {
	number string
	edits  []edit
}

func (v version) of(text string) string {
	text = strings.Replace(text, "version: 1.0.1", "version: "+v.number, 1)
	for _, e := range v.edits {
		text = strings.Replace(text, e.old, e.new, 1)
	}
	return text
}

// withVersions are the contracts of the model, raw.sales in the last of the versions and the ones before released.
func withVersions(t *testing.T, versions ...version) fstest.MapFS {
	t.Helper()
	out := files(t)
	current := string(out[rawSales].Data)
	out["released/raw.sales/1.0.1"+suffix] = &fstest.MapFile{Data: []byte(current)}
	for i, v := range versions {
		text := v.of(current)
		if i < len(versions)-1 {
			out["released/raw.sales/"+v.number+suffix] = &fstest.MapFile{Data: []byte(text)}
		} else {
			out[rawSales] = &fstest.MapFile{Data: []byte(text)}
		}
	}
	return out
}

var (
	atTheEnd    = edit{rawSales, "      - name: ingest_date\n", newColumn("") + "      - name: ingest_date\n"}
	inTheMiddle = edit{rawSales, "      - name: Country\n", newColumn("") + "      - name: Country\n"}
	renamed     = edit{rawSales, "      - name: Country\n",
		"      - name: Land\n        customProperties:\n          - property: formerly\n            value: [Country]\n"}
)

func until(days string) edit {
	return edit{rawSales,
		"  - property: source\n", "  - property: headersUntil\n    value: " + days + "\n  - property: source\n"}
}

func TestHeaders(t *testing.T) {
	added := strings.Replace(salesHeader, ",Country", ",note,Country", 1)
	land := strings.Replace(salesHeader, "Country", "Land", 1)
	end := time.Date(2027, 6, 30, 0, 0, 0, 0, time.UTC)
	type header struct {
		version, columns, folder string
		until                    time.Time
	}
	for name, test := range map[string]struct {
		versions []version
		want     []header // the contract's own first
		path     string
	}{
		"another text": {[]version{{"1.0.2", nil}}, []header{{"1.0.1", salesHeader, "", time.Time{}}}, "sales/"},
		"a column at the end": {[]version{{"1.1.0", []edit{atTheEnd}}},
			[]header{{"1.1.0", salesHeader + ",note", "", time.Time{}}, {"1.0.1", salesHeader, "", time.Time{}}},
			"sales/"},
		"a column before others": {[]version{{"1.1.0", []edit{inTheMiddle}}},
			[]header{{"1.1.0", added, "1.1.0", time.Time{}}, {"1.0.1", salesHeader, "", time.Time{}}}, "sales/1.1.0/"},
		"and one at the end": {[]version{{"1.1.0", []edit{inTheMiddle}},
			{"1.2.0", []edit{inTheMiddle, {rawSales, atTheEnd.old, strings.Replace(atTheEnd.new, "note", "more", 1)}}}},
			[]header{{"1.2.0", added + ",more", "1.1.0", time.Time{}}, {"1.1.0", added, "1.1.0", time.Time{}},
				{"1.0.1", salesHeader, "", time.Time{}}}, "sales/1.1.0/"},
		"the first one again": {[]version{{"1.1.0", []edit{inTheMiddle}}, {"2.0.0", nil}},
			[]header{{"1.0.1", salesHeader, "", time.Time{}}, {"1.1.0", added, "1.1.0", ended}}, "sales/"},
		"with an end": {[]version{{"1.1.0", []edit{atTheEnd, until("{1.0.1: 2027-06-30}")}}},
			[]header{{"1.1.0", salesHeader + ",note", "", time.Time{}}, {"1.0.1", salesHeader, "", end}}, "sales/"},
		"a name": {[]version{{"2.0.0", []edit{renamed}}},
			[]header{{"2.0.0", land, "2.0.0", time.Time{}}, {"1.0.1", salesHeader, "", ended}}, "sales/2.0.0/"},
		"a name, with time": {[]version{{"2.0.0", []edit{renamed, until("{1.0.1: 2027-06-30}")}}},
			[]header{{"2.0.0", land, "2.0.0", time.Time{}}, {"1.0.1", salesHeader, "", end}}, "sales/2.0.0/"},
	} {
		t.Run(name, func(t *testing.T) {
			set, err := LoadFS(withVersions(t, test.versions...))
			require.NoError(t, err)
			contract := get(t, set, "raw.sales")
			var got []header
			for _, h := range contract.Headers() {
				got = append(got, header{h.Version, strings.Join(h.Columns, ","), h.Folder, h.Until})
			}
			assert.Equal(t, test.want[1:], append([]header{}, got[1:]...))
			assert.Equal(t, test.want[0].columns, got[0].columns)
			assert.Equal(t, test.want[0].folder, got[0].folder)
			assert.Equal(t, test.path+"ingest_date=${ingest_date}/ingest_hour=${ingest_hour}/", contract.PathTemplate())
		})
	}
}

func TestAHeaderEndsWithTheDayBefore(t *testing.T) {
	header := Header{Until: time.Date(2027, 6, 30, 0, 0, 0, 0, time.UTC)}
	assert.False(t, header.Ended(header.Until.Add(-time.Second)))
	assert.True(t, header.Ended(header.Until))
	assert.False(t, Header{}.Ended(header.Until))
}

func TestHeadersThatAreRefused(t *testing.T) {
	const at = "contracts/raw/sales.odcs.yaml: "
	for name, test := range map[string]struct {
		edits []edit
		want  []string
	}{
		"an end of nothing": {[]edit{atTheEnd, until("{1.0.7: 2027-06-30}")},
			[]string{at +
				`customProperties.headersUntil: "1.0.7" is no released version with another header; those are: 1.0.1`}},
		"an end of its own header": {[]edit{until("{1.0.1: 2027-06-30}")},
			[]string{
				at +
					`customProperties.headersUntil: "1.0.1" is no released version with another header; those are: none`,
			}},
		"no day": {[]edit{atTheEnd, until("{1.0.1: summer}")},
			[]string{at +
				`customProperties.headersUntil.1.0.1: "summer" is not a day; allowed: such as 2027-06-30, the first day on which the header is refused`}},
		"a former name of nothing": {[]edit{{rawSales, renamed.old,
			strings.Replace(renamed.new, "[Country]", "[Nation]", 1)}},
			[]string{
				at + `schema[0].properties.Land.customProperties.formerly: "Nation" is a column of no released version`,
			}},
		"a name that another column has": {[]edit{{rawSales, renamed.old,
			strings.Replace(renamed.new, "[Country]", "[UnitPrice]", 1)}},
			[]string{
				at + `schema[0].properties.Land.customProperties.formerly: "UnitPrice" is a column of this version`,
			}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := LoadFS(withVersions(t, version{"2.0.0", test.edits}))
			assert.Equal(t, test.want, lines(err))
		})
	}
	edited := files(t, edit{rawClicks, "  - property: source\n", until("{1.0.0: 2027-06-30}").new})
	_, err := LoadFS(edited)
	assert.Equal(t, []string{
		"contracts/raw/clicks.odcs.yaml: customProperties.headersUntil: is only for CSV files that sources drop",
	}, lines(err))
}

// A column called like one of the platform's own passes every other check, and ends the first run of the job.
func TestNamesOfThePlatformAreRefused(t *testing.T) {
	for _, name := range []string{"Reason", "ERROR", "line_Key", "Arrival_Time", "Void"} {
		_, err := LoadFS(files(t, edit{rawSales, "      - name: ingest_date\n",
			strings.Replace(newColumn(""), "note", name, 1) + "      - name: ingest_date\n"}))
		assert.Equal(t, []string{"contracts/raw/sales.odcs.yaml: schema[0].properties." + name +
			".name: is a name that the platform uses itself, in whatever case; " +
			"it has: arrival_time, error, file_digest, line_key, line_number, payload, reason, void. A mapping (contracts/mappings) gives a source's column another name"}, lines(
			err,
		))
	}
	_, err := LoadFS(files(t, edit{processedSales, "      - name: is_weekend\n",
		strings.Replace(newColumn(""), "note", "Reason", 1) + "      - name: is_weekend\n"}))
	assert.ErrorContains(t, err,
		": schema[0].properties.Reason.name: is a name that the platform uses itself, in whatever case; it has: error, payload, reason.")
}

// Lines are read by names, so that a source may add a column, or order them otherwise, without a break.
func TestReleasesOfHeaders(t *testing.T) {
	const column = "      - name: Country\n        logicalType: string\n        physicalType: string\n        description: \"Name of the customer's country.\"\n        classification: internal\n        required: true\n"
	reordered := []edit{{rawSales, column, ""},
		{rawSales, "      - name: StockCode\n", column + "      - name: StockCode\n"}}
	for name, test := range map[string]struct {
		version version
		want    string
	}{
		"a column at the end":    {version{"1.1.0", []edit{atTheEnd}}, ""},
		"a column before others": {version{"1.1.0", []edit{inTheMiddle}}, ""},
		"another order":          {version{"1.1.0", reordered}, ""},
		"another order, only a patch": {version{"1.0.2", reordered},
			"needs version 1.1.0 or later: CSV header changed ("},
		"a name":                       {version{"2.0.0", []edit{renamed}}, ""},
		"a name, only a minor version": {version{"1.1.0", []edit{renamed}}, "needs version 2.0.0 or later: "},
		"a column less": {version{"1.1.0", []edit{{rawSales, column, ""}}},
			"needs version 2.0.0 or later: "},
	} {
		t.Run(name, func(t *testing.T) {
			fsys := withVersions(t, test.version)
			set, err := LoadFS(fsys)
			require.NoError(t, err)
			kept := released(t)
			maps.DeleteFunc(kept, func(path string, _ *fstest.MapFile) bool { return !strings.HasPrefix(path, "raw.") })
			_, err = PlanReleases(&Set{contracts: set.Layer(LayerRaw)}, kept, nil)
			if test.want == "" {
				assert.NoError(t, err)
				return
			}
			assert.ErrorContains(t, err, test.want)
		})
	}
}

func TestTheBundleHasEarlierHeaders(t *testing.T) {
	set, err := LoadFS(withVersions(t, version{"2.0.0", []edit{renamed}}))
	require.NoError(t, err)
	bundle := get(t, set, "raw.sales").bundle()
	assert.Equal(t, [][]string{strings.Split(salesHeader, ",")}, bundle.Headers)
	assert.Equal(t, []string{"Country"}, bundle.Columns[7].Formerly)
}

func TestThePlatformKnowsItsReleasedHeaders(t *testing.T) {
	onDisk, err := LoadFS(os.DirFS("."))
	require.NoError(t, err)
	for _, contract := range onDisk.Layer(LayerRaw) {
		assert.Equal(t, contract.Headers(), get(t, real(t), contract.ID).Headers(), contract.ID)
	}
}
