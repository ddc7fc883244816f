package commands

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"dataplatform/internal/cli"
	"dataplatform/internal/running"
	"dataplatform/local/stack"
	"dataplatform/platform"
	"dataplatform/platform/settings"
)

// upState is where a platform that stays running keeps its files.
const upState = "build/local"

func upCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "up", Short: "Start the emulator, deploy, and leave it running; update one that is running",
		Example: "devstack up\ndevstack up --endpoint http://127.0.0.1:4566 --stack prod", Args: cli.NoArgs,
	}
	var u deployment
	c.Flags().BoolVar(&u.learn, "ml", false, "with recommendations")
	c.Flags().StringVar(&u.stack, "stack", stack.Name,
		"deploy the stack of this `name` as its file has it, but for the endpoint and what its functions run on")
	cli.Must(c.RegisterFlagCompletionFunc("stack", stackNames))
	c.Flags().StringVar(&u.endpoint, "endpoint", "",
		"deploy to this `URL`, which has to speak AWS's API, instead of an emulator of its own, and say what was refused there")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := settings.Known(".", u.stack); err != nil {
			return cli.UsageError{Err: err}
		}
		if address, err := url.Parse(u.endpoint); u.endpoint != "" &&
			(err != nil || address.Host == "" || strings.Trim(address.Path, "/") != "") {
			return cli.Usage("--endpoint %q: want a URL without a path, such as http://127.0.0.1:4566", u.endpoint)
		}
		u.endpoint = strings.TrimSuffix(u.endpoint, "/")
		u.out, u.log = c.OutOrStdout(), c.ErrOrStderr()
		return u.up(c.Context())
	}
	return c
}

// deployment is what is to be left running.
type deployment struct {
	stack, endpoint string
	learn           bool
	out, log        io.Writer
}

func (u *deployment) up(ctx context.Context) error {
	there, err := stack.Attach(stack.Options{Root: "."})
	again := err == nil && there.Foreign() == (u.endpoint != "") &&
		(u.endpoint == "" || there.Endpoint == u.endpoint) && there.Stack() == u.stack
	switch {
	case err == nil && !again:
		return fmt.Errorf("another platform is running already, %s at %s: `go run ./cmd/devstack down` stops it",
			there.Stack(), there.Endpoint)
	case err != nil && !errors.Is(err, running.ErrNotRunning):
		return err
	}
	if err := plannable(".", u.stack); err != nil {
		return err
	}
	state, err := filepath.Abs(upState)
	if err != nil {
		return err
	}
	options, err := stack.Prepare(ctx, ".", state, platform.Deploy, u.log)
	if err != nil {
		return err
	}
	if u.stack != stack.Name {
		if err := options.Deploy(u.stack, nil); err != nil {
			return err
		}
	}
	if u.learn || again && there.Outputs.Jobs["features"] != "" { // what it was started with stays
		if err := options.Learn(ctx); err != nil {
			return err
		}
	}
	if again && u.endpoint == "" {
		return u.update(ctx, options)
	}
	// A new platform has been sent nothing.
	if err := os.Remove(ledgerFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if u.endpoint != "" {
		return u.upElsewhere(ctx, options, again)
	}
	p, err := stack.Start(ctx, options)
	if err != nil {
		return err
	}
	if err := p.WarmQueryEngine(ctx); err != nil {
		return errors.Join(err, p.Close())
	}
	if _, err := p.Up(ctx); err != nil {
		return errors.Join(err, p.Close())
	}
	if err := p.SaveRunning(); err != nil {
		return errors.Join(err, p.Close())
	}
	fmt.Fprintf(u.out, "running at %s, see %s; `go run ./cmd/devstack down` ends it\n", p.Endpoint, running.RecordFile)
	engine, err := p.QueryEngine(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(u.out, "queries: dataplatform query; as user %s without a password %s, page %s/ui\n",
		engine.User, engine.JDBC, engine.URL)
	return nil
}

// update brings the platform that is running to the work tree, with the data that it has, and prints what changed.
func (u *deployment) update(ctx context.Context, options stack.Options) error {
	p, err := stack.Attach(options)
	if err != nil {
		return err
	}
	made, err := p.Up(ctx)
	for _, change := range made.Changes {
		fmt.Fprintln(u.out, change)
	}
	if err != nil {
		return fmt.Errorf("%w: the platform at %s goes on with what of it was updated", err, p.Endpoint)
	}
	fmt.Fprintf(u.out, "%d resources were changed; running at %s\n", len(made.Changes), p.Endpoint)
	return p.SaveRunning()
}

// upElsewhere deploys to an endpoint that somebody else runs, as far as that goes, and prints what was refused; again
// says that a deployment by this command is there, which goes on, and of which all that changes is printed.
func (u *deployment) upElsewhere(ctx context.Context, options stack.Options, again bool) error {
	connect, deploy := stack.Attach, (*stack.Platform).UpAgain
	if !again {
		connect = func(options stack.Options) (*stack.Platform, error) { return stack.Connect(options, u.endpoint) }
		deploy = (*stack.Platform).Up
	}
	p, err := connect(options)
	if err != nil {
		return err
	}
	if err := p.Admit(ctx); err != nil {
		if again {
			return err // what is there stays known
		}
		return errors.Join(err, p.Close())
	}
	made, upErr := deploy(p, ctx)
	if ctx.Err() == nil {
		for _, refusal := range made.Refused {
			fmt.Fprintln(u.out, strings.Join(strings.Fields(refusal.String()), " "))
		}
		fmt.Fprintf(u.out, "%s: %d resources are there, %d were refused; what waits for those was not tried\n",
			u.endpoint, made.Made, len(made.Refused))
	}
	if again {
		for _, change := range made.Changes {
			fmt.Fprintln(u.out, change)
		}
		fmt.Fprintf(u.out, "%d resources were changed\n", len(made.Changes))
	}
	// Also what was made in part is to be taken down again.
	if err := p.SaveRunning(); err != nil {
		return errors.Join(upErr, err)
	}
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("%w: `go run ./cmd/devstack down` removes what is there", upErr)
	case upErr != nil:
		return fmt.Errorf("%s does not take all of the platform; `go run ./cmd/devstack down` removes what is there",
			u.endpoint)
	}
	fmt.Fprintf(u.out, "see %s; `go run ./cmd/devstack down` removes it\n", running.RecordFile)
	return nil
}
