// Package scenarios holds the end-to-end tests of the platform: it is deployed
// once to the emulator, then data is lost, processes are killed, records grow too old
// and runs are repeated, and the counts and tables must tell.
//
// The tests take minutes and need the tools of `go run ./cmd/devstack setup`, so
// `go test ./...` leaves them out: they run when DATAPLATFORM_SELFCHECK is 1, as
// .ci/run sets it:
//
//	DATAPLATFORM_SELFCHECK=1 go test -count=1 -timeout 30m ./e2e/scenarios
//
// The order of the tests of TestPlatform matters, as all of them share one platform and one
// ledger of what was sent to it; every test leaves a platform whose counts add up.
// TestIncidents has another, and mends what it breaks by the commands of the runbooks alone.
// TestRecommendations has a smaller program of its own, for which nothing needs Spark.
package scenarios
