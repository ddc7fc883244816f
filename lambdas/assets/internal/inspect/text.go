package inspect

import (
	"bufio"
	"errors"
	"io"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	utf "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// Encodings and kinds of texts.
const (
	EncodingUTF8    = "utf-8"
	EncodingUTF16LE = "utf-16le"
	EncodingUTF16BE = "utf-16be"
	EncodingLatin1  = "iso-8859-1"

	TextCSV   = "csv"
	TextJSON  = "json"
	TextPlain = "plain"
)

var textMediaTypes = map[string]string{TextCSV: "text/csv", TextJSON: "application/json", TextPlain: "text/plain"}

// Text is what a text is. The counts mean the same in every language: lines end with LF, CR or both, and the last one needs no end;
// words are what white space separates; characters are code points, a byte order mark not among them.
type Text struct {
	Encoding   string
	Kind       string
	Lines      int64
	Words      int64
	Characters int64
}

// inspectText returns nil for what is no text.
func inspectText(from *source) (*Text, error) {
	survey, err := surveyOf(from)
	if err != nil {
		return nil, err
	}
	for _, encoding := range survey.candidates() {
		text, err := count(from, encoding)
		if err != nil || text != nil {
			return text, err
		}
	}
	return nil, nil
}

// decoders turn an encoding into UTF-8; nil needs none.
var decoders = map[string]func() transform.Transformer{
	EncodingUTF8:    nil,
	EncodingUTF16LE: func() transform.Transformer { return utf.UTF16(utf.LittleEndian, utf.IgnoreBOM).NewDecoder() },
	EncodingUTF16BE: func() transform.Transformer { return utf.UTF16(utf.BigEndian, utf.IgnoreBOM).NewDecoder() },
	EncodingLatin1:  func() transform.Transformer { return charmap.ISO8859_1.NewDecoder() },
}

// count reads the text in an encoding; nil when it holds what no text does.
func count(from *source, encoding string) (*Text, error) {
	var reader io.Reader = from.reader()
	if decoder := decoders[encoding]; decoder != nil {
		reader = transform.NewReader(reader, decoder())
	}
	characters := bufio.NewReaderSize(reader, 32<<10)
	text := &Text{Encoding: encoding}
	structure := newStructure()
	var before rune
	inWord, first := false, true
	for {
		r, size, err := characters.ReadRune()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if first {
			first = false
			if r == '\ufeff' {
				continue
			}
		}
		// A decoder writes U+FFFD for what it cannot read; one that was in the text is lost with it, and rare.
		if r == utf8.RuneError && (size == 1 || encoding != EncodingUTF8) || control(r) {
			return nil, nil
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
	text.Kind = structure.kind()
	return text, nil
}

// control says that a character is none that texts hold: of the controls they have tabs, line and page ends, and escape sequences.
func control(r rune) bool {
	switch r {
	case '\t', '\n', '\v', '\f', '\r', '\x1b', '\u0085':
		return false
	}
	return r < 0x20 || r >= 0x7f && r <= 0x9f
}

// survey is what the bytes say about the encoding.
type survey struct {
	start          []byte // the first four bytes
	size           int64
	zeros          [2]int64 // at even and odd offsets
	bytewise       bool     // no byte is a control character of Latin-1
	validUTF8      bool
	undecided      []byte // the start of a character that the next block ends
	firstBlockDone bool
}

func surveyOf(from *source) (*survey, error) {
	s := &survey{size: from.size, bytewise: true, validUTF8: true}
	reader := from.reader()
	block := make([]byte, 32<<10)
	even := true
	for {
		n, err := io.ReadFull(reader, block)
		s.add(block[:n], even)
		even = even == (n%2 == 0)
		switch {
		case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
			s.validUTF8 = s.validUTF8 && len(s.undecided) == 0
			return s, nil
		case err != nil:
			return nil, err
		}
	}
}

func (s *survey) add(block []byte, even bool) {
	if !s.firstBlockDone {
		s.start = append([]byte(nil), block[:min(4, len(block))]...)
		s.firstBlockDone = true
	}
	offset := 0
	if !even {
		offset = 1
	}
	for i, b := range block {
		if b == 0 {
			s.zeros[(i+offset)%2]++
		}
		// Not as strict as control: a byte of UTF-8 may be any above 0x7F.
		if b < 0x20 && control(rune(b)) || b == 0x7f {
			s.bytewise = false
		}
	}
	if s.validUTF8 {
		s.decode(block)
	}
}

// decode checks UTF-8 across the ends of blocks.
func (s *survey) decode(block []byte) {
	for len(s.undecided) > 0 && len(block) > 0 {
		s.undecided, block = append(s.undecided, block[0]), block[1:]
		if !utf8.FullRune(s.undecided) {
			continue
		}
		if r, size := utf8.DecodeRune(s.undecided); r == utf8.RuneError && size == 1 {
			s.validUTF8 = false
		}
		s.undecided = nil
	}
	whole := len(block)
	for back := 1; back <= min(utf8.UTFMax-1, len(block)); back++ {
		if utf8.RuneStart(block[len(block)-back]) {
			if !utf8.FullRune(block[len(block)-back:]) {
				whole -= back
			}
			break
		}
	}
	s.validUTF8 = s.validUTF8 && utf8.Valid(block[:whole])
	s.undecided = append(s.undecided, block[whole:]...)
}

// candidates are the encodings that the bytes allow, the likeliest first.
func (s *survey) candidates() []string {
	mark := func(bytes string) bool { return len(s.start) >= len(bytes) && string(s.start[:len(bytes)]) == bytes }
	switch {
	case mark("\xff\xfe\x00\x00") || mark("\x00\x00\xfe\xff"): // UTF-32
		return nil
	case mark("\xff\xfe") && s.size%2 == 0:
		return []string{EncodingUTF16LE}
	case mark("\xfe\xff") && s.size%2 == 0:
		return []string{EncodingUTF16BE}
	case s.zeros[0]+s.zeros[1] > 0:
		return s.unmarked()
	case !s.bytewise:
		return nil
	case s.validUTF8:
		return []string{EncodingUTF8}
	default:
		return []string{EncodingLatin1}
	}
}

// unmarked is UTF-16 without a byte order mark, when the zeros of its ASCII characters are nearly all on one side.
func (s *survey) unmarked() []string {
	units := s.size / 2
	switch {
	case s.size%2 != 0:
		return nil
	case s.zeros[1] > 4*s.zeros[0] && s.zeros[1]*4 >= units:
		return []string{EncodingUTF16LE}
	case s.zeros[0] > 4*s.zeros[1] && s.zeros[0]*4 >= units:
		return []string{EncodingUTF16BE}
	default:
		return nil
	}
}
