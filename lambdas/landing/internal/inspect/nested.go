package inspect

import "dataplatform/lambdas/internal/jsontext"

// nested says that the piece is one JSON value, however deep: jsontext.Value bounds its stack, and one deep value among a file's
// records must not take the others with it.
func nested(b []byte) bool {
	var open []byte // the brackets that have to come, the next one last
	i := 0
	for {
		if i = jsontext.Space(b, i); i >= len(b) {
			return false
		}
		if c := b[i]; c == '[' || c == '{' {
			closing := c + 2
			if i = jsontext.Space(b, i+1); i >= len(b) || b[i] != closing {
				open = append(open, closing)
				if i = member(b, i, closing); i < 0 {
					return false
				}
				continue
			}
			i++
		} else if i = jsontext.Value(b, i); i < 0 {
			return false
		}
		for i = jsontext.Space(b, i); len(open) > 0 && i < len(b) && b[i] == open[len(open)-1]; i = jsontext.Space(b, i) {
			open = open[:len(open)-1]
			i++
		}
		if len(open) == 0 {
			return i == len(b)
		}
		if i >= len(b) || b[i] != ',' {
			return false
		}
		if i = member(b, jsontext.Space(b, i+1), open[len(open)-1]); i < 0 {
			return false
		}
	}
}

// member returns where the value of a member at i begins, or -1: in an object its name stands before it.
func member(b []byte, i int, closing byte) int {
	if closing == ']' {
		return i
	}
	if i >= len(b) || b[i] != '"' {
		return -1
	}
	end, _, _ := jsontext.String(b, i+1)
	if end < 0 {
		return -1
	}
	if i = jsontext.Space(b, end+1); i >= len(b) || b[i] != ':' {
		return -1
	}
	return i + 1
}
