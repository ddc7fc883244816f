package platform

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
	"dataplatform/internal/pulumitest"
)

// TestContractsSayWhatS3Deletes: every dataset that is no Iceberg table has the rule of its prefix, and no table's
// files have one.
func TestContractsSayWhatS3Deletes(t *testing.T) {
	set, err := contracts.Load()
	require.NoError(t, err)
	for _, stack := range []string{"dev", "prod"} {
		rec, err := deployed(t, stack, stackSettings(t, stack))
		require.NoError(t, err)
		for _, layer := range []string{contracts.LayerRaw, contracts.LayerProcessed, contracts.LayerCurated} {
			want := map[string]float64{}
			for _, contract := range set.Layer(layer) {
				// that goes with its dataset's folder
				if contract.Format != contracts.FormatIceberg && contract.Source != contracts.SourceBeside {
					want[contract.Prefix()] = float64(contract.SLA.RetentionDays)
				}
			}
			if layer == contracts.LayerRaw {
				want["quarantine-files/"] = want["quarantine/"]
				assert.Equal(t, map[string]float64{"aws/lambda/": want["clicks/"]}, expired(t, rec, "discarded"))
			}
			assert.Equal(t, want, expired(t, rec, layer), "%s of %s", layer, stack)
		}
		assert.Equal(t, map[string]float64{"": 7}, expired(t, rec, "landing"))
	}
}

// expired are the days of a bucket's expiry rules by prefix.
func expired(t *testing.T, rec *pulumitest.Recorder, layer string) map[string]float64 {
	t.Helper()
	rules, ok := rec.One(t, "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2", layer+
		"-lifecycle").Value("rules").([]any)
	require.True(t, ok)
	days := map[string]float64{}
	for _, rule := range rules {
		one := rule.(map[string]any)
		if strings.HasPrefix(one["id"].(string), "expire") {
			days[one["filter"].(map[string]any)["prefix"].(string)] =
				one["expiration"].(map[string]any)["days"].(float64)
		}
	}
	return days
}
