package inspect

// maxDepth is the deepest nesting that counts as JSON; encoding/json goes as deep.
const maxDepth = 10000

// jsonScanner checks that a text is JSON (RFC 8259) whose values are objects or arrays: one, or one after the other as
// in JSON lines. encoding/json's decoder would hold a token, which may be as large as the text.
type jsonScanner struct {
	state   jsonState
	open    []byte // brackets, the innermost last
	digits  int    // of a \u escape that are still to come
	literal string // what is still to come of true, false and null
	values  int    // ended on the top level
	broken  bool
}

type jsonState byte

const (
	wantValue  jsonState = iota
	wantFirst            // a value or the end of the array
	wantName             // a name
	wantNameOr           // a name or the end of the object
	wantColon
	wantNext // a comma or the end
	inString
	inName
	inEscape
	inNameEscape
	inLiteral
	afterMinus
	afterZero
	inInteger
	afterPoint
	inFraction
	afterE
	afterESign
	inExponent
)

func (j *jsonScanner) rune(r rune) {
	if j.broken {
		return
	}
	switch j.state {
	case inString, inName:
		j.string(r)
	case inEscape, inNameEscape:
		j.escape(r)
	case inLiteral:
		if rune(j.literal[0]) != r {
			j.broken = true
			return
		}
		if j.literal = j.literal[1:]; j.literal == "" {
			j.state = wantNext
		}
	case afterMinus, afterZero, inInteger, afterPoint, inFraction, afterE, afterESign, inExponent:
		j.number(r)
	default:
		j.structure(r)
	}
}

func (j *jsonScanner) string(r rune) {
	switch {
	case r == '"' && j.state == inName:
		j.state = wantColon
	case r == '"':
		j.state = wantNext
	case r == '\\':
		j.state += inEscape - inString
	case r < 0x20:
		j.broken = true
	}
}

func (j *jsonScanner) escape(r rune) {
	if j.digits > 0 {
		if !(r >= '0' && r <= '9' || r >= 'a' && r <= 'f' || r >= 'A' && r <= 'F') {
			j.broken = true
			return
		}
		j.digits--
	} else {
		switch r {
		case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		case 'u':
			j.digits = 4
		default:
			j.broken = true
			return
		}
	}
	if j.digits == 0 {
		j.state -= inEscape - inString
	}
}

// afterDigit is where a digit leads inside a number.
var afterDigit = [...]jsonState{
	inInteger: inInteger, afterPoint: inFraction, inFraction: inFraction, afterE: inExponent, afterESign: inExponent,
	inExponent: inExponent,
}

func (j *jsonScanner) number(r rune) {
	digit := r >= '0' && r <= '9'
	switch state := j.state; {
	case state == afterMinus && r == '0':
		j.state = afterZero
	case state == afterMinus && digit:
		j.state = inInteger
	case digit && state != afterZero && state != afterMinus:
		j.state = afterDigit[state]
	case r == '.' && (state == afterZero || state == inInteger):
		j.state = afterPoint
	case (r == 'e' || r == 'E') && (state == afterZero || state == inInteger || state == inFraction):
		j.state = afterE
	case (r == '+' || r == '-') && state == afterE:
		j.state = afterESign
	case state == afterZero || state == inInteger || state == inFraction || state == inExponent:
		j.state = wantNext
		j.structure(r)
	default:
		j.broken = true
	}
}

// structure handles what is between values.
func (j *jsonScanner) structure(r rune) {
	if r == ' ' || r == '\t' || r == '\n' || r == '\r' {
		return
	}
	value := j.state == wantValue || j.state == wantFirst
	switch {
	case len(j.open) == 0 && r != '{' && r != '[':
		j.broken = true // a text that is one word or number is no document
	case value && (r == '{' || r == '['):
		if j.broken = len(j.open) == maxDepth; j.broken {
			return
		}
		j.open = append(j.open, byte(r))
		j.state = wantFirst
		if r == '{' {
			j.state = wantNameOr
		}
	case value && r == '"':
		j.state = inString
	case value && r == '-':
		j.state = afterMinus
	case value && r == '0':
		j.state = afterZero
	case value && r >= '1' && r <= '9':
		j.state = inInteger
	case value && r == 't':
		j.state, j.literal = inLiteral, "rue"
	case value && r == 'f':
		j.state, j.literal = inLiteral, "alse"
	case value && r == 'n':
		j.state, j.literal = inLiteral, "ull"
	case (j.state == wantName || j.state == wantNameOr) && r == '"':
		j.state = inName
	case j.state == wantColon && r == ':':
		j.state = wantValue
	case j.state == wantNext && r == ',':
		j.state = wantValue
		if j.innermost() == '{' {
			j.state = wantName
		}
	case r == '}' && j.innermost() == '{' && (j.state == wantNext || j.state == wantNameOr),
		r == ']' && j.innermost() == '[' && (j.state == wantNext || j.state == wantFirst):
		j.close()
	default:
		j.broken = true
	}
}

func (j *jsonScanner) innermost() byte { return j.open[len(j.open)-1] }

func (j *jsonScanner) close() {
	j.open = j.open[:len(j.open)-1]
	j.state = wantNext
	if len(j.open) == 0 {
		j.values++
		j.state = wantValue
	}
}

// end says whether the text was JSON.
func (j *jsonScanner) end() bool { return !j.broken && len(j.open) == 0 && j.values > 0 }
