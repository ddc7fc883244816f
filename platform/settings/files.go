package settings

import (
	"path/filepath"
	"runtime"
	"strings"

	"dataplatform/contracts"
)

// FunctionsDirectory holds the functions' archives, <architecture>/<name>.zip.
func (s Settings) FunctionsDirectory() string { return filepath.Join(s.BuildDirectory, "lambda") }

// LibraryFile is the archive of the jobs' Python package.
func (s Settings) LibraryFile() string {
	return filepath.Join(s.BuildDirectory, "glue", "dataplatform.zip")
}

// ModelSourceFile is the archive of the scripts that SageMaker runs.
func (s Settings) ModelSourceFile() string {
	return filepath.Join(s.BuildDirectory, "sagemaker", "source.tar.gz")
}

// ScriptFile is a job's entry point.
func (s Settings) ScriptFile(script string) string {
	return filepath.Join(s.ScriptsDirectory, script+".py")
}

// FunctionArchitecture is Go's name of what the functions are built for.
func (s Settings) FunctionArchitecture() string {
	if s.Architecture == architectureHost {
		return runtime.GOARCH
	}
	return s.Architecture
}

// EndpointName is the name of the endpoint of recommendations, and begins the names of all that a run makes.
func (s Settings) EndpointName() string {
	return strings.ReplaceAll(s.Prefix, "_", "-") + "-recommendations"
}

// Contracts are those of a stack with these settings.
func (s Settings) Contracts() (*contracts.Set, error) {
	if s.Recommendations.Enabled {
		return contracts.LoadWithFeatures()
	}
	return contracts.Load()
}

// MoreLayers are the layers with contracts that not every platform has.
func (s Settings) MoreLayers() []string {
	if s.Recommendations.Enabled {
		return []string{contracts.LayerFeatures}
	}
	return nil
}
