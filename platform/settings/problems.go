package settings

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// problem is what is wrong with the value of a key.
type problem struct{ key, text string }

func (p problem) Error() string { return p.key + ": " + p.text }

// problems are collected, so that all are reported together.
type problems []error

func (p *problems) add(key string, value any, allowed string) {
	if text, ok := value.(string); ok {
		value = fmt.Sprintf("%q", text)
	}
	*p = append(*p, problem{key, fmt.Sprintf("%v is not allowed: want %s", value, allowed)})
}

func (p *problems) between(key string, value, low, high int, why string) {
	if value < low || value > high {
		p.add(key, value, fmt.Sprintf("%d to %d (%s)", low, high, why))
	}
}

func oneOf[T cmp.Ordered](p *problems, key string, value T, allowed []T) {
	if !slices.Contains(allowed, value) {
		p.add(key, value, "one of "+strings.Trim(fmt.Sprint(allowed), "[]"))
	}
}

func (p *problems) matches(key, value string, pattern *regexp.Regexp, what string) {
	if !pattern.MatchString(value) {
		p.add(key, value, what)
	}
}
