package contracts

import (
	"slices"
	"strconv"
	"strings"
)

// parseVersion splits a semantic version that versionPattern admitted.
func parseVersion(version string) [3]int {
	var out [3]int
	for i, part := range strings.SplitN(version, ".", 3) {
		out[i], _ = strconv.Atoi(part)
	}
	return out
}

func compareVersions(a, b string) int {
	x, y := parseVersion(a), parseVersion(b)
	return slices.Compare(x[:], y[:])
}
