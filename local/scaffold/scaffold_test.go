package scaffold

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
)

// returned is a file of a source: the second line comes again, the third one has no reason.
func returned() string {
	out := "ReturnNo,Customer,ReturnedAt,Quantity,Refund,Reason_Code,Code\n"
	for i := range 12 {
		out += fmt.Sprintf("R-%d,one%d@example.org,2026-01-%02d 10:00:00,%d,%d.50,%s,00%d\n", i, i, i+1, i, i,
			map[bool]string{true: "", false: "broken"}[i == 2], i)
	}
	lines := strings.Split(out, "\n")
	return out + lines[2] + "\n"
}

// invented is a file with addresses of nobody.
func invented(file string) string {
	return regexp.MustCompile(`one[0-9]+@example.org`).ReplaceAllStringFunc(file, func(one string) string {
		number, _, _ := strings.Cut(strings.TrimPrefix(one, "one"), "@")
		n, _ := strconv.Atoi(number)
		return fmt.Sprintf("person%d@example.com", n+1)
	})
}

func TestADatasetIsWrittenAsTheLoaderTakesIt(t *testing.T) {
	root := t.TempDir()
	require.NoError(t, os.CopyFS(filepath.Join(root, "contracts"), os.DirFS("../../contracts")))
	paths, decisions, err := Write(root, "comebacks", []byte(returned()))
	require.NoError(t, err)
	assert.Equal(t, []string{
		"analytics/sql/comebacks_by_day.sql", "analytics/sql/views/comebacks_daily.sql",
		"contracts/processed/comebacks.odcs.yaml", "contracts/raw/comebacks.odcs.yaml",
		"contracts/samples/comebacks/expected.yaml", "contracts/samples/comebacks/sample.csv",
		"glue-scripts/dataplatform/transforms/processed/comebacks.py", "glue-scripts/tests/test_comebacks.py",
	}, paths)
	assert.Contains(t, strings.Join(decisions, "\n"), "pii (Customer, the values of which are invented")
	assert.Contains(t, strings.Join(decisions, "\n"), "ReturnedAt is of a clock without a zone: the transform says UTC")

	set, err := contracts.LoadFS(os.DirFS(filepath.Join(root, "contracts")))
	require.NoError(t, err)
	raw, ok := set.Get("raw.comebacks")
	require.True(t, ok)
	assert.Equal(t, strings.Split(strings.SplitN(returned(), "\n", 2)[0], ","), raw.Headers()[0].Columns)
	processed, ok := set.Get("processed.comebacks")
	require.True(t, ok)
	for _, hash := range processed.Columns[:2] {
		assert.Equal(t, contracts.PersonalData, hash.Classification, hash.Name)
	}
	types := map[string]string{}
	for _, column := range processed.Columns[4:] {
		types[column.Name] = fmt.Sprint(column.Physical, " ", column.Required, " ", column.Classification)
	}
	assert.Equal(t, map[string]string{
		"return_no": "string true internal", "customer": "string true pii", "returned_at": "timestamp true internal",
		"quantity": "bigint true internal", "refund": "decimal(18,4) true internal",
		"reason_code": "string false internal", "code": "string true internal",
	}, types)
	assert.Equal(t, []contracts.Partition{{Column: "returned_at", Transform: "day"}}, processed.Partitions)

	expected, err := os.ReadFile(filepath.Join(root, "contracts/samples/comebacks/expected.yaml"))
	require.NoError(t, err)
	assert.Contains(t, string(expected), "processed: 12\nduplicates: 1\nquarantined:\n  missing_field: 1\n")
	sample, err := os.ReadFile(filepath.Join(root, "contracts/samples/comebacks/sample.csv"))
	require.NoError(t, err)
	assert.Equal(t, invented(returned())+",person1@example.com,2026-01-01 10:00:00,0,0.50,broken,000\n", string(sample))
	for _, path := range paths {
		content, err := os.ReadFile(filepath.Join(root, path))
		require.NoError(t, err)
		assert.NotContains(t, string(content), "@example.org", path)
	}

	query, err := os.ReadFile(filepath.Join(root, "analytics/sql/comebacks_by_day.sql"))
	require.NoError(t, err)
	assert.Contains(t, string(query), "count(*) AS lines, sum(quantity) AS quantity, sum(refund) AS refund\nFROM {processed}.")
	view, err := os.ReadFile(filepath.Join(root, "analytics/sql/views/comebacks_daily.sql"))
	require.NoError(t, err)
	assert.Contains(t, string(view), "lines,\n  CAST(sum(quantity) AS bigint) AS quantity,\n"+
		"  CAST(sum(refund) AS decimal(38,4)) AS refund\nFROM {processed}.comebacks\n")

	_, _, err = Write(root, "comebacks", []byte(returned()))
	assert.ErrorContains(t, err, "is there already")
}

// A file of a source has bad lines: up to a tenth of them hide no type, and are samples of bad lines.
func TestTypesAreDetectedBesideBadLines(t *testing.T) {
	root := t.TempDir()
	file := returned() + strings.Repeat("R-1,a@example.org,2026-01-01 10:00:00,1,1.50,lost,001\n", 10) +
		"R-2,a@example.org,yesterday,1,1.50,lost,001\nR-3,a@example.org,2026-01-01 10:00:00,many,1.50,lost,001\n"
	_, _, err := Write(root, "comebacks", []byte(file))
	require.NoError(t, err)
	contract, err := os.ReadFile(filepath.Join(root, "contracts/processed/comebacks.odcs.yaml"))
	require.NoError(t, err)
	assert.Contains(t, string(contract), "name: quantity\n        logicalType: integer\n")
	expected, err := os.ReadFile(filepath.Join(root, "contracts/samples/comebacks/expected.yaml"))
	require.NoError(t, err)
	assert.Contains(t, string(expected), "processed: 13\nduplicates: 10\nquarantined:\n  missing_field: 1\n  wrong_type: 1\n",
		"one of the two, for a tenth of the file may be bad")
}

