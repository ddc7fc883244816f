// Command build makes the artifacts of a deployment in build/. Run it from the
// repository's root.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"dataplatform/internal/artifacts"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := artifacts.Build(ctx, ".", os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "build:", err)
		stop()
		os.Exit(1)
	}
}
