package cli

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Reference describes a program's commands, as Markdown below a heading of the second level.
func Reference(root *cobra.Command) string {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n\n%s\n\n| command | what |\n|---|---|\n", root.Name(), root.Long)
	for _, c := range root.Commands() {
		fmt.Fprintf(&b, "| [%s](#%s) | %s |\n", c.Name(), strings.ReplaceAll(c.CommandPath(), " ", "-"), c.Short)
	}
	for _, c := range root.Commands() {
		text := cmp.Or(c.Long, c.Short+".")
		if list := strings.Index(text, "\n  "); list >= 0 { // set in columns
			text = text[:list] + "\n```\n" + strings.TrimLeft(text[list+1:], "\n") + "\n```"
		}
		fmt.Fprintf(&b, "\n### %s\n\n%s\n\n```sh\n%s\n```\n", c.CommandPath(), text, c.Example)
		flags := ""
		c.NonInheritedFlags().VisitAll(func(flag *pflag.Flag) {
			kind, usage := pflag.UnquoteUsage(flag)
			if flag.DefValue != "" && flag.DefValue != "false" {
				usage += fmt.Sprintf(" (%s unless given)", flag.DefValue)
			}
			name := "--" + flag.Name
			if kind != "" {
				name += " " + kind
			}
			if flag.Name != "help" {
				flags += fmt.Sprintf("| `%s` | %s |\n", name, usage)
			}
		})
		if flags != "" {
			b.WriteString("\n| flag | what |\n|---|---|\n" + flags)
		}
	}
	return b.String()
}
