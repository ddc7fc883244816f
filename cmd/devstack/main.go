// Command devstack runs the platform on this machine: the program deployed by the real engine to an emulator, and real data
// through it. Run it from the repository's root.
package main

import "dataplatform/internal/cli"

func main() { cli.Dispatch("devstack", commands()) }

func commands() []cli.Command {
	return []cli.Command{
		{Name: "demo", Summary: "run everything once: deploy, data in, queries, counts, destroy", Run: runDemo},
		{Name: "up", Summary: "start the emulator, deploy, leave it running; --endpoint URL deploys to another one, --stack NAME another stack", Run: up},
		{Name: "traffic", Summary: "send clicks and sales to the running platform, process and count them", Run: sendTraffic},
		{Name: "down", Summary: "destroy what is deployed and stop the emulator", Run: down},
		{Name: "preview", Summary: "plan the named stacks (dev and prod) against the emulator", Run: planStacks},
		{Name: "upgrade", Summary: "deploy what a commit had (--from), update it to this work tree: nothing may be replaced or deleted but code", Run: upgradeFrom},
		{Name: "setup", Summary: "make the tools that the other commands need", Run: setup},
	}
}
