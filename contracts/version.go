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

// Major is the first number of the version: data of another one may break readers.
func (c *Contract) Major() int { return parseVersion(c.Version)[0] }

func compareVersions(a, b string) int {
	x, y := parseVersion(a), parseVersion(b)
	return slices.Compare(x[:], y[:])
}
