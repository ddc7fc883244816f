package preview

import (
	"crypto/sha256"
	"fmt"

	"dataplatform/internal/graph"
	"dataplatform/platform/settings"
)

// Everything is the name of a stack that the project does not have: dev with all on that is off by default.
const Everything = "everything"

// Recorded is what a stack registers.
type Recorded struct {
	Stack    string
	Recorder *graph.Recorder
}

// RecordAll records the project's stacks and Everything.
func RecordAll(root string) ([]Recorded, error) {
	names, err := settings.Names(root)
	if err != nil {
		return nil, err
	}
	var all []Recorded
	for _, name := range names {
		rec, err := Record(root, name)
		if err != nil {
			return nil, fmt.Errorf("stack %s: %w", name, err)
		}
		all = append(all, Recorded{name, rec})
	}
	given, err := EverythingOn(root)
	if err != nil {
		return nil, err
	}
	rec, err := RecordSettings(root, Everything, given)
	if err != nil {
		return nil, fmt.Errorf("stack %s: %w", Everything, err)
	}
	return append(all, Recorded{Everything, rec}), nil
}

// EverythingOn are dev's settings with all on that is off by default, and somebody of every kind who may look.
func EverythingOn(root string) (map[string]any, error) {
	given, err := settings.Object(root, "dev")
	if err != nil {
		return nil, err
	}
	role := func(name string) []any { return []any{"arn:aws:iam::" + graph.Account + ":role/" + name} }
	const group = "arn:aws:quicksight:" + graph.Region + ":" + graph.Account + ":group/default/analysts"
	for key, value := range map[string]any{
		"prefix":          "shop_" + Everything,
		"recommendations": map[string]any{"enabled": true, "featureGroup": true},
		"analytics": map[string]any{
			"quickSight": map[string]any{"enabled": true, "viewers": []any{group}},
			"redshift":   map[string]any{"enabled": true},
		},
		"catalog": map[string]any{"encrypted": true},
		"cost":    map[string]any{"monthlyUsd": 400, "anomalyUsd": 100, "allocationTags": true},
		"lineage": map[string]any{"endpoint": "https://marquez.example.com/api/v1/lineage"},
		"alarms":  map[string]any{"emails": []any{"data-team@example.com"}},
		"collector": map[string]any{
			"enabled": true, "origins": []any{"https://www.example.com"}, "cloudFront": true,
			"writeKeys": []any{
				map[string]any{"sha256": fmt.Sprintf("%x", sha256.Sum256([]byte("browsers")))},
				map[string]any{"sha256": fmt.Sprintf("%x", sha256.Sum256([]byte("servers"))), "server": true},
			},
		},
		"landing": map[string]any{"producers": role("shop")},
		"assets":  map[string]any{"sources": role("shop")},
		"governance": map[string]any{
			"enabled": true, "admins": role("deployer"), "engineers": role("engineer"),
			"dataScientists": role("data-scientist"), "analysts": role("analyst"),
			"countryAnalysts": []any{map[string]any{"role": role("analyst-fr")[0], "countries": []any{"FR", "DE"}}},
		},
	} {
		given[key] = value
	}
	return given, nil
}
