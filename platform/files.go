package platform

import (
	"fmt"
	"os"
	"path/filepath"

	"dataplatform/platform/settings"
)

// functionBinaries are the functions that a stack deploys.
var functionBinaries = []string{"clicks", "collector", "landing", "assets", "lake", "schemas", "tables",
	"recommendations"}

// jobScripts are the jobs' entry points.
func jobScripts(s settings.Settings) []string {
	scripts := []string{stageProcess, stageCurate, tablesScript, stageMaintain, stageErase, stageExport}
	if s.Recommendations.Enabled {
		scripts = append(scripts, stageFeatures, stageRecommend)
	}
	return scripts
}

// missingFiles are what a deployment would upload and nobody has built.
func missingFiles(s settings.Settings) []error {
	var problems []error
	need := func(key, file, cure string) {
		if info, err := os.Stat(file); err != nil || !info.Mode().IsRegular() {
			problems = append(problems, fmt.Errorf("%s: there is no %s%s", key, file, cure))
		}
	}
	for _, binary := range functionBinaries {
		need("buildDirectory", filepath.Join(s.FunctionsDirectory(), s.FunctionArchitecture(), binary+".zip"),
			"; make build makes it")
	}
	need("buildDirectory", s.LibraryFile(), "; make build makes it")
	if s.Recommendations.Enabled {
		need("buildDirectory", s.ModelSourceFile(), "; make build makes it")
	}
	for _, script := range jobScripts(s) {
		need("scriptsDirectory", s.ScriptFile(script), "")
	}
	return problems
}
