// Package preview runs the program with the settings of the project's own stacks and returns what it registers, for what is made from the
// resource graph: documentation, guardrails, the linted policies.
package preview

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"gopkg.in/yaml.v3"

	"dataplatform/internal/artifacts"
	"dataplatform/internal/pulumitest"
	"dataplatform/platform"
)

// Names are the project's stacks, by the files Pulumi.<stack>.yaml below root.
func Names(root string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(root, "Pulumi.*.yaml"))
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

// Settings are a stack's own, over the defaults.
func Settings(root, stack string) (platform.Settings, error) {
	object, err := Object(root, stack)
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

// Object holds a stack's own settings as its file has them.
func Object(root, stack string) (map[string]any, error) {
	file := filepath.Join(root, "Pulumi."+stack+".yaml")
	if err := platform.CheckReadings(file); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var read struct {
		Config map[string]map[string]any `yaml:"config"`
	}
	if err := yaml.Unmarshal(text, &read); err != nil {
		return nil, fmt.Errorf("stack %s: %w", stack, err)
	}
	settings := read.Config["dataplatform:settings"]
	if settings == nil {
		return nil, fmt.Errorf("stack %s has no dataplatform:settings", stack)
	}
	return settings, nil
}

// Record runs the program with a stack's settings. What would be uploaded is replaced by empty files: nothing here depends on the archives'
// content.
func Record(root, stack string) (*pulumitest.Recorder, error) {
	settings, err := Object(root, stack)
	if err != nil {
		return nil, err
	}
	return RecordSettings(root, stack, settings)
}

// RecordSettings is Record with other settings than the stack's file has.
func RecordSettings(root, stack string, settings map[string]any) (*pulumitest.Recorder, error) {
	build, err := os.MkdirTemp("", "stacks-")
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
	// As a preview: the lake's admins are the stack's to name, and nobody who runs this need be one.
	return pulumitest.RunErr(platform.Deploy, pulumitest.WithStack(stack), pulumitest.WithPreview(), pulumitest.WithOutputs("awsx:ec2:Vpc", privateNetwork),
		pulumitest.WithConfig(map[string]string{"dataplatform:settings": string(config)}))
}

// privateNetwork stands in for what awsx's plugin makes.
func privateNetwork(resource.PropertyMap) (resource.PropertyMap, error) {
	return resource.NewPropertyMapFromMap(map[string]any{
		"vpcId": "vpc-1", "isolatedSubnetIds": []any{"subnet-a", "subnet-b", "subnet-c"}, "routeTables": []any{},
	}), nil
}

func standIns(root, build string) error {
	mains, err := filepath.Glob(filepath.Join(root, "lambdas", "*", "main.go"))
	if err != nil {
		return err
	}
	files := []string{filepath.Join(build, "glue", "dataplatform.zip"), filepath.Join(build, "sagemaker", "source.tar.gz")}
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
