package commands

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"dataplatform/cost"
)

// priceOf asks the program that a commit had what its stack costs. The current one knows its own contracts only.
func priceOf(ctx context.Context, commit, stack string, progress io.Writer) (reported cost.Reported, err error) {
	folder, err := os.MkdirTemp("", "price-")
	if err != nil {
		return reported, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	archive := filepath.Join(folder, "commit.tar")
	for _, one := range [][]string{
		{"git", "archive", "--output", archive, commit}, {"tar", "-xf", archive, "-C", folder},
	} {
		if said, err := exec.CommandContext(ctx, one[0], one[1:]...).CombinedOutput(); err != nil {
			return reported, fmt.Errorf("%s: %w: %s", one[0], err, bytes.TrimSpace(said))
		}
	}
	fmt.Fprintln(progress, "compiling what", commit, "has")
	price := exec.CommandContext(ctx, "go", "run", "./cmd/dataplatform", "price", "--stack", stack, "--json")
	price.Dir = folder
	var said bytes.Buffer
	price.Stderr = &said
	answer, err := price.Output()
	if err != nil {
		return reported, fmt.Errorf("the estimate of %s: %w: %s", commit, err, bytes.TrimSpace(said.Bytes()))
	}
	return reported, json.Unmarshal(answer, &reported)
}
