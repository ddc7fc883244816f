// Package bootstrap starts a function: its log, its settings, its configuration of the AWS SDK, and the loop that takes
// invocations.
package bootstrap

import (
	"context"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"

	"dataplatform/lambdas/internal/emf"
)

// Function is what a handler is built from.
type Function struct {
	Environment
	Logger *slog.Logger
	AWS    aws.Config
}

// Metrics writes to the namespace that the environment names.
func (f *Function) Metrics() emf.Writer {
	return emf.Writer{Out: os.Stdout, Namespace: f.String("METRICS_NAMESPACE")}
}

// Builder makes a handler. It need not ask for mistakes of the environment: a handler made of them takes no invocation.
type Builder[H any] func(*Function) (H, error)

// Option is an option of the AWS SDK's configuration.
type Option = func(*config.LoadOptions) error

// Start builds a handler and gives it the events of invocations. It does not return.
func Start[H, In, Out any](build Builder[H], handle func(H, context.Context, In) (Out, error), options ...Option) {
	handler := mustBuild(build, options)
	lambda.Start(func(ctx context.Context, event In) (Out, error) { return handle(handler, ctx, event) })
}

// StartHandler is Start for a handler that takes the payload undecoded.
func StartHandler[H lambda.Handler](build Builder[H], options ...Option) {
	lambda.Start(mustBuild(build, options))
}

// mustBuild ends the process when there is no handler: Lambda reports that as Runtime.ExitError, and the log has the
// reason.
func mustBuild[H any](build Builder[H], options []Option) H {
	logger := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	handler, err := built(context.Background(), logger, build, options)
	if err != nil {
		logger.Error("the function cannot start", "error", err)
		os.Exit(1)
	}
	return handler
}

func built[H any](ctx context.Context, logger *slog.Logger, build Builder[H], options []Option) (H, error) {
	var none H
	loaded, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return none, err
	}
	function := &Function{Logger: logger, AWS: loaded}
	handler, err := build(function)
	// What fails because of a mistake in the environment only repeats it.
	if mistakes := function.Err(); mistakes != nil {
		return none, mistakes
	}
	return handler, err
}
