package contracts

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// hashed are columns that somebody made of others, and not by a secret.
var hashed = regexp.MustCompile(`(?i)\b(SHA-\d+|MD5|(?:hash|digest) of)\b`)

// TestHashesOfPersonalDataArePersonal: a number of five digits is counted out of its hash in a second, also where the
// hash is of a line or a file of which the rest is known.
func TestHashesOfPersonalDataArePersonal(t *testing.T) {
	set, err := LoadWithFeatures()
	require.NoError(t, err)
	found := 0
	for _, contract := range set.All() {
		if contract.Layer == LayerRaw || contract.Classification() != PersonalData {
			continue
		}
		for _, column := range contract.Columns {
			if hashed.MatchString(column.Description) {
				found++
				assert.Equal(t, PersonalData, column.Classification, "%s.%s", contract.ID, column.Name)
			}
		}
	}
	assert.GreaterOrEqual(t, found, 4, "line_key and file_digest of sales and customers")
	for _, id := range []string{"curated.customer_value", "curated.customers_current", "curated.recommendations"} {
		contract, ok := set.Get(id)
		require.True(t, ok)
		for _, column := range contract.Columns {
			if column.Name == PseudonymColumn {
				assert.Contains(t, column.Description, "a keyed hash of the customer number", id)
			}
		}
	}
}

// Whoever may query a table may ask "table$files" for the least and the greatest value of its columns.
func TestMetadataHoldNoBoundsOfPersonalColumns(t *testing.T) {
	set, err := LoadWithFeatures()
	require.NoError(t, err)
	hidden := 0
	for _, c := range set.All() {
		for _, column := range c.Columns {
			want := ""
			if c.Format == FormatIceberg && column.Classification != Public && column.Classification != Internal {
				want = "none"
				hidden++
			}
			assert.Equal(t, want, c.Properties["write.metadata.metrics.column."+column.Name], c.ID+" "+column.Name)
		}
	}
	assert.Greater(t, hidden, 20)
}
