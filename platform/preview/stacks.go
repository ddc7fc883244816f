// Package preview runs the program with the settings of the project's own stacks and returns what it registers, for
// what is made from the resource graph: documentation, guardrails, the linted policies.
package preview

import (
	"encoding/json"
	"os"
	"path/filepath"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/internal/artifacts"
	"dataplatform/internal/graph"
	"dataplatform/platform"
	"dataplatform/platform/settings"
)

// Record runs the program with a stack's settings. What would be uploaded is replaced by empty files: nothing here
// depends on the archives' content.
func Record(root, stack string) (*graph.Recorder, error) {
	given, err := settings.Object(root, stack)
	if err != nil {
		return nil, err
	}
	return RecordSettings(root, stack, given)
}

// RecordSettings is Record with other settings than the stack's file has.
func RecordSettings(root, stack string, given map[string]any) (*graph.Recorder, error) {
	return RecordProgram(root, stack, given, platform.Deploy)
}

// RecordProgram is RecordSettings of another program than the platform's.
func RecordProgram(
	root, stack string, given map[string]any, program pulumi.RunFunc,
) (*graph.Recorder, error) {
	build, err := os.MkdirTemp("", "stacks-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(build)
	if err := standIns(root, build); err != nil {
		return nil, err
	}
	given["buildDirectory"] = build
	given["scriptsDirectory"] = filepath.Join(root, "glue-scripts", "jobs")
	config, err := json.Marshal(given)
	if err != nil {
		return nil, err
	}
	// As a preview: the lake's admins are the stack's to name, and nobody who runs this need be one.
	return graph.Run(program, graph.WithStack(stack), graph.WithPreview(),
		graph.WithOutputs("awsx:ec2:Vpc", privateNetwork),
		graph.WithConfig(map[string]string{settings.Key: string(config)}))
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
	files := []string{filepath.Join(build, "glue", "dataplatform.zip"),
		filepath.Join(build, "sagemaker", "source.tar.gz")}
	for _, main := range mains {
		for _, architecture := range artifacts.Architectures {
			files = append(files,
				filepath.Join(build, "lambda", architecture, filepath.Base(filepath.Dir(main))+".zip"))
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
