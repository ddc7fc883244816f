package load

import (
	"bytes"
	"encoding/csv"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// keysOf are the keys of an order file's lines.
func keysOf(content string) (keys []string) {
	sales, err := rawContract("sales")
	if err != nil {
		panic(err)
	}
	for _, line := range Lines(sales, []byte(content)) {
		keys = append(keys, line.Key)
	}
	return keys
}

func TestALineEndWithinQuotesIsContent(t *testing.T) {
	header := strings.Join(salesHeader, ",")
	fields := []string{"1", "A", "a\r\nb", "6", "2025-06-02 09:00:00", "2.55", "17850", "France"}
	crlf := keysOf(header + "\r\n" + `1,A,"a` + "\r\n" + `b",6,2025-06-02 09:00:00,2.55,17850,France` + "\r\n")
	assert.Equal(t, []string{LineKey(fields)}, crlf)
	assert.NotEqual(t, crlf, keysOf(header+"\n"+`1,A,"a`+"\n"+`b",6,2025-06-02 09:00:00,2.55,17850,France`+"\n"))

	const object = `{"InvoiceNo":1,"StockCode":"A","Description":"a\r\nb","Quantity":6,"InvoiceDate":"2025-06-02 09:00:00","UnitPrice":2.55,
		"CustomerID":"17850","Country":"France"}`
	assert.Equal(t, []string{crlf[0], ""}, keysOf("["+object+", null]"))
	line := strings.Join(strings.Fields(object), "")
	assert.Equal(t, []string{"", keysOf("[" + line + "]")[0]}, keysOf("{\n\n"+line+"\n"),
		"a value a line; the first is none")
}

func TestAFileOfAnotherEncodingIsRefusedAsAWhole(t *testing.T) {
	row := "\n1,A,caf\xe9,6,2025-06-02 09:00:00,2.55,17850,France"
	assert.Equal(t, []string{""}, keysOf(strings.Join(salesHeader, ",")+row+row))
}

func TestARowWithoutAValueIsNoRecord(t *testing.T) {
	row := "\n1,A,mug,6,2025-06-02 09:00:00,2.55,17850,France"
	keys := keysOf(strings.Join(salesHeader, ",") + "\n,,,,,,," + row + "\n  \n\t,,\u00a0,,,,,\n\"\"" + row + "\n")
	assert.Len(t, keys, 2)
}

// TestOtherwiseRecordsAreThoseOfTheLibrary: without carriage returns both readers say the same.
func TestOtherwiseRecordsAreThoseOfTheLibrary(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	broken := 0
	for range 20_000 {
		text := make([]byte, random.IntN(12))
		for i := range text {
			text[i] = "ab ,,\"\"\n"[random.IntN(8)]
		}
		reader := csv.NewReader(bytes.NewReader(text))
		reader.FieldsPerRecord = -1
		want, wrong := reader.ReadAll()
		got, err := csvRecords(text)
		require.Equal(t, wrong != nil, err != nil, "%q: %v, %v", text, wrong, err)
		if err != nil {
			broken++
			continue
		}
		require.Equal(t, len(want), len(got), "%q", text)
		for i := range want {
			require.Equal(t, want[i], got[i], "%q", text)
		}
	}
	assert.Greater(t, broken, 1000)
}

func TestPoisonCountsUp(t *testing.T) {
	files, expected := GeneratePoison()
	for dataset, drops := range files {
		contract, err := rawContract(dataset)
		require.NoError(t, err)
		want := expected[dataset]
		ledger := &Ledger{}
		for _, drop := range drops {
			(&FileSender{Ledger: ledger}).book(contract, drop.Name, drop)
		}
		assert.Len(t, ledger.Lines, want.Received, dataset)
		keys := map[string]bool{}
		repeated := 0
		for _, line := range ledger.Lines {
			assert.NotContains(t, line.Identity, ":0", "every file can be taken apart")
			if keys[line.Key] && line.Key != "" {
				repeated++
			}
			keys[line.Key] = true
		}
		assert.Equal(t, want.Duplicates, repeated, dataset)
		assert.Equal(t, want.Received, want.Processed+want.Duplicates+want.Quarantined, dataset)
		assert.Len(t, ledger.ArrivalHours(dataset), 1, dataset)
	}
	assert.Equal(t, 1, expected["sales"].Duplicates, "one line as CSV and as JSON")
	assert.Len(t, expected["sales"].Reasons, 5)
}
