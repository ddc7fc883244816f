package commands

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"dataplatform/contracts"
	"dataplatform/internal/cli"
	"dataplatform/internal/gunzip"
	"dataplatform/local/trial"
)

func tryCommand() *cobra.Command {
	shown := 10
	c := &cobra.Command{
		Use: "try dataset file …", Short: "Show what becomes of files of a dataset, without a platform",
		Long: `Show what becomes of files of a dataset, without a platform: by the landing function's own check, the dataset's transform and its contract's
rules, as they are in the work tree. It prints the counts, the first rows, and each bad line with its number in the file and its reason. The files
count as arriving now: a header that has had its time (headersUntil) is refused.`,
		Example: "devstack try stock counts.csv\ndevstack try sales 'orders/*.csv.gz' --rows 3",
		Args:    cobra.MinimumNArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			return try(c.Context(), args[0], args[1:], shown, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	c.Flags().IntVar(&shown, "rows", shown, "`number` of rows, and of bad lines, to show at most")
	return c
}

// examined is what the landing function's check says of a file.
type examined struct {
	Name    string   `json:"name"`
	Digest  string   `json:"digest"`
	Format  string   `json:"format"`
	Records int      `json:"records"`
	Reason  string   `json:"reason"`
	Detail  string   `json:"detail"`
	Mapping string   `json:"mapping"`
	Columns []string `json:"columns"`
}

func try(ctx context.Context, dataset string, names []string, shown int, out, log io.Writer) (err error) {
	set, err := contracts.Load()
	if err != nil {
		return err
	}
	raw, ok := set.Get(contracts.LayerRaw + "." + dataset)
	if !ok || raw.Source != contracts.SourceLanding {
		return cli.Usage("%q is no dataset that sources drop files for; those are: %s", dataset,
			strings.Join(dropped(set), ", "))
	}
	if names, err = matched(names); err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "try-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	// Spark starts while the files are looked at.
	in, taken := io.Pipe()
	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() error {
		defer in.Close()
		trial := trial.Trial{Module: "trial", In: in, Out: out, Log: log}
		return trial.Run(ctx, set, dataset, strconv.Itoa(shown), folder)
	})
	work.Go(func() error {
		text, err := land(ctx, folder, raw, names, out, log)
		if err == nil {
			_, err = taken.Write(text)
		}
		return errors.Join(err, taken.CloseWithError(err))
	})
	return work.Wait()
}

// dropped are the datasets that sources drop files for.
func dropped(set *contracts.Set) (names []string) {
	for _, raw := range set.Layer(contracts.LayerRaw) {
		if raw.Source == contracts.SourceLanding {
			names = append(names, raw.Dataset)
		}
	}
	return names
}

// matched are the files of names and patterns: a pattern in quotes reaches us as it is.
func matched(patterns []string) (names []string, err error) {
	for _, pattern := range patterns {
		if _, err := os.Stat(pattern); err == nil {
			names = append(names, pattern)
			continue
		}
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			return nil, cli.Usage("there is no file %s", pattern)
		}
		names = append(names, found...)
	}
	return names, nil
}

// land says which of the files landing refuses, and returns what it says of the others, a line each.
func land(
	ctx context.Context, folder string, raw *contracts.Contract, names []string, out, log io.Writer,
) ([]byte, error) {
	now := time.Now()
	files, err := examine(ctx, folder, raw.Dataset, names, now, log)
	if err != nil {
		return nil, err
	}
	var taken bytes.Buffer
	for _, file := range files {
		if file.Reason != "" {
			fmt.Fprintf(out, "%s is refused as a whole: %s: %s\n", file.Name, file.Reason, file.Detail)
			if file.Reason == contracts.ReasonWrongHeader {
				if err := headers(out, raw, filepath.Join(folder, "plain", file.Digest), now); err != nil {
					return nil, err
				}
			}
			continue
		}
		if err := json.NewEncoder(&taken).Encode(file); err != nil {
			return nil, err
		}
	}
	if taken.Len() == 0 {
		return nil, errors.New("landing takes none of the files")
	}
	return taken.Bytes(), nil
}

// headers prints the header that a file has and those that are taken at a time.
func headers(out io.Writer, raw *contracts.Contract, path string, now time.Time) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	first, _, _ := bytes.Cut(bytes.TrimPrefix(content, []byte("\ufeff")), []byte("\n"))
	fmt.Fprintf(out, "  found:    %s\n", bytes.TrimSuffix(first, []byte("\r")))
	for _, header := range raw.Headers() {
		if header.Ended(now) {
			continue
		}
		until := ""
		if !header.Until.IsZero() {
			until = ", until " + header.Until.Format(time.DateOnly)
		}
		fmt.Fprintf(out, "  expected: %s (%s%s)\n", strings.Join(header.Columns, ","), header.Version, until)
	}
	for _, mapping := range raw.Mappings {
		fmt.Fprintf(out, "  or the columns of contracts/mappings/%s.%s.yaml\n", raw.Dataset, mapping.Source)
	}
	return nil
}

// examine stores the files in the folder as raw has them and asks the landing function's check about each.
func examine(
	ctx context.Context, folder, dataset string, names []string, arrival time.Time, log io.Writer,
) ([]examined, error) {
	args := []string{"run", "./lambdas/landing/cmd/examine", "--arrival", arrival.Format(time.RFC3339), dataset}
	plain := filepath.Join(folder, "plain")
	if err := os.Mkdir(plain, 0o700); err != nil {
		return nil, err
	}
	var digests []string
	for _, name := range names {
		content, err := unpacked(name)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(content)
		digest := hex.EncodeToString(sum[:])
		path := filepath.Join(plain, digest)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return nil, err
		}
		args, digests = append(args, path), append(digests, digest)
	}
	command := exec.CommandContext(ctx, "go", args...)
	command.Stderr = log
	answer, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("the landing function's check: %w", err)
	}
	var files []examined
	decoder := json.NewDecoder(bytes.NewReader(answer))
	for i, digest := range digests {
		file := examined{}
		if err := decoder.Decode(&file); err != nil {
			return nil, fmt.Errorf("the landing function's check: %w", err)
		}
		file.Name, file.Digest = filepath.Base(names[i]), digest
		files = append(files, file)
		if err := pack(filepath.Join(plain, digest), filepath.Join(folder, digest+"."+file.Format+".gz")); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// unpacked is a file's content, without the gzip that may be around it.
func unpacked(name string) ([]byte, error) {
	content, err := os.ReadFile(name)
	if err != nil || !bytes.HasPrefix(content, []byte{0x1f, 0x8b}) {
		return content, err
	}
	zip, err := gunzip.NewReader(bufio.NewReader(bytes.NewReader(content)))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if content, err = io.ReadAll(zip); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return content, nil
}

func pack(from, to string) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	if _, err := zip.Write(content); err != nil {
		return err
	}
	if err := zip.Close(); err != nil {
		return err
	}
	return os.WriteFile(to, packed.Bytes(), 0o600)
}
