// Package commands is the command line of devstack.
package commands

import (
	"github.com/spf13/cobra"

	"dataplatform/internal/cli"
	"dataplatform/platform/settings"
)

// New makes the program.
func New() *cobra.Command {
	root := cli.New("devstack", "Run the data platform on this machine, deployed to an emulator of AWS")
	root.Long = root.Short + `.

It is run from the repository's root. What it needs is made when it is first needed, into a cache folder; that takes minutes.`
	root.AddCommand(demoCommand(), upCommand(), trafficCommand(), envCommand(), downCommand(), previewCommand(),
		newCommand(), tryCommand(), upgradeCommand(), setupCommand())
	return root
}

// stackNames completes the names of stacks.
func stackNames(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	names, err := settings.Names(".")
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
