package platform

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
	"dataplatform/internal/pulumitest"
)

// TestContractsSayWhatS3Deletes: every dataset that is no Iceberg table has the rule of its prefix, and no table's files have one.
func TestContractsSayWhatS3Deletes(t *testing.T) {
	set, err := contracts.Load()
	require.NoError(t, err)
	for _, stack := range []string{"dev", "prod"} {
		rec, err := deployed(t, stack, stackSettings(t, stack))
		require.NoError(t, err)
		for _, layer := range []string{contracts.LayerRaw, contracts.LayerProcessed, contracts.LayerCurated} {
			want := map[string]float64{}
			for _, contract := range set.Layer(layer) {
				if contract.Format != contracts.FormatIceberg {
					want[contract.Prefix()] = float64(contract.SLA.RetentionDays)
				}
			}
			if layer == contracts.LayerRaw {
				want["quarantine-files/"], want["aws/lambda/"] = want["quarantine/"], want["clicks/"]
			}
			assert.Equal(t, want, expired(t, rec, layer), "%s of %s", layer, stack)
		}
		assert.Equal(t, map[string]float64{"": 7}, expired(t, rec, "landing"))
	}
}

// expired are the days of a bucket's expiry rules by prefix.
func expired(t *testing.T, rec *pulumitest.Recorder, layer string) map[string]float64 {
	t.Helper()
	rules, ok := rec.One(t, "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2", layer+"-lifecycle").Value("rules").([]any)
	require.True(t, ok)
	days := map[string]float64{}
	for _, rule := range rules {
		one := rule.(map[string]any)
		if strings.HasPrefix(one["id"].(string), "expire") {
			days[one["filter"].(map[string]any)["prefix"].(string)] = one["expiration"].(map[string]any)["days"].(float64)
		}
	}
	return days
}

func TestArchivesFitTheRetention(t *testing.T) {
	set, err := contracts.Load()
	require.NoError(t, err)
	for name, test := range map[string]struct {
		glacier, deep int
		want          []string // keys that are refused
	}{
		"as by default":                       {365, 730, nil},
		"quarantine ends 65 days later":       {300, 730, []string{"storage.raw.glacierAfterDays"}},
		"quarantine ends 90 days later":       {275, 730, nil},
		"quarantine ends 164 days into deep":  {0, 201, []string{"storage.raw.deepArchiveAfterDays"}},
		"customers end 30 days after deep":    {0, 3620, []string{"storage.raw.deepArchiveAfterDays"}},
		"both end too soon after their moves": {300, 3600, []string{"storage.raw.glacierAfterDays", "storage.raw.deepArchiveAfterDays"}},
	} {
		t.Run(name, func(t *testing.T) {
			settings, err := parse(t, with(valid(), map[string]any{"storage.raw.glacierAfterDays": test.glacier, "storage.raw.deepArchiveAfterDays": test.deep}))
			require.NoError(t, err)
			refused := map[string]bool{}
			for _, problem := range settings.contractProblems(set) {
				key, _, _ := strings.Cut(problem.Error(), ":")
				refused[key] = true
			}
			want := map[string]bool{}
			for _, key := range test.want {
				want[key] = true
			}
			assert.Equal(t, want, refused)
		})
	}
}

func TestMaintenanceSettings(t *testing.T) {
	for key, value := range map[string]int{"maintenance.scheduleHour": 24, "maintenance.snapshotDays": 0, "maintenance.orphanDays": 1} {
		_, err := parse(t, with(valid(), map[string]any{key: value}))
		require.ErrorContains(t, err, key)
	}
	_, err := parse(t, with(valid(), map[string]any{"maintenance.orphanDays": 2, "jobs.timeoutMinutes": 24*60 + 1}))
	require.ErrorContains(t, err, "maintenance.orphanDays: 2 is not allowed: want 3 to 365")
}
