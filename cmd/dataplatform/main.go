// Command dataplatform is what operators do with a stack: look at it, replay, erase, destroy. Run it from the
// repository's root.
package main

import (
	"dataplatform/cmd/dataplatform/commands"
	"dataplatform/internal/cli"
)

func main() { cli.Main(commands.New()) }
