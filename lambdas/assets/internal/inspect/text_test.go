package inspect

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"encoding/json"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func utf16Bytes(order binary.AppendByteOrder, text string) []byte {
	var out []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		out = order.AppendUint16(out, unit)
	}
	return out
}

func TestTexts(t *testing.T) {
	little, big := binary.LittleEndian, binary.BigEndian
	for _, test := range []struct {
		name string
		give []byte
		want Text
	}{
		{"one line", []byte("a text"), Text{EncodingUTF8, TextPlain, 1, 2, 6}},
		{"UTF-8", []byte("Grüße aus Zürich\n日本語のテキスト\n"), Text{EncodingUTF8, TextPlain, 2, 4, 26}},
		{"UTF-8 with its mark", []byte("\xef\xbb\xbfGrüße\r\naus Zürich"), Text{EncodingUTF8, TextPlain, 2, 3, 17}},
		{"line ends of every kind", []byte("a\nb\r\nc\rd"), Text{EncodingUTF8, TextPlain, 4, 4, 8}},
		{"only white space", []byte(" \n \n"), Text{EncodingUTF8, TextPlain, 2, 0, 4}},
		{"Latin-1", []byte("caf\xe9 cr\xe8me\n"), Text{EncodingLatin1, TextPlain, 1, 2, 11}},
		{"UTF-16, little", utf16Bytes(little, "\ufeffGrüße 𝄞\n"), Text{EncodingUTF16LE, TextPlain, 1, 2, 8}},
		{"UTF-16, big", utf16Bytes(big, "\ufeffGrüße 𝄞\n"), Text{EncodingUTF16BE, TextPlain, 1, 2, 8}},
		{"UTF-16, little, no mark", utf16Bytes(little, "id,name\n1,Grüße\n"), Text{EncodingUTF16LE, TextCSV, 2, 2, 16}},
		{"UTF-16, big, no mark", utf16Bytes(big, `{"a":"Grüße"}`), Text{EncodingUTF16BE, TextJSON, 1, 1, 13}},
		{"CSV", []byte("id,name\n1,\"a, b\nc\"\"d\"\n\n2,\n"), Text{EncodingUTF8, TextCSV, 5, 5, 26}},
		{"CSV with semicolons", []byte("id;name\n1;a,b\n2;c"), Text{EncodingUTF8, TextCSV, 3, 3, 17}},
		{"CSV with tabs", []byte("id\tname\n1\ta b\n"), Text{EncodingUTF8, TextCSV, 2, 5, 14}},
		{"no CSV: one line", []byte("a, b, c\n"), Text{EncodingUTF8, TextPlain, 1, 3, 8}},
		{"no CSV: of other widths", []byte("a,b\nc,d,e\n"), Text{EncodingUTF8, TextPlain, 2, 2, 10}},
		{"no CSV: an open quote", []byte("a,b\nc,\"d\n"), Text{EncodingUTF8, TextPlain, 2, 2, 9}},
		{"no CSV: a name is missing", []byte("a,\nb,c\n"), Text{EncodingUTF8, TextPlain, 2, 2, 7}},
		{"JSON", []byte(" {\"a\": [1, -2.5e+3, true, null, \"\\u00e9\\n\"]}\n"),
			Text{EncodingUTF8, TextJSON, 1, 6, 45}},
		{"JSON lines", []byte("{\"a\":1}\n{\"a\":2}\n"), Text{EncodingUTF8, TextJSON, 2, 2, 16}},
		{"no JSON: it ends early", []byte(`{"a":1`), Text{EncodingUTF8, TextPlain, 1, 1, 6}},
		{"no JSON: a number", []byte(`12`), Text{EncodingUTF8, TextPlain, 1, 1, 2}},
	} {
		t.Run(test.name, func(t *testing.T) {
			content, err := inspectBytes(test.give)
			require.NoError(t, err)
			require.Equal(t, KindText, content.Kind)
			assert.Equal(t, test.want, *content.Text)
		})
	}
}

func TestBinaries(t *testing.T) {
	random := rand.NewChaCha8([32]byte{1})
	noise := make([]byte, 4096)
	_, err := random.Read(noise)
	require.NoError(t, err)
	for name, test := range map[string]struct {
		give      []byte
		mediaType string
	}{
		"a PDF":                    {[]byte("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\x00\x01"), "application/pdf"},
		"a ZIP":                    {[]byte("PK\x03\x04\x14\x00\x00\x00\x08\x00abc"), "application/zip"},
		"noise":                    {noise, "application/octet-stream"},
		"a text with a zero":       {[]byte("a text\x00"), "application/octet-stream"},
		"UTF-16 of uneven length":  {[]byte("\xff\xfea\x00b"), "application/octet-stream"},
		"UTF-16, a lone surrogate": {[]byte("\xff\xfe\x00\xd8a\x00"), "application/octet-stream"},
		"UTF-32":                   {[]byte("\xff\xfe\x00\x00a\x00\x00\x00"), "application/octet-stream"},
	} {
		t.Run(name, func(t *testing.T) {
			content, err := inspectBytes(test.give)
			require.NoError(t, err)
			assert.Equal(t, KindBinary, content.Kind)
			assert.Nil(t, content.Text)
			if name == "UTF-32" { // the library tells it apart, as a text
				return
			}
			assert.Equal(t, test.mediaType, content.MediaType)
		})
	}
}

