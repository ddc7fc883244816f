package platform

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"gopkg.in/yaml.v3"

	"dataplatform/governance"
)

// GovernanceOf reads what a stack's file says about who administers the lake and who uses it, for the preflight, and the
// region it is deployed to.
func GovernanceOf(file string) (governance.Wanted, string, error) {
	fail := func(err error) (governance.Wanted, string, error) {
		return governance.Wanted{}, "", fmt.Errorf("%s: %w", file, err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return governance.Wanted{}, "", err
	}
	var stack struct {
		Config map[string]any `yaml:"config"`
	}
	if err := yaml.Unmarshal(text, &stack); err != nil {
		return fail(err)
	}
	raw, err := json.Marshal(stack.Config["dataplatform:"+settingsKey])
	if err != nil {
		return fail(err)
	}
	settings, problems := parseSettings(raw)
	if len(problems) > 0 {
		return fail(errors.Join(problems...))
	}
	switch {
	case settings.Endpoint != "":
		return fail(errors.New("the stack is deployed to an emulator, which has no admins to lose"))
	case !settings.Governance.Enabled:
		return fail(errors.New("governance.enabled is false: Lake Formation is left alone"))
	}
	g := settings.Governance
	return governance.Wanted{
		Admins: g.Admins, Engineers: len(g.Engineers), Analysts: len(g.Analysts) + len(g.CountryAnalysts), DataScientists: len(g.DataScientists),
	}, settings.Region, nil
}
