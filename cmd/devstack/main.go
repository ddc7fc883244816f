// Command devstack runs the platform on this machine: the program deployed by the real engine to an emulator, and real
// data through it. Run it from the repository's root.
package main

import (
	"dataplatform/cmd/devstack/commands"
	"dataplatform/internal/cli"
)

func main() { cli.Main(commands.New()) }
