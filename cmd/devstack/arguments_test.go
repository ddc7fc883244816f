package main

import (
	"testing"

	"dataplatform/internal/cli/clitest"
)

// TestWrongArguments: every command refuses what it does not understand before it does anything, in a line that says what would be right.
func TestWrongArguments(t *testing.T) {
	t.Chdir("../..")
	clitest.Refuses(t, commands(), map[string]string{
		"demo --rate -1":               "--rate is -1",
		"demo extra":                   `unexpected argument "extra"`,
		"up now":                       `unexpected argument "now"`,
		"up --endpoint 127.0.0.1:4566": "want a URL without a path",
		"up --endpoint http://127.0.0.1:4566/aws": "want a URL without a path",
		"up --stack staging":                      `there is no stack "staging"`,
		"traffic --events 0":                      "--events is 0; it must be at least 1",
		"down please":                             `unexpected argument "please"`,
		"preview staging":                         `there is no stack "staging"`,
		"upgrade main":                            `unexpected argument "main"`,
		"setup ruby":                              `there is no tool "ruby"; there are python`,
	})
}

func TestHelpIsNoMistake(t *testing.T) {
	t.Chdir("../..")
	clitest.Helps(t, commands(), "up", "down")
}