// Characters that lie across the blocks of the reader are read whole, at whatever place.
func TestTextsAcrossBlocks(t *testing.T) {
	for shift := range 8 {
		text := strings.Repeat("x", 32<<10-4+shift) + "日本語é𝄞"
		content, err := inspectBytes([]byte(text))
		require.NoError(t, err)
		require.NotNil(t, content.Text, shift)
		assert.Equal(t, Text{EncodingUTF8, TextPlain, 1, 1, int64(32<<10 - 4 + shift + 5)}, *content.Text)
		content, err = inspectBytes([]byte(text[:len(text)-1]))
		require.NoError(t, err)
		assert.NotEqual(t, EncodingUTF8, encodingOf(content), "the last character is cut off")
	}
}

func encodingOf(content Content) string {
	if content.Text == nil {
		return ""
	}
	return content.Text.Encoding
}

// FuzzFile feeds anything: it ends with a content or a fault, and says the same twice.
func FuzzFile(f *testing.F) {
	for _, name := range []string{"alpha.webp", "animated.gif", "animated.webp", "lossless.webp", "lossy.webp",
		"turned.jpg", "turned.png", "turned.webp"} {
		f.Add(fixture(f, name))
	}
	for _, name := range []string{
		"avif.avif", "bmp-24.bmp", "ico.ico", "docx.docx", "gif-animated.gif", "png-interlaced-palette.png",
		"png-too-much-pixel-data.png", "webp-animated.webp", "jpeg-sampling-1x4.jpg", "jpeg-icc-adobe-rgb.jpg",
		"jpeg-no-eoi-trailer.jpg", "webp-lossless-alpha-icc.webp", "shift-jis.csv", "utf16le-no-bom-chinese.txt",
	} {
		f.Add(caseFile(f, name))
	}
	f.Add(jxlCodestream(9, 8, 3))
	f.Add(iconOf(iconBitmap(f, corners(33, 20), 0)))
	f.Add(avifOf("mif1", 300, 200, heifBox("irot", []byte{1})))
	f.Add(pngClaiming(1<<31, 1))
	f.Add([]byte("id,name\n1,a\n"))
	f.Add([]byte(`{"a":[1,2.5e3,"\u00e9"]}`))
	f.Add(utf16Bytes(binary.LittleEndian, "a text"))
	f.Fuzz(func(t *testing.T, content []byte) {
		limits := testLimits
		limits.MaxPixels = 1 << 16
		got, err := File(bytes.NewReader(content), int64(len(content)), limits)
		var found *Fault
		if err != nil {
			require.ErrorAs(t, err, &found)
			assert.NotEmpty(t, found.Reason)
			return
		}
		again, err := File(bytes.NewReader(content), int64(len(content)), limits)
		require.NoError(t, err)
		assert.Equal(t, got, again)
		switch got.Kind {
		case KindImage:
			assert.LessOrEqual(t, got.Image.Width*got.Image.Height, 1<<16)
		case KindText:
			assert.LessOrEqual(t, got.Text.Words, got.Text.Characters)
			assert.LessOrEqual(t, got.Text.Lines, got.Text.Characters)
		}
	})
}

// FuzzJSON compares the scanner with the library on valid UTF-8.
func FuzzJSON(f *testing.F) {
	for _, text := range []string{
		`{}`, `[]`, `{"a":1}`, `[1,2]`, `[1,]`, `{"a"}`, `[-]`, `[01]`, `[1.]`, `[1e]`, `[1e+5,-0.5E-7]`, `["\u12gh"]`,
		`["\ud800"]`, "[\"\t\"]", `[true,false,null,nul]`, `{"a":{"b":[{}]}}`, `[[[]]`, `{"a":1,}`, `{,}`, `["a" "b"]`,
		` [ 1 , "x" ] `, `[1]2`, `[0]`, `[-1]`, `{"a":1 "b"}`, `[}`, `]`, `[0e1]`, `[1-2]`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.ToValidUTF8(text, "?")
		var scanner jsonScanner
		for _, r := range text {
			scanner.rune(r)
		}
		trimmed := strings.Trim(text, " \t\r\n")
		want := json.Valid([]byte(text)) && (strings.HasPrefix(trimmed, "{") || strings.HasPrefix(trimmed, "["))
		if !want && scanner.end() { // several documents, each of them valid
			decoder := json.NewDecoder(strings.NewReader(text))
			for {
				var document json.RawMessage
				if err := decoder.Decode(&document); err != nil {
					require.ErrorIs(t, err, io.EOF, "%q", text)
					return
				}
			}
		}
		require.Equal(t, want, scanner.end(), "%q", text)
	})
}

// lazy reads as spreadsheets do: a quote within a field that began without one is a character.
func lazy(text string) *csv.Reader {
	reader := csv.NewReader(strings.NewReader(text))
	reader.LazyQuotes = true
	return reader
}

// FuzzCSV compares the scanner with the library: what it takes for a table, the library reads as one.
func FuzzCSV(f *testing.F) {
	for _, text := range []string{"a,b\n1,2\n", "a,b\r\n\"1\",\"2\"\"\"\r\n", "a,\"b\nc\"\n1,2", "a,b\n\n1,2\n",
		"a,b\n\"1\"x,2\n", "a,b\n,\n"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.ReplaceAll(strings.ToValidUTF8(text, "?"), "\r", "") // the library ends no line there
		scanner := csvScanner{separator: ','}
		for _, r := range text {
			scanner.rune(r)
		}
		if !scanner.end() {
			return
		}
		records, err := lazy(text).ReadAll()
		require.NoError(t, err, "%q", text)
		require.GreaterOrEqual(t, len(records), 2)
		require.GreaterOrEqual(t, len(records[0]), 2)
	})
}
