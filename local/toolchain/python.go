package toolchain

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const (
	// What builds the one package that has no wheel: Spark.
	buildFile        = "local/build-requirements.txt"
	requirementsFile = "local/requirements.txt"
	// What trains and serves recommendations, beside what its scripts ask for themselves.
	trainingFile = "local/ml-requirements.txt"
	scriptsFile  = "sagemaker-scripts/requirements.txt"
	jarsFile     = "local/jars.xml"
	jarSumsFile  = "local/jars.sha256"
)

// venv is the Python environment of the emulator, the jobs and their tests.
func (s *Setup) venv() tool { return s.environment("python", requirementsFile) }

// training is the Python environment of the training scripts: who doesn't ask for recommendations doesn't pay for it.
func (s *Setup) training() tool { return s.environment("ml", trainingFile, scriptsFile) }

// environment is a Python environment with what the files list. pip takes nothing whose hash they don't have, fetches
// nothing to build with, and builds only Spark from source.
func (s *Setup) environment(name string, files ...string) tool {
	return tool{name: name, texts: []string{s.host.Python}, paths: append([]string{buildFile}, files...),
		make: func(ctx context.Context, dir string) error {
			if err := s.do(ctx,
				run{title: name + " environment", argv: []string{s.host.Python, "-m", "venv", dir}}); err != nil {
				return err
			}
			install := []string{
				filepath.Join(dir, "bin", "python"), "-m", "pip", "install", "--no-input", "--progress-bar", "off",
				"--disable-pip-version-check", "--require-hashes", "--only-binary", ":all:",
			}
			packages := append(slices.Clone(install), "--no-binary", "pyspark", "--no-build-isolation")
			for _, file := range files {
				packages = append(packages, "-r", file)
			}
			for _, argv := range [][]string{append(install, "-r", buildFile), packages} {
				// Spark's build asks for Java.
				if err := s.do(ctx, run{
					title: name + " packages", dir: s.Root, argv: argv, env: []string{"JAVA_HOME=" + s.host.JavaHome},
				}); err != nil {
					return err
				}
			}
			return nil
		}}
}

// jars are what Spark needs beyond its own: the versions of the Glue release.
func (s *Setup) jars(python string) tool {
	return tool{name: "jars", paths: []string{jarsFile, jarSumsFile},
		make: func(ctx context.Context, dir string) error {
			return s.fetch(ctx, "jars", python, dir, jarsFile, jarSumsFile, "jar")
		}}
}

// fetch brings the artifacts that a file of Ivy's lists into a folder. Ivy, the
// resolver that Spark ships, fetches them from its default repository; nothing
// that its answer brings is trusted before its sum is checked.
func (s *Setup) fetch(ctx context.Context, title, python, dir, list, sums string, types ...string) error {
	pattern := filepath.Join(filepath.Dir(filepath.Dir(python)), "lib", "python3*", "site-packages", "pyspark",
		"jars", "ivy-*.jar")
	ivy, err := filepath.Glob(pattern)
	if err != nil || len(ivy) != 1 {
		return errors.Join(err, fmt.Errorf("want one Ivy in Spark's own jars, found %d as %s", len(ivy), pattern))
	}
	cache := filepath.Join(dir, "ivy")
	argv := append([]string{filepath.Join(s.host.JavaHome, "bin", "java"), "-jar", ivy[0], "-warn", "-types"}, types...)
	if err := s.do(ctx, run{title: title, argv: append(argv,
		"-ivy", filepath.Join(s.Root, list), "-cache", cache,
		"-retrieve", filepath.Join(dir, "[artifact]-[revision].[ext]"))}); err != nil {
		return err
	}
	if err := os.RemoveAll(cache); err != nil {
		return err
	}
	return checkSums(filepath.Join(s.Root, sums), dir)
}

// archive makes Java's class archive for Spark beside the jars, which takes a
// third off the start of every job. It is good for these folders only.
func (s *Setup) archive(python, jars string) tool {
	return tool{name: "spark-archive", texts: []string{python, jars},
		paths: []string{"emulator/services/glue/spark_archive.py", "emulator/services/glue/spark_training.py",
			"emulator/core/spark_runtime.py"},
		make: func(ctx context.Context, _ string) error {
			return s.do(ctx, run{
				title: "Spark's class archive",
				dir:   s.Root,
				argv:  []string{python, "-m", "emulator.services.glue.spark_archive", "--jars", jars},
				env:   []string{"JAVA_HOME=" + s.host.JavaHome},
			})
		}}
}

// checkSums compares a folder's files with a list as sha256sum writes it and
// reports every file that differs, is missing or is not listed.
func checkSums(list, dir string) error {
	file, err := os.Open(list)
	if err != nil {
		return err
	}
	defer file.Close()
	want := map[string]string{}
	for scan := bufio.NewScanner(file); scan.Scan(); {
		if sum, name, ok := strings.Cut(scan.Text(), "  "); ok {
			want[name] = sum
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var problems []error
	for _, entry := range entries {
		sum, err := fileSum(filepath.Join(dir, entry.Name()))
		if err != nil {
			return err
		}
		if sum != want[entry.Name()] {
			problems = append(problems,
				fmt.Errorf("%s has SHA-256 %s, %s says %q", entry.Name(), sum, list, want[entry.Name()]))
		}
		delete(want, entry.Name())
	}
	for name := range want {
		problems = append(problems, fmt.Errorf("%s is listed in %s and was not fetched", name, list))
	}
	return errors.Join(problems...)
}

func fileSum(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
