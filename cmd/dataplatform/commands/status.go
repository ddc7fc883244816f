package commands

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"dataplatform/internal/cli"
	"dataplatform/internal/running"
	"dataplatform/operations/status"
)

func statusCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "status",
		Short: "Show how new the datasets are, what the last runs did, what waits and which alarms sound",
		Long: `Show how new the datasets are, what the last runs did, what waits and which alarms sound.

The exit status is 0 when all is well, 3 when an alarm sounds, a run has failed, or something is late, put apart, given up
or among dead letters, and 1 when a part could not be read; the others are shown all the same.`,
		Example: "dataplatform status\ndataplatform status --stack prod\ndataplatform status --json | jq '.pipelines[] | select(.late)'",
		Args:    cli.NoArgs,
	}
	where, format := readsFrom(c), cli.FormatOf(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		t, err := where.find(c)
		if errors.Is(err, running.ErrNotRunning) {
			return format.Write(c.OutOrStdout(), nothing{Reason: err.Error()}) // which is a status
		}
		if err != nil {
			return err
		}
		set, err := t.Outputs.Contracts()
		if err != nil {
			return err
		}
		found := status.New(t.AWS, set, t.Outputs).Read(c.Context())
		if err := format.Write(c.OutOrStdout(), found); err != nil {
			return err
		}
		switch {
		case c.Context().Err() != nil:
			return c.Context().Err()
		case len(found.Unread) > 0:
			return fmt.Errorf("%d parts could not be read", len(found.Unread))
		case !found.Well():
			return cli.ErrAttention
		}
		return nil
	}
	return c
}

// nothing is the status where no platform is.
type nothing struct {
	Reason string `json:"notRunning"`
}

func (n nothing) Print(w io.Writer) error {
	_, err := fmt.Fprintln(w, n.Reason)
	return err
}
