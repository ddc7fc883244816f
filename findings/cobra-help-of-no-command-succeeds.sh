#!/usr/bin/env bash
# cobra 1.10.2 refuses a command that it does not know, but takes `help` of the same word for no mistake: it prints "Unknown help topic" and the
# usage to standard error and ends with status 0. Who asks by `program help word` whether there is such a command is told yes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >main.go <<'GO'
package main

import (
	"os"

	"github.com/spf13/cobra"
)

func main() {
	root := &cobra.Command{Use: "program", SilenceUsage: true}
	root.AddCommand(&cobra.Command{Use: "status", Run: func(*cobra.Command, []string) {}})
	if root.Execute() != nil {
		os.Exit(1)
	}
}
GO
go mod init program 2>/dev/null
go get github.com/spf13/cobra@v1.10.2 2>/dev/null
go build -o program .
status() { "$@" >out 2>err && echo 0 || echo $?; }
typed=$(status ./program stauts) asked=$(status ./program help stauts)
echo "program stauts: status $typed; program help stauts: status $asked"
head -1 err
[ "$typed" = 1 ] && [ "$asked" = 0 ] && grep -q 'Unknown help topic' err
