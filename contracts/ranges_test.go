package contracts

import (
	"regexp/syntax"
	"testing"

	"github.com/stretchr/testify/assert"
)

// Every column that a source's file fills has a range: nothing is computed with, or matched, before it is known to be
// in it.
func TestWhatSourcesFillHasARange(t *testing.T) {
	set := real(t)
	checked := 0
	for _, raw := range set.Layer(LayerRaw) {
		if raw.Source != SourceLanding {
			continue
		}
		for _, column := range get(t, set, LayerProcessed+"."+raw.Dataset).Columns {
			checked++
			name := raw.Dataset + "." + column.Name
			switch column.Logical {
			case "string":
				assert.True(t, column.MaxLength != nil || len(column.Enum) > 0 || bounded(t, column.Pattern),
					"%s has no length", name)
			case "date", "timestamp":
				assert.True(t, column.Earliest != nil && column.Latest != nil, "%s has no range", name)
			case "integer", "number":
				assert.True(t, column.Minimum != nil && column.Maximum != nil, "%s has no range", name)
			}
		}
	}
	assert.Greater(t, checked, 40)
}

// bounded says whether a pattern matches texts up to a length alone.
func bounded(t *testing.T, pattern string) bool {
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	assert.NoError(t, err)
	return pattern != "" && !endless(parsed)
}

func endless(part *syntax.Regexp) bool {
	if part.Op == syntax.OpStar || part.Op == syntax.OpPlus || part.Op == syntax.OpRepeat && part.Max < 0 {
		return true
	}
	for _, sub := range part.Sub {
		if endless(sub) {
			return true
		}
	}
	return false
}
