package contracts

import (
	"fmt"
	"regexp/syntax"
)

// backtracks says why matching a pattern can take more than a few steps a character, or "" when it cannot. Go's own
// engine is linear in any case, but Spark matches by Java's, which tries every way to divide a text among repetitions:
// 40 seconds for one e-mail address of 80 KB. So each repetition without an end must know where it ends by the next
// character alone.
func backtracks(pattern string) string {
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return err.Error()
	}
	return ambiguous(parsed, nil, false)
}

// ambiguous looks for a repetition without an end whose characters what follows it may begin with, too. Inside of one,
// every other choice counts as well: two ways to read one round are a thousand to read ten.
func ambiguous(part *syntax.Regexp, after []rune, repeated bool) string {
	switch part.Op {
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat:
		inner := part.Sub[0]
		endless := part.Op == syntax.OpStar || part.Op == syntax.OpPlus || part.Op == syntax.OpRepeat && part.Max < 0
		choice := part.Op != syntax.OpRepeat || part.Min != part.Max
		if endless && empty(inner) || (endless || repeated && choice) && overlap(first(inner), after) {
			return fmt.Sprintf("where %s ends, the next character does not say", part)
		}
		if part.Op != syntax.OpQuest {
			after = union(first(inner), after)
		}
		return ambiguous(inner, after, repeated || endless)
	case syntax.OpAlternate:
		if repeated && empty(part) && overlap(first(part), after) {
			return fmt.Sprintf("whether there is %s, the next character does not say", part)
		}
		for i, sub := range part.Sub {
			for _, other := range part.Sub[:i] {
				if repeated && overlap(first(sub), first(other)) {
					return fmt.Sprintf("which of %s it is, the next character does not say", part)
				}
			}
			if why := ambiguous(sub, after, repeated); why != "" {
				return why
			}
		}
	case syntax.OpConcat:
		for i := len(part.Sub) - 1; i >= 0; i-- {
			if why := ambiguous(part.Sub[i], after, repeated); why != "" {
				return why
			}
			follows := first(part.Sub[i])
			if empty(part.Sub[i]) {
				follows = union(follows, after)
			}
			after = follows
		}
	default:
		for _, sub := range part.Sub {
			if why := ambiguous(sub, after, repeated); why != "" {
				return why
			}
		}
	}
	return ""
}

// first are the characters that a text of the expression may begin with, as pairs of the ends of ranges.
func first(part *syntax.Regexp) []rune {
	switch part.Op {
	case syntax.OpLiteral:
		if part.Flags&syntax.FoldCase != 0 {
			return everything
		}
		return []rune{part.Rune[0], part.Rune[0]}
	case syntax.OpCharClass:
		return part.Rune
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return everything
	case syntax.OpConcat:
		var found []rune
		for _, sub := range part.Sub {
			found = union(found, first(sub))
			if !empty(sub) {
				break
			}
		}
		return found
	default:
		var found []rune
		for _, sub := range part.Sub {
			found = union(found, first(sub))
		}
		return found
	}
}

var everything = []rune{0, 0x10FFFF}

// empty says whether the expression matches a text without characters.
func empty(part *syntax.Regexp) bool {
	switch part.Op {
	case syntax.OpLiteral, syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL, syntax.OpNoMatch:
		return false
	case syntax.OpPlus, syntax.OpCapture:
		return empty(part.Sub[0])
	case syntax.OpRepeat:
		return part.Min == 0 || empty(part.Sub[0])
	case syntax.OpConcat:
		for _, sub := range part.Sub {
			if !empty(sub) {
				return false
			}
		}
		return true
	case syntax.OpAlternate:
		for _, sub := range part.Sub {
			if empty(sub) {
				return true
			}
		}
		return false
	default: // a star, a question mark, an anchor
		return true
	}
}

func union(a, b []rune) []rune { return append(append([]rune{}, a...), b...) }

func overlap(a, b []rune) bool {
	for i := 0; i+1 < len(a); i += 2 {
		for j := 0; j+1 < len(b); j += 2 {
			if a[i] <= b[j+1] && b[j] <= a[i+1] {
				return true
			}
		}
	}
	return false
}
