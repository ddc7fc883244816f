package contracts

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestPatternsThatTakeLongAreRefused(t *testing.T) {
	for _, pattern := range []string{
		`^[^@\s]+@[^@\s]+\.[^@\s]+$`, `^(a+)+$`, `^(a|aa)+$`, `^a*a*b$`, `^.*x$`, `^(a*)*$`, `^\w+\d+$`, `^(ab*)+b$`,
		`^[a-z]+(-?[a-z]+)*$`,
	} {
		assert.NotEmpty(t, backtracks(pattern), pattern)
	}
	for _, pattern := range []string{
		`^[^@\s]+@[^@\s][^@\s.]*\.[^@\s]+$`, `^[0-9a-f]{64}$`, `^[A-Z]{2}$`, `^[0-9A-F]+$`,
		`^(0|[1-9][0-9]{0,3})[.](0|[1-9][0-9]{0,3})$`, `^[a-z]+(-[a-z]+)*$`, `^a?b*$`, `^\d+[.]\d+$`, `^(a{1,3}){1,3}$`,
	} {
		assert.Empty(t, backtracks(pattern), pattern)
	}
}
