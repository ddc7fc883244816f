// Package program runs the platform's program on a stack's own settings without an engine, for what is derived from the
// resources it registers: the architecture picture and the price estimate.
package program

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"gopkg.in/yaml.v3"

	"dataplatform/internal/artifacts"
	"dataplatform/internal/pulumitest"
	"dataplatform/platform"
)

// Record runs the program with a stack's own settings and returns what it registers. What would be uploaded is
// replaced by empty files: nothing here depends on the archives' content.
func Record(root, stack string) (_ *pulumitest.Recorder, err error) {
	settings, err := stackObject(root, stack)
	if err != nil {
		return nil, err
	}
	build, err := os.MkdirTemp("", "program-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(build)
	if err := standIns(root, build); err != nil {
		return nil, err
	}
	settings["buildDirectory"] = build
	settings["scriptsDirectory"] = filepath.Join(root, "glue-scripts", "jobs")
	config, err := json.Marshal(settings)
	if err != nil {
		return nil, err
	}
	return pulumitest.RunErr(platform.Deploy, pulumitest.WithStack(stack),
		pulumitest.WithConfig(map[string]string{"dataplatform:settings": string(config)}))
}

// Settings are a stack's own, over the defaults.
func Settings(root, stack string) (platform.Settings, error) {
	object, err := stackObject(root, stack)
	if err != nil {
		return platform.Settings{}, err
	}
	text, err := json.Marshal(object)
	if err != nil {
		return platform.Settings{}, err
	}
	settings, err := platform.ParseSettings(text)
	if err != nil {
		return platform.Settings{}, fmt.Errorf("stack %s: %w", stack, err)
	}
	return settings, nil
}

// stackObject is the one configuration value of Pulumi.<stack>.yaml.
func stackObject(root, stack string) (map[string]any, error) {
	text, err := os.ReadFile(filepath.Join(root, "Pulumi."+stack+".yaml"))
	if err != nil {
		return nil, err
	}
	var file struct {
		Config map[string]map[string]any `yaml:"config"`
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("stack %s: %w", stack, err)
	}
	settings, ok := file.Config["dataplatform:settings"]
	if !ok {
		return nil, fmt.Errorf("stack %s: Pulumi.%s.yaml has no dataplatform:settings", stack, stack)
	}
	return settings, nil
}

func standIns(root, build string) error {
	mains, err := filepath.Glob(filepath.Join(root, "lambdas", "*", "main.go"))
	if err != nil {
		return err
	}
	files := []string{filepath.Join(build, "glue", "dataplatform.zip")}
	for _, main := range mains {
		for _, architecture := range artifacts.Architectures {
			files = append(files, filepath.Join(build, "lambda", architecture, filepath.Base(filepath.Dir(main))+".zip"))
		}
	}
	for _, file := range files {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, nil, 0o644); err != nil {
			return err
		}
	}
	return nil
}
