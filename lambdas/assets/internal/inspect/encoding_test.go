package inspect

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/htmlindex"
)

func encodedAs(t testing.TB, encoding, text string) []byte {
	t.Helper()
	switch encoding {
	case EncodingUTF16LE:
		return utf16Bytes(binary.LittleEndian, text)
	case EncodingUTF16BE:
		return utf16Bytes(binary.BigEndian, text)
	}
	known, err := htmlindex.Get(encoding)
	require.NoError(t, err)
	out, err := known.NewEncoder().String(text)
	require.NoError(t, err)
	return []byte(out)
}

// Short texts of shops. All are detected but those that are marked, which few letters do not distinguish.
var alphabets = []struct{ encoding, text, detected string }{
	{"windows-1252", "It’s the shop’s best…\n", ""},
	{"windows-1252", "Größe;Preis\n“Kessel” – blau;12 €\n‘Tee’;3,50 €\n", ""},
	{"windows-1252", "sku,price\n1,€ 5\n", ""},
	{"windows-1252", "Prix : 12 €, déjà réduit — soldes d’été, « offre »\n", ""},
	{"windows-1252", "sku,name,price\n1,Café crème “maison”,4 €\n2,Thé à la menthe,3 €\n", ""},
	{"windows-1252", "“Only quotes”\n", ""},
	{"iso-8859-1", "Grüße aus Köln\n", ""},
	{"iso-8859-1", "niño, señor, mañana\n", ""},
	{"shift_jis", "商品,価格\nお茶,500円\n湯のみ,1200円\n", ""},
	{"shift_jis", "これは日本語の説明文です。とても良い商品です。\n", ""},
	{"shift_jis", "品名\nカップ\nお皿\n", ""},
	{"euc-jp", "商品,価格\nお茶,500円\n湯のみ,1200円\n", ""},
	{"gb18030", "产品名称,价格\n茶壶,50元\n杯子,20元\n", ""},
	{"gb18030", "这是一个很好的产品。\n欢迎购买！\n", ""},
	{"big5", "這是一個很好的產品,歡迎購買。本店商品均為正品,請放心選購。\n", ""},
	{"big5", "產品名稱,價格\n茶壺,50元\n", ""},
	{"euc-kr", "상품,가격\n찻잔,5000원\n주전자,20000원\n", ""},
	{"windows-1251", "Название,Цена\nЧайник,500\nЧашка синяя,200\n", ""},
	{"koi8-r", "Название,Цена\nЧайник,500\nЧашка синяя,200\n", ""},
	{"windows-1250", "Název,Cena\nČajník žlutý,500\nŠálek,200\nPříliš žluťoučký kůň\n", ""},
	{"windows-1254", "Ürün,Fiyat\nÇaydanlık,50\nŞişe,20\n", "iso-8859-1"},
	{"utf-16le", "产品名称\n茶壶\n杯子很好\n", ""},
	{"utf-16be", "产品名称\n茶壶\n杯子很好\n", ""},
	{"utf-16le", "商品の説明\nお茶と湯のみのセットです。\n", ""},
	{"utf-16be", "商品の説明\nお茶と湯のみのセットです。\n", ""},
	{"utf-16le", "Название\nЧайник\nЧашка синяя\n", ""},
	{"utf-16be", "Название,Цена\nЧайник,500\n", ""},
	{"utf-16le", "상품,가격\n찻잔,5000원\n", ""},
	{"utf-16le", "id,name\n1,Grüße\n", ""},
}

func TestEncodingsOfShops(t *testing.T) {
	right := 0
	for _, one := range alphabets {
		content, err := inspectBytes(encodedAs(t, one.encoding, one.text))
		require.NoError(t, err)
		want := one.encoding
		if one.detected != "" {
			want = one.detected
		}
		if assert.Equal(t, want, encodingOf(content), "%q in %s", one.text, one.encoding) && one.detected == "" {
			assert.Equal(t, int64(utf8.RuneCountInString(one.text)), content.Text.Characters)
			right++
		}
	}
	t.Logf("%d of %d texts are told", right, len(alphabets))
}

// What tells the encoding may come late.
func TestLateLetters(t *testing.T) {
	plain := strings.Repeat("a plain line\n", 10_000)
	for _, one := range alphabets[:10] {
		content, err := inspectBytes(append([]byte(plain), encodedAs(t, one.encoding, one.text)...))
		require.NoError(t, err)
		assert.Equal(t, one.encoding, encodingOf(content), one.text)
	}
}

func TestControlsOfTexts(t *testing.T) {
	for give, want := range map[string]*Text{
		"It\u0092s\u0085\n":       {EncodingUTF8, TextPlain, 1, 1, 6},
		"id,a\r\n1,2\r\n\x1a":     {EncodingUTF8, TextCSV, 2, 2, 11},
		"text\n\x1a\x1a\x1a":      {EncodingUTF8, TextPlain, 1, 1, 5},
		"caf\xe9\n\x1a":           {EncodingLatin1, TextPlain, 1, 1, 5},
		"te\x1axt":                nil,
		"text\x00":                nil,
		"text and more \x00\x00":  nil,
		"te\x07xt":                nil,
		"text\x04":                nil,
		"caf\xe9\x00":             nil,
		"\x81\x8d undefined \x8f": nil,
	} {
		content, err := inspectBytes([]byte(give))
		require.NoError(t, err)
		if want == nil && content.Text != nil && content.Text.Encoding == "shift_jis" {
			continue // bytes that windows-1252 lacks are another alphabet's
		}
		assert.Equal(t, want, content.Text, "%q", give)
	}
}

