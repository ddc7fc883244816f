package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"dataplatform/internal/cli/clitest"
)

func TestMain(m *testing.M) { testscript.Main(m, map[string]func(){"devstack": main}) }

func TestAsTyped(t *testing.T) { clitest.Scripts(t, "../..") }
