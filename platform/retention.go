package platform

import (
	"slices"

	"dataplatform/components"
	"dataplatform/contracts"
	"dataplatform/platform/settings"
	"dataplatform/policies"
)

// expiries are, by prefix of a layer's bucket, the days after which S3 deletes objects, as the contracts say. Iceberg
// tables are not among them: their rows end by the maintenance, file and row being different things there. Neither are
// the objects below assets/: they are their source's, which deletes them; the rows about them end.
func (p plan) expiries(layer string) map[string]int {
	days := map[string]int{}
	for _, contract := range p.contracts.Layer(layer) {
		if contract.Format == contracts.FormatIceberg {
			if layer == contracts.LayerFeatures { // files of runs hold rows of its tables, or follow from them
				for _, prefix := range policies.FeaturesRunPrefixes {
					days[prefix] = max(days[prefix], contract.SLA.RetentionDays)
				}
				if p.settings.Recommendations.Endpoint.CapturePercent > 0 {
					days[policies.CapturePrefix] = days[policies.BatchPrefix]
				}
				if slices.Contains(p.grouped(), contract) {
					days[policies.FeatureStorePrefix] = contract.SLA.RetentionDays
				}
			}
			continue
		}
		if contract.Source == contracts.SourceBeside { // within the folder of another, as long as that
			continue
		}
		days[contract.Prefix()] = contract.SLA.RetentionDays
		if contract.Source == contracts.SourcePlatform {
			// quarantine: the refused files belong to the rows that tell of them
			days[policies.QuarantineFilesPrefix] = contract.SLA.RetentionDays
		}
	}
	switch layer {
	case settings.LayerArtifacts:
		days[components.ResultsPrefix] = p.settings.Analytics.ResultsExpireAfterDays
		days[policies.ErasureRequestsPrefix], days[policies.ExportRequestsPrefix] = requestDays, requestDays
		days[policies.ExportsPrefix] = exportDays
	case settings.LayerDiscarded: // records of the stream, for as long as raw would keep them
		for _, contract := range p.contracts.Layer(contracts.LayerRaw) {
			if contract.Source == contracts.SourceStream {
				days[policies.FailurePrefix] = contract.SLA.RetentionDays
			}
		}
	}
	return days
}
