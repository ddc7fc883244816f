package platform

import (
	"fmt"
	"slices"

	"dataplatform/components"
	"dataplatform/contracts"
	"dataplatform/policies"
)

// expiries are, by prefix of a layer's bucket, the days after which S3 deletes objects, as the contracts say. Iceberg tables are
// not among them: their rows end by the maintenance, file and row being different things there. Neither are the objects below
// assets/: they are their source's, which deletes them; the rows about them end.
func (d *deployment) expiries(layer string) map[string]int {
	days := map[string]int{}
	for _, contract := range d.contracts.Layer(layer) {
		if contract.Format == contracts.FormatIceberg {
			if layer == contracts.LayerFeatures { // files of runs hold rows of its tables, or follow from them
				for _, prefix := range policies.FeaturesRunPrefixes {
					days[prefix] = max(days[prefix], contract.SLA.RetentionDays)
				}
				if d.settings.Recommendations.Endpoint.CapturePercent > 0 {
					days[policies.CapturePrefix] = days[policies.BatchPrefix]
				}
				if slices.Contains(d.grouped(), contract) {
					days[policies.FeatureStorePrefix] = contract.SLA.RetentionDays
				}
			}
			continue
		}
		days[contract.Prefix()] = contract.SLA.RetentionDays
		switch contract.Source {
		case contracts.SourcePlatform: // quarantine: the refused files belong to the rows that tell of them
			days[policies.QuarantineFilesPrefix] = contract.SLA.RetentionDays
		case contracts.SourceStream: // batches that failed for good hold records of the stream
			days[policies.FailurePrefix] = contract.SLA.RetentionDays
		}
	}
	if layer == layerArtifacts {
		days[components.ResultsPrefix] = d.settings.Analytics.ResultsExpireAfterDays
		days[policies.ErasureRequestsPrefix] = requestDays
	}
	return days
}

// checkRetention refuses moves of which S3 bills days on which nothing is stored any more.
func (l LayerSettings) checkRetention(p *problems, key string, datasets []*contracts.Contract) {
	for _, move := range []struct {
		name           string
		after, minimum int
	}{
		{"glacierAfterDays", l.GlacierAfterDays, components.GlacierMinimumDays},
		{"deepArchiveAfterDays", l.DeepArchiveAfterDays, components.DeepArchiveMinimumDays},
	} {
		for _, contract := range datasets {
			kept := contract.SLA.RetentionDays
			if move.after > 0 && move.after < kept && kept < move.after+move.minimum {
				p.add(key+"."+move.name, move.after, fmt.Sprintf("0 for never, at most %d, or at least %d: the class bills %d days, and %s is deleted after %d",
					kept-move.minimum, kept, move.minimum, contract.ID, kept))
			}
		}
	}
}
