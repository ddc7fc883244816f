package commands

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/spf13/cobra"

	"dataplatform/internal/cli"
	"dataplatform/internal/running"
	"dataplatform/operations/status"
)

func statusCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "status",
		Short:   "Show how new the datasets are, what the last runs did, what waits and which alarms sound",
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
		reader := status.Reader{
			Contracts: set, Outputs: t.Outputs, Objects: s3.NewFromConfig(t.AWS), Tables: glue.NewFromConfig(t.AWS),
			Ledger: dynamodb.NewFromConfig(t.AWS), StateMachines: sfn.NewFromConfig(t.AWS),
			Alarms: cloudwatch.NewFromConfig(t.AWS), Now: time.Now(),
		}
		found, err := reader.Read(c.Context())
		if err != nil {
			return err
		}
		return format.Write(c.OutOrStdout(), found)
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
