// Package life deploys the project's stacks to the emulator and takes them through their whole life: made, made again
// without a change, queried, destroyed, and made once more with what was kept. Each takes minutes:
//
//	go test -count=1 -timeout 60m -tags local -run 'TestLife/dev$' ./e2e/life
package life