// Exports for people have headers of words, and some of the names that the platform has itself.
func TestAHeaderThatNoContractHasIsMapped(t *testing.T) {
	root := t.TempDir()
	require.NoError(t, os.CopyFS(filepath.Join(root, "contracts"), os.DirFS("../../contracts")))
	header := strings.NewReplacer("ReturnNo", "Return No.", "Reason_Code", "Reason")
	paths, decisions, err := Write(root, "comebacks", []byte(header.Replace(returned())))
	require.NoError(t, err)
	assert.Contains(t, paths, "contracts/mappings/comebacks.source.yaml")
	said := strings.Join(decisions, "\n")
	assert.Contains(t, said, "Return No. is Return_No in the contracts")
	assert.Contains(t, said, "Reason is comebacks_Reason in the contracts")

	set, err := contracts.LoadFS(os.DirFS(filepath.Join(root, "contracts")))
	require.NoError(t, err)
	raw, ok := set.Get("raw.comebacks")
	require.True(t, ok)
	require.Len(t, raw.Mappings, 1)
	assert.True(t, raw.Mappings[0].Matches(
		[]string{"Return No.", "Customer", "ReturnedAt", "Quantity", "Refund", "Reason", "Code"}))
	processed, ok := set.Get("processed.comebacks")
	require.True(t, ok)
	for _, name := range []string{"return_no", "comebacks_reason"} {
		_, ok := processed.Column(name)
		assert.True(t, ok, name)
	}
	sample, err := os.ReadFile(filepath.Join(root, "contracts/samples/comebacks/sample.csv"))
	require.NoError(t, err)
	assert.True(t, strings.HasPrefix(string(sample), "Return No.,Customer,"), string(sample))
}

func TestDaysOfNoCalendarAreBad(t *testing.T) {
	for _, test := range []struct{ good, bad string }{
		{"2026-02-28", "2026-02-30"}, {"2026-02-28 10:00:00", "2026-02-28 25:00:00"},
		{"2026-02-28T10:00:00.5Z", "2026-02-31T10:00:00.5Z"}, {"28.2.2026 9:05", "31.2.2026 9:05"},
	} {
		column, err := columnOf("comebacks", "At", slices.Repeat([]string{test.good}, 12))
		require.NoError(t, err)
		require.True(t, column.Kind.isTime(), test.good)
		assert.True(t, column.takes(test.good), test.good)
		assert.True(t, column.pattern.MatchString(test.bad), test.bad)
		assert.False(t, column.takes(test.bad), test.bad)
	}
}

func TestFilesThatNothingIsDetectedIn(t *testing.T) {
	timeless := "A,B\n" + strings.Repeat("1,x\n", 12)
	for name, test := range map[string]struct{ dataset, content, want string }{
		"a bad name":        {"Returns", returned(), `"Returns" is no name of a dataset`},
		"too few lines":     {"comebacks", "A\n1\n", "the file has 1 lines below its header"},
		"no time":           {"comebacks", timeless, "no column has a time in every line"},
		"a column's name":   {"comebacks", "9,B\n" + strings.Repeat("1,x\n", 12), `the header has "9"`},
		"one name of two":   {"comebacks", "A b,A-b\n" + strings.Repeat("1,x\n", 12), `the header has "A b" and "A-b"`},
		"semicolons":        {"comebacks", "A;B,C;D\n1;2,5;3\n", "the file is separated by ';'; landing takes ','"},
		"broken quotes":     {"comebacks", "A,B\n1,\"x", "the file is no CSV as landing takes it"},
		"a line of a field": {"comebacks", timeless + "1\n", "wrong number of fields"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := Write(t.TempDir(), test.dataset, []byte(test.content))
			assert.ErrorContains(t, err, test.want)
		})
	}
}

func TestADatasetBesideAnother(t *testing.T) {
	root := t.TempDir()
	for _, folder := range []string{"contracts", "glue-scripts/dataplatform/transforms"} {
		require.NoError(t, os.CopyFS(filepath.Join(root, folder), os.DirFS("../../"+folder)))
	}
	paths, _, err := Like(root, "sales_daily", "curated.sales_hourly")
	require.NoError(t, err)
	assert.Equal(t, []string{
		"contracts/curated/sales_daily.odcs.yaml", "glue-scripts/dataplatform/transforms/curated/sales_daily.py",
	}, paths)
	set, err := contracts.LoadFS(os.DirFS(filepath.Join(root, "contracts")))
	require.NoError(t, err)
	old, ok := set.Get("curated.sales_hourly")
	require.True(t, ok)
	made, ok := set.Get("curated.sales_daily")
	require.True(t, ok)
	assert.Equal(t, "1.0.0", made.Version)
	assert.Equal(t, old.Columns, made.Columns)
	assert.Equal(t, old.Upstream, made.Upstream)

	for want, id := range map[string]string{
		"there is no curated.nothing":    "curated.nothing",
		"processed.sales is not curated": "processed.sales",
	} {
		_, _, err := Like(root, "another", id)
		assert.ErrorContains(t, err, want)
	}
	_, _, err = Like(root, "sales_daily", "curated.sales_hourly")
	assert.ErrorContains(t, err, "is there already")
}
