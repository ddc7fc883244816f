// Package tidy holds the repository against its own rules: words that have a better one, lengths of files and
// functions, links, and the table of folders in CONTRIBUTING.md. Each rule is shown to refuse what it is for.
package tidy
