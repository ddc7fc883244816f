package settings

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Key is the one configuration value of a stack.
const Key = "dataplatform:settings"

// File is where the settings of a stack are, below root.
func File(root, stack string) string { return filepath.Join(root, "Pulumi."+stack+".yaml") }

// Names are the project's stacks, by their files below root.
func Names(root string) ([]string, error) {
	files, err := filepath.Glob(File(root, "*"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("there is no Pulumi.<stack>.yaml in %s", root)
	}
	names := make([]string, 0, len(files))
	for _, file := range files {
		names = append(names, strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), "Pulumi."), ".yaml"))
	}
	slices.Sort(names)
	return names, nil
}

// Known refuses the name of a stack without settings.
func Known(root, name string) error {
	known, err := Names(root)
	if err != nil {
		return err
	}
	if !slices.Contains(known, name) {
		return fmt.Errorf("there is no stack %q; there are %s", name, strings.Join(known, ", "))
	}
	return nil
}

// Of are a stack's own settings, over the defaults.
func Of(root, stack string) (Settings, error) { return read(File(root, stack)) }

// Object holds a stack's own settings as its file has them.
func Object(root, stack string) (map[string]any, error) { return object(File(root, stack)) }

// DisposalOf reads from a stack's file the region it is deployed to, and whether its data may be removed with it.
func DisposalOf(file string) (region string, disposable bool, err error) {
	settings, err := read(file)
	switch {
	case err != nil:
		return "", false, err
	case settings.Endpoint != "":
		return "", false,
			fmt.Errorf("%s: the stack is deployed to an emulator: go run ./cmd/devstack down removes it", file)
	}
	return settings.Region, settings.DisposableData, nil
}

func read(file string) (Settings, error) {
	given, err := object(file)
	if err != nil {
		return Settings{}, err
	}
	text, err := json.Marshal(given)
	if err != nil {
		return Settings{}, fmt.Errorf("%s: %w", file, err)
	}
	settings, problems := parse(text)
	return settings, errors.Join(placed(file, problems)...)
}

func object(file string) (map[string]any, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var stack struct {
		Config map[string]any `yaml:"config"`
	}
	if err := yaml.Unmarshal(text, &stack); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	given, ok := stack.Config[Key].(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%s: %s is not set to an object", file, Key)
	}
	return given, nil
}

// Parse reads settings from the JSON text of the configuration value. The error joins every problem.
func Parse(text []byte) (Settings, error) {
	settings, problems := parse(text)
	return settings, errors.Join(problems...)
}

// Load is Parse for the stack of a name, which is checked with its settings, as they stand in its file below root.
func Load(root string, text []byte, project, stack string) (Settings, error) {
	settings, problems := parse(text)
	problems = append(problems, settings.nameProblems(project, stack)...)
	if problems = placed(File(root, stack), problems); len(problems) > 0 {
		return Settings{},
			fmt.Errorf("%s of stack %s has %d problem(s):\n%w", Key, stack, len(problems), errors.Join(problems...))
	}
	return settings, nil
}

// parse decodes the JSON text over the defaults. What has a value that fits no type keeps its default, of which nothing
// more is said.
func parse(text []byte) (Settings, []error) {
	settings := defaults()
	wrong := decodeStrict(text, &settings)
	reported := map[string]bool{}
	for _, err := range wrong {
		if of, ok := err.(problem); ok {
			reported[of.key] = true
		}
	}
	if reported[orRoot("")] || len(wrong) > len(reported) { // nothing was decoded
		return Settings{}, wrong
	}
	for _, err := range settings.problems() {
		if of, ok := err.(problem); !ok || !reported[of.key] {
			wrong = append(wrong, err)
		}
	}
	return settings, wrong
}
