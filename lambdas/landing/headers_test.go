package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
)

const salesHeader = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"

// withChannel are the contracts with another version of raw.sales: it has a column Channel where at says, and what
// custom adds.
func withChannel(t *testing.T, version, before, custom string) *contracts.Set {
	t.Helper()
	folder := t.TempDir()
	require.NoError(t, os.CopyFS(folder, os.DirFS("../../contracts")))
	path := filepath.Join(folder, "raw", "sales.odcs.yaml")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	const column = "      - name: Channel\n        logicalType: string\n        physicalType: string\n        description: Where it was sold.\n        classification: internal\n"
	changed := strings.NewReplacer("version: 1.0.1", "version: "+version, "      - name: "+before+"\n",
		column+"      - name: "+before+"\n",
		"  - property: source\n", custom+"  - property: source\n").Replace(string(text))
	require.NoError(t, os.WriteFile(path, []byte(changed), 0o600))
	set, err := contracts.LoadFS(os.DirFS(folder))
	require.NoError(t, err)
	return set
}

func TestHeadersOfEveryVersionAreTaken(t *testing.T) {
	line := "\n1,2,,1,2010-12-01 08:26:00,1.00,,France"
	const ends = "  - property: headersUntil\n    value: {1.0.1: 2026-03-02}\n"
	const ended = "  - property: headersUntil\n    value: {1.0.1: 2026-03-01}\n"
	atTheEnd, first := salesHeader+",Channel", "Channel,"+salesHeader
	for _, test := range []struct {
		name, version, before, custom, give string
		folder                              string // empty for a file that is refused
	}{
		{"a column at the end: the new header", "1.1.0", "ingest_date", "", atTheEnd, "sales"},
		{"a column at the end: the old header", "1.1.0", "ingest_date", "", salesHeader, "sales"},
		{"a column before others: the new header", "1.1.0", "InvoiceNo", "", first, "sales/1.1.0"},
		{"a column before others: the old header", "1.1.0", "InvoiceNo", "", salesHeader, "sales"},
		{"no version's header", "1.1.0", "InvoiceNo", "", atTheEnd, ""},
		{"a major version: the new header", "2.0.0", "InvoiceNo", "", first, "sales/2.0.0"},
		{"a major version: the old header", "2.0.0", "InvoiceNo", "", salesHeader, ""},
		{"a major version: the old header in its time", "2.0.0", "InvoiceNo", ends, salesHeader, "sales"},
		{"a major version: the old header after its time", "2.0.0", "InvoiceNo", ended, salesHeader, ""},
		{"a minor version: the old header after its time", "1.1.0", "InvoiceNo", ended, salesHeader, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFixture(t)
			f.handler.Datasets = landingDatasets(withChannel(t, test.version, test.before, test.custom))
			give := test.give + line
			assert.Empty(t, f.drop(t, "sales/a.csv", give), f.log)
			if test.folder == "" {
				assert.Empty(t, f.ledger)
				for key := range f.stored {
					assert.True(t, strings.HasPrefix(key, "quarantine-files/") ||
						strings.Contains(key, "/reason="+contracts.ReasonWrongHeader+"/"), key)
				}
				return
			}
			entry := f.ledger["sales/"+digestOf(give)]
			assert.Equal(t, test.folder+"/ingest_date=2026-03-01/ingest_hour=12/"+digestOf(give)+".csv.gz", entry.Key)
			assert.Equal(t, strings.Split(test.give, ","), entry.Columns)
			assert.Empty(t, entry.Mapping)
			assert.Contains(t, f.stored, entry.Key)
		})
	}
}

// A historical import says when its content arrived: the old header was right then.
func TestAnImportHasTheHeaderOfItsTime(t *testing.T) {
	f := newFixture(t)
	f.handler.Datasets = landingDatasets(withChannel(t, "1.1.0", "InvoiceNo",
		"  - property: headersUntil\n    value: {1.0.1: 2026-03-01}\n"))
	f.metadata["sales/a.csv"] = map[string]string{arrivalMetadata: "2026-02-28T23:59:59Z"}
	assert.Empty(t, f.drop(t, "sales/a.csv", content), f.log)
	assert.Len(t, f.ledger, 1)
	f.metadata["sales/b.csv"] = map[string]string{arrivalMetadata: "2026-03-01T00:00:00Z"}
	assert.Empty(t, f.drop(t, "sales/b.csv", content+"2"+content[strings.Index(content, "\n")+2:]), f.log)
	assert.Len(t, f.ledger, 1)
	assert.Contains(t, f.log.String(), "the header is that of version 1.0.0, which is not taken any more")
}
