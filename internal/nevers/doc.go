// Package nevers shows of every rule in .golangci.yaml that it refuses what it is for: a file for each that breaks it,
// in a module of its own, and some that break none. `make lint` runs it:
//
//	go test -count=1 -tags lint ./internal/nevers
package nevers
