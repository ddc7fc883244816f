// Package runbooks reads the commands out of the runbooks, so that tests do what the pages say.
package runbooks

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Folder has the pages, relative to the root.
const Folder = "docs/runbooks"

var (
	block = regexp.MustCompile("(?s)```sh\n(.*?)```")
	quote = regexp.MustCompile("`(dataplatform [^`]+)`")
	place = regexp.MustCompile(`<[a-z -]+>`)
)

// Page reads a page by its name without .md.
func Page(root, name string) (string, error) {
	text, err := os.ReadFile(filepath.Join(root, Folder, name+".md"))
	return string(text), err
}

// Names are the pages' names, in their order.
func Names(root string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(root, Folder, "*.md"))
	for i, file := range files {
		files[i] = strings.TrimSuffix(filepath.Base(file), ".md")
	}
	return files, err
}

// Commands are the lines of a page's shell blocks.
func Commands(page string) []string {
	var commands []string
	for _, found := range block.FindAllStringSubmatch(page, -1) {
		for line := range strings.Lines(strings.ReplaceAll(found[1], "\\\n", " ")) {
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
				commands = append(commands, strings.Join(strings.Fields(line), " "))
			}
		}
	}
	return commands
}

// Mentioned are the operators' commands in a page, those in its sentences, too.
func Mentioned(page string) []string {
	var commands []string
	for _, command := range Commands(page) {
		if strings.HasPrefix(command, "dataplatform ") {
			commands = append(commands, command)
		}
	}
	for _, found := range quote.FindAllStringSubmatch(block.ReplaceAllString(page, ""), -1) {
		commands = append(commands, strings.Join(strings.Fields(found[1]), " "))
	}
	return commands
}

// Fill puts values in the places that a command leaves to whoever reads it, such as <hour>.
func Fill(command string, values map[string]string) (string, error) {
	var unknown []string
	filled := place.ReplaceAllStringFunc(command, func(found string) string {
		value, ok := values[strings.Trim(found, "<>")]
		if !ok {
			unknown = append(unknown, found)
		}
		return value
	})
	if len(unknown) > 0 {
		return "", fmt.Errorf("%s: nothing is known of %s", command, strings.Join(unknown, ", "))
	}
	return filled, nil
}
