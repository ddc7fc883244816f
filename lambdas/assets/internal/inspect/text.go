package inspect

import (
	"bufio"
	"errors"
	"io"
	"unicode"
	"unicode/utf8"
)

// Kinds of texts.
const (
	TextCSV   = "csv"
	TextJSON  = "json"
	TextPlain = "plain"
)

// Text is what a text is. The counts mean the same in every language: lines end with LF, CR or both, and the last one
// needs no end; words are what white space separates; characters are code points, a byte order mark not among them.
type Text struct {
	Encoding   string
	Kind       string
	Lines      int64
	Words      int64
	Characters int64
}

// inspectText returns a text and its media type; nil for what is no text.
func inspectText(from *source) (*Text, string, error) {
	survey, err := surveyOf(from)
	if err != nil {
		return nil, "", err
	}
	for _, encoding := range survey.candidates() {
		text, media, err := count(from, encoding)
		if err != nil || text != nil {
			return text, media, err
		}
	}
	return nil, "", nil
}

// count reads the text in an encoding; nil when it holds what no text does.
func count(from *source, encoding string) (*Text, string, error) {
	reader, err := decoded(from, encoding)
	if err != nil {
		return nil, "", err
	}
	characters := bufio.NewReaderSize(reader, 32<<10)
	text := &Text{Encoding: encoding}
	structure := newStructure()
	var head []byte
	var before rune
	inWord, first, ended := false, true, false
	for {
		r, size, err := characters.ReadRune()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, "", err
		}
		if first {
			first = false
			if r == '\ufeff' {
				continue
			}
		}
		// A decoder writes U+FFFD for what it cannot read; one that was in the text is lost with it, and rare.
		if r == utf8.RuneError && (size == 1 || encoding != EncodingUTF8) {
			return nil, "", nil
		}
		if ended = ended || r == endOfFile; ended && r != endOfFile ||
			control(r) && r != endOfFile && (r < 0x80 || encoding != EncodingUTF8) {
			return nil, "", nil
		}
		if ended {
			continue
		}
		if len(head) < headBytes {
			head = utf8.AppendRune(head, r)
		}
		text.Characters++
		if r == '\n' && before != '\r' || r == '\r' {
			text.Lines++
		}
		if space := unicode.IsSpace(r); space == inWord {
			inWord = !space
			if inWord {
				text.Words++
			}
		}
		structure.rune(r)
		before = r
	}
	if text.Characters > 0 && before != '\n' && before != '\r' {
		text.Lines++
	}
	kind, media := structure.types(head)
	text.Kind = kind
	return text, media, nil
}

// endOfFile is what programs of DOS write behind a text. It, or several of it, may stand at the end, and is no part of
// the text.
const endOfFile = '\x1a'

// control says that a character is none that texts hold: of the controls they have tabs, line and page ends, and escape
// sequences.
func control(r rune) bool {
	switch r {
	case '\t', '\n', '\v', '\f', '\r', '\x1b', '\u0085':
		return false
	}
	return r < 0x20 || r >= 0x7f && r <= 0x9f
}
