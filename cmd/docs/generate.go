package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	dataplatform "dataplatform/cmd/dataplatform/commands"
	devstack "dataplatform/cmd/devstack/commands"
	"dataplatform/contracts"
	"dataplatform/cost"
	"dataplatform/internal/cli"
	"dataplatform/platform"
	"dataplatform/platform/preview"
)

const (
	readme   = "README.md"
	costPage = "docs/cost.md"
	firstDay = "docs/how-to/first-deployment.md"
	provided = "docs/provider.md"
	picture  = "docs/architecture.svg"
	commands = "docs/reference/commands.md"
	threats  = "docs/reference/threat-model.md"
)

// generate returns every generated file by its path.
func generate(root string) (map[string][]byte, error) {
	rec, err := preview.Record(root, "dev")
	if err != nil {
		return nil, err
	}
	g, err := newGraph(rec)
	if err != nil {
		return nil, err
	}
	datasets, err := datasetTable()
	if err != nil {
		return nil, err
	}
	prices, comparison, whole, day, err := costTables(root)
	if err != nil {
		return nil, err
	}
	differences, err := providerTable(root)
	if err != nil {
		return nil, err
	}
	kept, err := retention(root)
	if err != nil {
		return nil, err
	}
	personal, pseudonymous, err := classifiedTables()
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{
		picture: []byte(g.svg()), commands: []byte(commandReference()), retentionPage: []byte(kept),
	}
	for file, tables := range map[string]map[string]string{
		readme:   {"datasets": datasets, "outputs": outputTable(), "reasons": reasonTable(), "prices": prices},
		costPage: {"comparison": comparison, "whole": whole},
		firstDay: {"first-day": day},
		provided: {"provider": differences},
		threats:  {"personal": personal, "pseudonymous": pseudonymous},
	} {
		text, err := os.ReadFile(filepath.Join(root, file))
		if err != nil {
			return nil, err
		}
		for name, table := range tables {
			if text, err = fill(text, name, table); err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
		}
		files[file] = text
	}
	return files, nil
}

// costTables are the estimates of dev and prod, a month and a day, and prod with the traffic of published figures: its
// ingestion, and all of it.
func costTables(root string) (prices, comparison, whole, day string, err error) {
	in, err := cost.Read(root)
	if err != nil {
		return "", "", "", "", err
	}
	var estimates, quiet []cost.Estimate
	for _, name := range []string{"dev", "prod"} {
		resources, err := preview.Registered(root, name)
		if err != nil {
			return "", "", "", "", err
		}
		stack, err := cost.ReadStack(root, name, resources)
		if err != nil {
			return "", "", "", "", err
		}
		estimate, err := cost.New(stack, in)
		if err != nil {
			return "", "", "", "", err
		}
		estimates = append(estimates, estimate)
		if estimate, err = cost.New(stack, in.Quiet()); err != nil {
			return "", "", "", "", err
		}
		quiet = append(quiet, estimate)
		// The last one's stay: prod.
		if comparison, err = cost.Comparison(stack, in); err != nil {
			return "", "", "", "", err
		}
		if whole, err = cost.Whole(stack, in); err != nil {
			return "", "", "", "", err
		}
	}
	return cost.Table(estimates...), comparison, whole, cost.Day(quiet, estimates), nil
}

// programs are those with commands.
func programs() []*cobra.Command { return []*cobra.Command{dataplatform.New(), devstack.New()} }

func commandReference() string {
	text := "# Commands\n\nWritten by `make docs` from the programs themselves: `dataplatform` is what operators use, `devstack` what developers use. `make install`\n" +
		"puts dataplatform on your path; `go run ./cmd/dataplatform` and `go run ./cmd/devstack` are the same, in the repository's root.\n\n" +
		"Every command ends with status 0, with 1 after a failure, and with 2 when its arguments are wrong. With `--help` it says what follows here, and\n" +
		"`completion bash`, or zsh, fish or powershell, prints what lets a shell complete commands, flags and their values.\n"
	for _, program := range programs() {
		text += "\n" + cli.Reference(program)
	}
	return text
}

// fill puts a table between `<!-- name -->` and `<!-- /name -->`.
func fill(text []byte, name, table string) ([]byte, error) {
	start, end := []byte("<!-- "+name+" -->\n"), []byte("<!-- /"+name+" -->")
	from, to := bytes.Index(text, start), bytes.Index(text, end)
	if from < 0 || to < from {
		return nil, fmt.Errorf("there are no markers for %s", name)
	}
	from += len(start)
	return bytes.Join([][]byte{text[:from], []byte(table), text[to:]}, nil), nil
}

func datasetTable() (string, error) {
	base, baseErr := contracts.Load()
	set, err := contracts.LoadWithFeatures()
	if err := errors.Join(baseErr, err); err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("| contract | what | stored as | queryable within |\n|---|---|---|---|\n")
	for _, c := range set.All() {
		where := ""
		if _, always := base.Get(c.ID); !always {
			where = ", with `recommendations.enabled`"
		}
		fmt.Fprintf(&b, "| `%s` %s%s | %s | %s | %s |\n", c.ID, c.Version, where, c.Description, c.Format,
			c.SLA.Latency)
	}
	return b.String(), nil
}

func reasonTable() string {
	var b strings.Builder
	b.WriteString("| reason | meaning |\n|---|---|\n")
	for _, reason := range contracts.Reasons() {
		fmt.Fprintf(&b, "| `%s` | %s |\n", reason.Code, reason.Meaning)
	}
	return b.String()
}

func outputTable() string {
	var b strings.Builder
	b.WriteString("| output | kind |\n|---|---|\n")
	outputs := reflect.TypeFor[platform.Outputs]()
	for i := range outputs.NumField() {
		kind := "text"
		if name := outputs.Field(i).Type.Name(); strings.HasSuffix(name, "Map") {
			kind = "by name"
		}
		fmt.Fprintf(&b, "| `%s` | %s |\n", outputs.Field(i).Tag.Get("json"), kind)
	}
	return b.String()
}

// makeTarget is a target as the README names it.
var makeTarget = regexp.MustCompile("`make ([a-z-]+)")
