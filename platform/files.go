package platform

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// functionBinaries are the functions that a stack deploys.
var functionBinaries = []string{"clicks", "landing", "assets", "lake", "schemas", "tables", "recommendations"}

// jobScripts are the jobs' entry points.
func (s Settings) jobScripts() []string {
	scripts := []string{stageProcess, stageCurate, tablesScript, stageMaintain, stageErase}
	if s.Recommendations.Enabled {
		scripts = append(scripts, stageFeatures, stageRecommend)
	}
	return scripts
}

func (s Settings) functionsDirectory() string { return filepath.Join(s.BuildDirectory, "lambda") }

// functionArchitecture is Go's name of what the functions are built for.
func (s Settings) functionArchitecture() string {
	if s.Architecture == architectureHost {
		return runtime.GOARCH
	}
	return s.Architecture
}

func (s Settings) libraryFile() string {
	return filepath.Join(s.BuildDirectory, "glue", "dataplatform.zip")
}

// missingFiles are what a deployment would upload and nobody has built.
func (s Settings) missingFiles() []error {
	var problems []error
	need := func(key, file, cure string) {
		if info, err := os.Stat(file); err != nil || !info.Mode().IsRegular() {
			problems = append(problems, fmt.Errorf("%s: there is no %s%s", key, file, cure))
		}
	}
	for _, binary := range functionBinaries {
		need("buildDirectory", filepath.Join(s.functionsDirectory(), s.functionArchitecture(), binary+".zip"), "; make build makes it")
	}
	need("buildDirectory", s.libraryFile(), "; make build makes it")
	if s.Recommendations.Enabled {
		need("buildDirectory", s.modelSourceFile(), "; make build makes it")
	}
	for _, script := range s.jobScripts() {
		need("scriptsDirectory", filepath.Join(s.ScriptsDirectory, script+".py"), "")
	}
	return problems
}