func TestMediaTypes(t *testing.T) {
	archive := func(names ...string) []byte {
		var out bytes.Buffer
		zip := zip.NewWriter(&out)
		for i, name := range names {
			entry, err := zip.CreateHeader(zipHeader(name))
			require.NoError(t, err)
			_, err = entry.Write(bytes.Repeat([]byte{byte(i)}, 5000))
			require.NoError(t, err)
		}
		require.NoError(t, zip.SetComment("a comment"))
		require.NoError(t, zip.Close())
		return out.Bytes()
	}
	many := []string{"[Content_Types].xml"}
	for i := range 300 {
		many = append(many, "docProps/thumbnail"+strings.Repeat("x", i))
	}
	const office = "application/vnd.openxmlformats-officedocument."
	for _, test := range []struct {
		name, kind, mediaType string
		give                  []byte
	}{
		{"HTML", KindText, "text/html", []byte("<!DOCTYPE html>\n<title>A</title>")},
		{"HTML behind space", KindText, "text/html", []byte("\n  <html><body>a</body></html>")},
		{"HTML with a mark", KindText, "text/html", []byte("\ufeff<html><body>a</body></html>")},
		{"HTML in UTF-16", KindText, "text/html", encodedAs(t, EncodingUTF16LE, "<html><body>a</body></html>")},
		{"HTML in windows-1252", KindText,
			"text/html", encodedAs(t, "windows-1252", "<html><body>5 € – “a”</body></html>")},
		{"SVG", KindText, "image/svg+xml", []byte(`<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>`)},
		{"SVG, declared", KindText,
			"image/svg+xml", []byte("<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\"/>")},
		{"SVG behind a comment", KindText, "image/svg+xml", []byte("<!-- a shop's -->\n<svg/>")},
		{"SVG with a document type", KindText, "image/svg+xml",
			[]byte("<!DOCTYPE svg [<!ENTITY ns \"http://www.w3.org/2000/svg\">]>\n<svg xmlns=\"&ns;\"/>")},
		{"SVG of all of these", KindText, "image/svg+xml", []byte(
			"\ufeff<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>\n<!-- a -->\n<?x y?><s:svg xmlns:s=\"http://www.w3.org/2000/svg\"/>",
		)},
		{"SVG in UTF-16", KindText,
			"image/svg+xml", encodedAs(t, EncodingUTF16BE, "<svg xmlns=\"http://www.w3.org/2000/svg\"/>")},
		{"HTML with a drawing", KindText, "text/html", []byte("<!-- a --><html><svg/></html>")},
		{"a note on SVG", KindText, "text/plain", []byte("<- this is no <svg> element\n")},
		{"XML", KindText, "text/xml", []byte("<?xml version=\"1.0\"?>\n<order><line/></order>")},
		{"JSON", KindText, "application/json", []byte("{\"a\":\n1}\n")},
		{"JSON lines", KindText, "application/x-ndjson", []byte("{\"a\":1}\n{\"a\":2}\n")},
		{"JSON that ends early", KindText, "text/plain", []byte("{\"a\":1")},
		{"CSV", KindText, "text/csv", []byte("id,size\n1,5\" wide\n2,a \"b\" c\n")},
		{"plain text", KindText, "text/plain", []byte("a note, and another\nline")},
		{"a note on GIF", KindText, "text/plain", []byte("GIF89a is a format\n")},
		{"a note on cars", KindText,
			"text/plain", []byte("BMW and others make cars of many kinds, and this is a note\n")},
		{"a note on PDF", KindText, "text/plain", []byte("A file begins with %PDF-1.4\n")},
		{"a note on sound", KindText, "text/plain", []byte("ID3 tags are in front\n")},
		{"PDF of letters", KindBinary, "application/pdf", []byte("%PDF-1.4\n1 0 obj\n<<>>\nendobj\n")},
		{"PostScript", KindBinary, "application/postscript", []byte("%!PS-Adobe-3.0\nshowpage\n")},
		{"DOCX", KindBinary, office + "wordprocessingml.document",
			archive("[Content_Types].xml", "_rels/.rels", "docProps/app.xml", "word/document.xml")},
		{"DOCX of many parts", KindBinary, office + "wordprocessingml.document",
			archive(append(many, "word/document.xml")...)},
		{"XLSX", KindBinary, office + "spreadsheetml.sheet",
			archive("[Content_Types].xml", "docProps/app.xml", "xl/workbook.xml")},
		{"PPTX", KindBinary, office + "presentationml.presentation",
			archive("[Content_Types].xml", "docProps/app.xml", "ppt/presentation.xml")},
		{"a ZIP of others", KindBinary, "application/zip", archive("readme.txt", "word.txt", "xl.csv")},
		{"a ZIP of nothing", KindBinary, "application/zip", archive()},
		{"a ZIP cut off", KindBinary, "application/zip", archive("readme.txt", "word/a")[:300]},
	} {
		content, err := inspectBytes(test.give)
		require.NoError(t, err, test.name)
		assert.Equal(t, []string{test.kind, test.mediaType}, []string{content.Kind, content.MediaType}, test.name)
	}
}

func zipHeader(name string) *zip.FileHeader { return &zip.FileHeader{Name: name, Method: zip.Store} }
