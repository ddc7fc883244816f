package cli

import (
	"encoding/json"
	"io"

	"github.com/spf13/cobra"
)

// Printer is a result that knows how it reads on a screen; as JSON it is its exported fields.
type Printer interface{ Print(io.Writer) error }

// Format is how a result is written.
type Format struct{ JSON bool }

// FormatOf declares --json.
func FormatOf(c *cobra.Command) *Format {
	f := &Format{}
	c.Flags().BoolVar(&f.JSON, "json", false, "print JSON instead of a table")
	return f
}

// Write writes a result.
func (f Format) Write(out io.Writer, result Printer) error {
	if !f.JSON {
		return result.Print(out)
	}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(result)
}
