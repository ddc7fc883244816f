package load

import (
	"maps"
	"slices"
	"time"

	"dataplatform/contracts/samples"
)

// Samples are the files that lie beside the contracts of datasets, by dataset, and what has to come of them. They
// arrive at the time given.
func Samples(arrival time.Time) (map[string][]Drop, map[string]Expected, error) {
	all, err := samples.All()
	if err != nil {
		return nil, nil, err
	}
	drops, expected := map[string][]Drop{}, map[string]Expected{}
	for dataset, set := range all {
		for _, name := range slices.Sorted(maps.Keys(set.Files)) {
			drops[dataset] = append(drops[dataset], Drop{Name: name, Content: set.Files[name], Arrival: arrival})
		}
		bad := set.Expected.Received() - set.Expected.Processed - set.Expected.Duplicates
		expected[dataset] = Expected{
			Received: set.Expected.Received(), Processed: set.Expected.Processed, Duplicates: set.Expected.Duplicates,
			Quarantined: bad, Reasons: set.Expected.Quarantined,
		}
	}
	return drops, expected, nil
}
