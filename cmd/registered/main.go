// Command registered prints what a stack registers, as JSON, for programs that link no engine. Run it from the
// repository's root:
//
//	go run ./cmd/registered dev
package main

import (
	"encoding/json"

	"github.com/spf13/cobra"

	"dataplatform/internal/cli"
	"dataplatform/platform/preview"
	"dataplatform/platform/settings"
)

func main() { cli.Main(command()) }

func command() *cobra.Command {
	c := cli.New("registered", "Print what a stack registers, as JSON")
	c.Use, c.Args = "registered <stack>", cobra.ExactArgs(1)
	c.RunE = func(c *cobra.Command, args []string) error {
		if err := settings.Known(".", args[0]); err != nil {
			return cli.UsageError{Err: err}
		}
		resources, err := preview.Registered(".", args[0])
		if err != nil {
			return err
		}
		return json.NewEncoder(c.OutOrStdout()).Encode(resources)
	}
	return c
}
