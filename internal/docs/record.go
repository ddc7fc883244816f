package main

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

// record runs the program with a stack's own settings and returns what it registers. What would be uploaded is
// replaced by empty files: nothing here depends on the archives' content.
func record(root, stack string) (_ *pulumitest.Recorder, err error) {
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
	build, err := os.MkdirTemp("", "docs-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(build)
	if err := standIns(root, build); err != nil {
		return nil, err
	}
	settings := file.Config["dataplatform:settings"]
	settings["buildDirectory"] = build
	settings["scriptsDirectory"] = filepath.Join(root, "glue-scripts", "jobs")
	config, err := json.Marshal(settings)
	if err != nil {
		return nil, err
	}
	return pulumitest.RunErr(platform.Deploy, pulumitest.WithStack(stack),
		pulumitest.WithConfig(map[string]string{"dataplatform:settings": string(config)}))
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
