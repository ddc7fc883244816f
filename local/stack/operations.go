package stack

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/events"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optdestroy"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optpreview"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optup"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// parallel is how many resources the engine works on at a time. Nearly all of
// an operation is waiting for eventual consistency inside the provider, so more
// than the engine's default (four a core) pays on a small machine.
const parallel = 32

// Operation is the report of one engine operation.
type Operation struct {
	Seconds float64 `json:"seconds"`
	// Resources is how many the stack has, components and the provider included.
	Resources int `json:"resources"`
	// Made is how many of them the operation got done with, unchanged ones included; Refused are those that it did not.
	Made    int       `json:"-"`
	Refused []Refusal `json:"-"`
	// Changes lists what was changed, created or deleted, in order.
	Changes []Change `json:"changes,omitempty"`
	// Slowest are the longest steps, longest first.
	Slowest []Step `json:"slowest,omitempty"`
}

// Up deploys the stack.
func (p *Platform) Up(ctx context.Context) (Operation, error) { return p.up(ctx, "up") }

// UpAgain deploys once more after reading every resource back. What it changed
// is drift: on a sound platform nothing.
func (p *Platform) UpAgain(ctx context.Context) (Operation, error) {
	return p.up(ctx, "second up", optup.Refresh())
}

func (p *Platform) up(ctx context.Context, title string, options ...optup.Option) (Operation, error) {
	return p.operate(ctx, title, p.options.Stack, func(s auto.Stack, stream chan events.EngineEvent) error {
		// The emulator's port is the one setting that no file can know.
		if err := s.SetConfigWithOptions(ctx, "dataplatform:settings.endpoint", auto.ConfigValue{Value: p.Endpoint},
			&auto.ConfigOptions{Path: true}); err != nil {
			return err
		}
		if err := change(ctx, s, p.options.Settings); err != nil {
			return err
		}
		if p.emulator.foreign { // to see all that it refuses
			options = append(options, optup.ContinueOnError())
		}
		result, err := s.Up(ctx,
			append(options, optup.EventStreams(stream), optup.Parallel(parallel), optup.SuppressProgress())...)
		if err != nil {
			return err
		}
		p.Outputs, err = decodeOutputs(result.Outputs)
		return err
	})
}

// Preview plans another stack of the project with its files as they are
// against the emulator. Settings are changed before, by their paths.
func (p *Platform) Preview(ctx context.Context, stack string, settings map[string]string) (Operation, error) {
	title := "preview of " + stack
	if len(settings) > 0 {
		title += " with " + strings.Join(slices.Sorted(maps.Keys(settings)), ", ")
	}
	return p.operate(ctx, title, stack, func(s auto.Stack, stream chan events.EngineEvent) error {
		if err := change(ctx, s, settings); err != nil {
			return err
		}
		_, err := s.Preview(ctx, optpreview.EventStreams(stream), optpreview.Parallel(parallel),
			optpreview.SuppressProgress())
		return err
	})
}

// change gives settings of a stack other values, by their paths.
func change(ctx context.Context, s auto.Stack, settings map[string]string) error {
	for key, value := range settings {
		if err := s.SetConfigWithOptions(ctx, "dataplatform:settings."+key, auto.ConfigValue{Value: value},
			&auto.ConfigOptions{Path: true}); err != nil {
			return err
		}
	}
	return nil
}

// Destroy removes everything that Up made.
func (p *Platform) Destroy(ctx context.Context) (Operation, error) {
	return p.destroy(ctx, "destroy")
}

// DestroyUnprotected removes what nothing protects, as `pulumi destroy --exclude-protected` does: what a stack that
// keeps its data can lose.
func (p *Platform) DestroyUnprotected(ctx context.Context) (Operation, error) {
	return p.destroy(ctx, "destroy of what is not protected", func(s auto.Stack) {
		s.Workspace().SetEnvVar("PULUMI_OPTION_EXCLUDE_PROTECTED", "true") // the Automation API has no option for it
	})
}

func (p *Platform) destroy(ctx context.Context, title string, prepare ...func(auto.Stack)) (Operation, error) {
	return p.operate(ctx, title, p.options.Stack, func(s auto.Stack, stream chan events.EngineEvent) error {
		for _, change := range prepare {
			change(s)
		}
		_, err := s.Destroy(ctx, optdestroy.EventStreams(stream), optdestroy.Parallel(parallel),
			optdestroy.SuppressProgress())
		return err
	})
}

// State is what the engine knows of the stack, as `pulumi stack export` prints it.
func (p *Platform) State(ctx context.Context) (apitype.UntypedDeployment, error) {
	s, err := p.workspace(ctx, p.options.Stack)
	if err != nil {
		return apitype.UntypedDeployment{}, err
	}
	return s.Export(ctx)
}

// Change gives settings of the stack other values for the operations to come, by their paths.
func (p *Platform) Change(settings map[string]string) {
	changed := map[string]string{}
	maps.Copy(changed, p.options.Settings)
	maps.Copy(changed, settings)
	p.options.Settings = changed
}

// operate runs one engine operation and reports on it.
func (p *Platform) operate(
	ctx context.Context, title, stack string, do func(auto.Stack, chan events.EngineEvent) error,
) (Operation, error) {
	start := time.Now()
	s, err := p.workspace(ctx, stack)
	if ctx.Err() != nil {
		return Operation{}, fmt.Errorf("%s: %w", title, ctx.Err())
	}
	if err != nil {
		return Operation{}, err
	}
	defer killEngineOnCancel(ctx, p.emulator)()
	// The engine's events end with the operation; whether anyone closes the
	// stream depends on how far the engine came.
	stream, over := make(chan events.EngineEvent), make(chan struct{})
	reports := make(chan *operationReport)
	go func() { reports <- follow(stream, over) }()
	err = do(s, stream)
	close(over)
	seen := <-reports
	operation := seen.operation()
	operation.Seconds = time.Since(start).Seconds()
	if ctx.Err() != nil { // what the engine says of its end adds nothing
		return operation, fmt.Errorf("%s: %w", title, ctx.Err())
	}
	if err != nil {
		return operation, fmt.Errorf("%s: %w", title, seen.explain(err))
	}
	p.logf("%s: %d resources, %d changed, %.1f s", title, operation.Resources, len(operation.Changes),
		operation.Seconds)
	return operation, nil
}
