package inspect

import (
	"cmp"
	"errors"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/gogs/chardet"
	"golang.org/x/text/encoding/htmlindex"
	utf "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// Encodings that have names of their own here; the others are called as the WHATWG Encoding standard does.
const (
	EncodingUTF8        = "utf-8"
	EncodingUTF16LE     = "utf-16le"
	EncodingUTF16BE     = "utf-16be"
	EncodingLatin1      = "iso-8859-1" // without the bytes in which windows-1252 differs
	encodingWindows1252 = "windows-1252"
)

// decoded reads the file as UTF-8.
func decoded(from *source, encoding string) (io.Reader, error) {
	switch encoding {
	case EncodingUTF8:
		return from.reader(), nil
	case EncodingUTF16LE:
		return transform.NewReader(from.reader(), utf.UTF16(utf.LittleEndian, utf.IgnoreBOM).NewDecoder()), nil
	case EncodingUTF16BE:
		return transform.NewReader(from.reader(), utf.UTF16(utf.BigEndian, utf.IgnoreBOM).NewDecoder()), nil
	}
	found, err := htmlindex.Get(encoding)
	if err != nil {
		return nil, err
	}
	return transform.NewReader(from.reader(), found.NewDecoder()), nil
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
	high           bool   // a byte is above 0x7F
	differing      bool   // a byte is one in which windows-1252 differs from Latin-1
	escaped        bool   // a byte is an escape, by which ISO 2022 changes alphabets
	controls       bool   // a byte other than zero is a control character that texts do not hold
	sample         []byte // the first block that says something about the alphabet
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
		if b < 0x20 && b != endOfFile && control(rune(b)) || b == 0x7f {
			s.bytewise = false
			s.controls = s.controls || b != 0
		}
		s.high = s.high || b >= 0x80
		s.escaped = s.escaped || b == 0x1b
		s.differing = s.differing || b >= 0x80 && b < 0xa0
	}
	if s.sample == nil && (s.high || s.escaped || s.controls) {
		s.sample = append([]byte(nil), block...)
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
	case s.zeros[0]+s.zeros[1] > 0 || !s.bytewise:
		return s.unmarked()
	case s.validUTF8 && !s.escaped:
		return []string{EncodingUTF8}
	default:
		return s.byAlphabet()
	}
}

// byAlphabet asks the library what the bytes look like.
func (s *survey) byAlphabet() []string {
	found, err := chardet.NewTextDetector().DetectAll(s.sample)
	if err != nil { // it recognizes nothing
		found = nil
	}
	dense := pairs(s.sample)
	weight := func(r chardet.Result) int {
		switch r.Charset {
		case "ISO-8859-1", "windows-1252":
			// The alphabets of Central Europe and Turkey share most letters with it: a short text looks like all of
			// them.
			return 2 * r.Confidence
		case "Shift_JIS", "GB18030", "GB-18030", "Big5", "EUC-JP", "EUC-KR":
			// Of few characters the library says ten, whatever they are.
			if r.Confidence > 10 || dense || r.Charset == "Shift_JIS" && kana(s.sample) {
				return 4*r.Confidence + 100
			}
		}
		return r.Confidence
	}
	slices.SortStableFunc(found, func(a, b chardet.Result) int { return cmp.Compare(weight(b), weight(a)) })
	var names []string
	for _, result := range found {
		known, err := htmlindex.Get(map[string]string{"GB-18030": "gb18030"}[result.Charset])
		if err != nil {
			known, err = htmlindex.Get(result.Charset)
		}
		if err != nil {
			continue // no encoding that the web knows
		}
		if name, err := htmlindex.Name(known); err == nil && name != EncodingUTF8 {
			names = append(names, name)
		}
	}
	if s.validUTF8 { // and escapes: those of terminals, or of ISO 2022
		if len(names) > 0 && names[0] == "iso-2022-jp" {
			return []string{names[0], EncodingUTF8}
		}
		return []string{EncodingUTF8}
	}
	names = append(names, encodingWindows1252)
	for i, name := range names {
		if name == encodingWindows1252 && !s.differing {
			names[i] = EncodingLatin1
		}
	}
	return names
}

// pairs says whether bytes above 0x7F come in pairs or are followed by what may be half of one, as those of characters
// of two bytes do; letters with accents stand alone.
func pairs(sample []byte) bool {
	alone, together := 0, 0
	for i := 0; i < len(sample); i++ {
		if sample[i] < 0x80 {
			continue
		}
		if i+1 < len(sample) && sample[i+1] >= 0x80 {
			together++
			i++
		} else {
			alone++
		}
	}
	return together > 3*alone
}

// kana says whether most pairs that begin as Shift JIS has them are its kana. In windows-1252 their first bytes are
// rare marks.
func kana(sample []byte) bool {
	syllables, others := 0, 0
	for i := 0; i+1 < len(sample); i++ {
		first, second := sample[i], sample[i+1]
		if first < 0x81 || first > 0xa0 && first < 0xe0 {
			continue
		}
		i++
		if first == 0x82 && second >= 0x9f && second <= 0xf1 || first == 0x83 && second >= 0x40 && second <= 0x96 {
			syllables++
		} else {
			others++
		}
	}
	return syllables >= 2 && syllables >= others
}

// unmarked is UTF-16 without a byte order mark: the zeros of its ASCII characters are nearly all on one side, or nearly
// all of its units are of scripts that are in use.
func (s *survey) unmarked() []string {
	units := s.size / 2
	switch {
	case s.size%2 != 0:
		return nil
	case s.zeros[1] > 4*s.zeros[0] && s.zeros[1]*4 >= units:
		return []string{EncodingUTF16LE}
	case s.zeros[0] > 4*s.zeros[1] && s.zeros[0]*4 >= units:
		return []string{EncodingUTF16BE}
	case s.validUTF8 && !s.controls || units < fewestUnits || s.sample == nil: // letters between zeros
		return nil
	}
	little, big := scripts(s.sample, 1, 0), scripts(s.sample, 0, 1)
	switch {
	case little > 0.95 && little > big:
		return []string{EncodingUTF16LE}
	case big > 0.95 && big > little:
		return []string{EncodingUTF16BE}
	default:
		return nil
	}
}

// fewestUnits is how many units without many zeros are enough to tell UTF-16 from chance.
const fewestUnits = 8

// scripts is the share of units that are characters of scripts that fill whole texts.
func scripts(sample []byte, high, low int) float64 {
	known, units := 0, len(sample)/2
	for ; len(sample) >= 2; sample = sample[2:] {
		switch r := rune(sample[high])<<8 | rune(sample[low]); {
		case r == '\t', r == '\n', r == '\r', r >= 0x20 && r < 0x7f, r >= 0xa0 && r <= 0xff, // Latin
			r >= 0x370 && r < 0x700,    // Greek, Cyrillic, Armenian, Hebrew, Arabic
			r >= 0x900 && r < 0xe80,    // the scripts of India, Thai
			r >= 0x2010 && r <= 0x203a, // typographic marks
			r >= 0x3000 && r < 0x3100,  // Japanese
			r >= 0x4e00 && r < 0xa000,  // Chinese
			r >= 0xac00 && r < 0xd7a4,  // Korean
			r >= 0xff00 && r < 0xfff0:  // wide forms
			known++
		}
	}
	return float64(known) / float64(units)
}
