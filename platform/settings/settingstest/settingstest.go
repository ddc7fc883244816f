// Package settingstest makes settings for tests, as a stack's file has them.
package settingstest

import "strings"

// Valid are the keys without a default.
func Valid() map[string]any {
	return map[string]any{"prefix": "shop_test", "region": "eu-west-1", "owner": "data-team", "costCentre": "42"}
}

// With sets nested keys, such as clickstream.mode, and returns the settings.
func With(settings map[string]any, values map[string]any) map[string]any {
	for path, value := range values {
		at := settings
		keys := strings.Split(path, ".")
		for _, key := range keys[:len(keys)-1] {
			if _, ok := at[key]; !ok {
				at[key] = map[string]any{}
			}
			at = at[key].(map[string]any)
		}
		at[keys[len(keys)-1]] = value
	}
	return settings
}
