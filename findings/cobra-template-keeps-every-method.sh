#!/usr/bin/env bash
# cobra 1.10.2 with Go 1.26: one call of SetVersionTemplate (or of another of cobra's templates) makes a program that uses one call of one AWS
# service a quarter larger, and one that uses a dozen services more than twice as large (seen: 18 and 41 MB). text/template calls methods by name,
# so that from then on Go's linker keeps every exported method of every type that is used. Seen here: 9.0 and 11.3 MB.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >main.go <<'GO'
package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/spf13/cobra"
)

func main() {
	root := &cobra.Command{Use: "program", Version: "1", RunE: func(*cobra.Command, []string) error {
		_, err := glue.NewFromConfig(aws.Config{}).GetTable(context.Background(), &glue.GetTableInput{})
		return err
	}}
	template(root)
	_ = root.Execute()
}
GO
go mod init program 2>/dev/null
size() { # body of template
  printf 'package main\n\nimport "github.com/spf13/cobra"\n\nfunc template(c *cobra.Command) { %s }\n' "$1" >template.go
  go get github.com/spf13/cobra@v1.10.2 github.com/aws/aws-sdk-go-v2/service/glue@v1.172.2 2>/dev/null
  go build -ldflags '-s -w' -o program .
  stat -c %s program
}
without=$(size '_ = c') with=$(size 'c.SetVersionTemplate("{{.Version}}")')
echo "$(go version): $without bytes without a template, $with with one"
[ "$with" -gt $((without * 6 / 5)) ]
