package commands

import (
	"errors"
	"fmt"
	"os/exec"

	"dataplatform/platform/settings"
)

// networkPlugin is what the engine runs for a private network. Only what is on this machine is run, and the plugin is
// not served everywhere.
const networkPlugin = "pulumi-resource-awsx"

// plannable says of valid settings what this machine cannot plan, before anything is started.
func plannable(root string, stacks ...string) error {
	var errs []error
	for _, name := range stacks {
		of, err := settings.Of(root, name)
		if err != nil {
			return err
		}
		if !of.Analytics.Redshift.Enabled {
			continue
		}
		if _, err := exec.LookPath(networkPlugin); err != nil {
			errs = append(errs, fmt.Errorf("%s: analytics.redshift.enabled is valid, and cannot be planned here: its "+
				"private network needs %s on the PATH, and it is not there. Without it: switch Redshift off for the plan; "+
				"dataplatform doctor --stack %s says what deploying to AWS needs", settings.File("", name), networkPlugin, name))
		}
	}
	return errors.Join(errs...)
}
