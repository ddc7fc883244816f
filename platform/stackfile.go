package platform

import (
	"encoding/json"
	"fmt"
	"os"

	"gopkg.in/yaml.v3"

	"dataplatform/governance"
)

// WantedAdmins is what the settings say about who administers the lake and who uses it.
func WantedAdmins(g GovernanceSettings) governance.Wanted {
	return governance.Wanted{
		Admins: g.Admins, Engineers: len(g.Engineers), Analysts: len(g.Analysts) + len(g.CountryAnalysts), DataScientists: len(g.DataScientists),
	}
}

// DisposalOf reads from a stack's file the region it is deployed to, and whether its data may be removed with it.
func DisposalOf(file string) (region string, disposable bool, err error) {
	settings, err := settingsOf(file)
	switch {
	case err != nil:
		return "", false, err
	case settings.Endpoint != "":
		return "", false, fmt.Errorf("%s: the stack is deployed to an emulator: go run ./cmd/devstack down removes it", file)
	}
	return settings.Region, settings.DisposableData, nil
}

// settingsOf reads the settings in a stack's file.
func settingsOf(file string) (Settings, error) {
	if err := CheckReadings(file); err != nil {
		return Settings{}, err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return Settings{}, err
	}
	var stack struct {
		Config map[string]any `yaml:"config"`
	}
	if err := yaml.Unmarshal(text, &stack); err != nil {
		return Settings{}, fmt.Errorf("%s: %w", file, err)
	}
	raw, err := json.Marshal(stack.Config["dataplatform:"+settingsKey])
	if err != nil {
		return Settings{}, fmt.Errorf("%s: %w", file, err)
	}
	settings, err := ParseSettings(raw)
	if err != nil {
		return Settings{}, fmt.Errorf("%s: %w", file, err)
	}
	return settings, nil
}
