package inspect

import (
	"bytes"
	"encoding/binary"
	"image"
	"testing"

	"github.com/sergeymakinen/go-bmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func encodeBMP(t testing.TB, picture image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, bmp.Encode(&out, picture))
	return out.Bytes()
}

// iconOf is an ICO file of images.
func iconOf(images ...[]byte) []byte {
	out := binary.LittleEndian.AppendUint16([]byte{0, 0, 1, 0}, uint16(len(images)))
	at := iconHead + iconEntry*len(images)
	for _, content := range images {
		out = append(out, 0, 0, 0, 0, 1, 0, 32, 0) // sides of 256 or more
		out = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(out, uint32(len(content))), uint32(at))
		at += len(content)
	}
	return append(out, bytes.Join(images, nil)...)
}

// iconBitmap is a bitmap as it stands in an ICO file, with a mask that hides all or nothing.
func iconBitmap(t testing.TB, picture image.Image, mask byte) []byte {
	file := encodeBMP(t, picture)[bitmapHead:]
	bounds := picture.Bounds()
	binary.LittleEndian.PutUint32(file[8:], uint32(2*bounds.Dy()))
	return append(file, bytes.Repeat([]byte{mask}, (bounds.Dx()+31)/32*4*bounds.Dy())...)
}

func heifBox(kind string, bodies ...[]byte) []byte {
	body := bytes.Join(bodies, nil)
	return append(append(binary.BigEndian.AppendUint32(nil, uint32(8+len(body))), kind...), body...)
}

// avifOf is what an AVIF file says of an image: a thumbnail's sides come first, then those of the primary item, and how
// it is turned.
func avifOf(brand string, width, height uint32, turn ...[]byte) []byte {
	sides := func(w, h uint32) []byte {
		return heifBox("ispe", make([]byte, 4), binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h))
	}
	associated := []byte{0, 0, 0, 0, 0, 0, 0, 2, 0, 1, 1, 0x81, 0, 2, byte(1 + len(turn)), 0x82}
	for i := range turn {
		associated = append(associated, 0x83+byte(i))
	}
	properties := heifBox("ipco", append([][]byte{sides(16, 16), sides(width, height)}, turn...)...)
	meta := heifBox("meta", make([]byte, 4), heifBox("hdlr", make([]byte, 24)),
		heifBox("pitm", []byte{0, 0, 0, 0, 0, 2}), heifBox("iprp", properties, heifBox("ipma", associated)))
	return append(append(heifBox("ftyp", []byte(brand), make([]byte, 4), []byte("mif1avif")), meta...),
		heifBox("mdat", make([]byte, 50))...)
}

// jxlCodestream is the header of JPEG XL of any sides and an orientation, and some bytes.
func jxlCodestream(width, height, orientation uint64) []byte {
	bits, n := uint64(0), 0
	add := func(value uint64, size int) { bits, n = bits|value<<n, n+size }
	add(0, 1)
	add(1, 2) // thirteen bits
	add(height-1, 13)
	add(0, 3) // no ratio
	add(1, 2)
	add(width-1, 13)
	add(0, 1)
	add(1, 1)
	add(orientation-1, 3)
	return append(binary.LittleEndian.AppendUint64([]byte{0xff, 0x0a}, bits), make([]byte, 40)...)
}

func TestOtherFormatsOfBrowsers(t *testing.T) {
	cursor := encodePNG(t, corners(32, 16))
	old := encodeBMP(t, corners(40, 30))
	core := append([]byte("BM\x00\x00\x00\x00\x00\x00\x00\x00\x1a\x00\x00\x00\x0c\x00\x00\x00"), 40, 0, 30, 0, 1, 0, 24,
		0)
	core = append(core, make([]byte, 120*30)...)
	boxed := append([]byte(jxlBox), heifBox("ftyp", []byte("jxl \x00\x00\x00\x00jxl "))...)
	for name, test := range map[string]struct {
		give                       []byte
		format                     string
		width, height, orientation int
		shown                      bool
	}{
		"BMP":                          {old, "bmp", 40, 30, 1, true},
		"BMP with a palette":           {encodeBMP(t, indexed(41, 31)), "bmp", 41, 31, 1, true},
		"BMP of OS/2":                  {core, "bmp", 40, 30, 1, false},
		"ICO of PNG":                   {iconOf(cursor), "ico", 32, 16, 1, true},
		"ICO, the largest first":       {iconOf(encodePNG(t, corners(64, 64)), cursor), "ico", 64, 64, 1, true},
		"ICO, the largest last":        {iconOf(cursor, iconBitmap(t, indexed(48, 48), 0)), "ico", 48, 48, 1, true},
		"ICO of a bitmap":              {iconOf(iconBitmap(t, corners(33, 20), 0)), "ico", 33, 20, 1, true},
		"ICO of a bitmap with palette": {iconOf(iconBitmap(t, indexed(33, 20), 0xff)), "ico", 33, 20, 1, true},
		"AVIF":                         {avifOf("avif", 300, 200), "avif", 300, 200, 1, false},
		"AVIF of another brand":        {avifOf("mif1", 300, 200), "avif", 300, 200, 1, false},
		"AVIF, turned": {avifOf("avif", 300, 200, heifBox("irot", []byte{1})), "avif", 300, 200, 8,
			false},
		"AVIF, turned and mirrored": {avifOf("avis", 300, 200, heifBox("irot", []byte{3}), heifBox("imir", []byte{1})),
			"avif", 300, 200, 5, false},
		"JPEG XL":         {jxlCodestream(1000, 700, 1), "jxl", 1000, 700, 1, false},
		"JPEG XL, turned": {jxlCodestream(1000, 700, 6), "jxl", 1000, 700, 6, false},
		"JPEG XL in boxes": {append(bytes.Clone(boxed), heifBox("jxlc", jxlCodestream(9, 8, 3))...), "jxl", 9, 8, 3,
			false},
		"JPEG XL in parts": {append(bytes.Clone(boxed), heifBox("jxlp", []byte{0, 0, 0, 0}, jxlCodestream(9, 8, 3))...),
			"jxl", 9, 8, 3, false},
	} {
		got, err := inspectBytes(test.give)
		require.NoError(t, err, name)
		require.Equal(t, KindImage, got.Kind, name)
		assert.Equal(t, []any{test.format, test.width, test.height, test.orientation, test.shown},
			[]any{got.Image.Format, got.Image.Width, got.Image.Height, got.Image.Orientation,
				len(got.Image.Thumbnail) > 0}, name)
		assert.Equal(t, test.shown, got.Image.Hash != "", name)
		if test.format == "jxl" && name != "JPEG XL in boxes" {
			continue
		}
		_, err = inspectBytes(test.give[:len(test.give)-30])
		var found *Fault
		require.ErrorAs(t, err, &found, name)
		assert.Equal(t, "truncated_image", found.Reason, "%s: %s", name, found.Detail)
	}
}

// A pixel may name a colour that the table lacks.
func TestPalettesHaveEveryColour(t *testing.T) {
	decoded, err := decodeBitmap(bytes.NewReader(encodeBMP(t, indexed(41, 31))))
	require.NoError(t, err)
	require.IsType(t, &image.Paletted{}, decoded)
	assert.Len(t, decoded.(*image.Paletted).Palette, 256)
}

// The mask of an icon hides, unless the pixels have alpha themselves.
func TestIconsAreTransparent(t *testing.T) {
	for mask, extension := range map[byte]string{0: "jpg", 0xff: "png"} {
		got, err := inspectBytes(iconOf(iconBitmap(t, indexed(33, 20), mask)))
		require.NoError(t, err)
		assert.Equal(t, extension, got.Image.Extension)
	}
}

// Values of Python's ImageHash 4.3.2 with Pillow 13.0.0, of the images upright and on white.
func TestHashIsThatOfImageHash(t *testing.T) {
	for name, want := range map[string]string{
		"bmp-24.bmp": "7c59dabe5859da9a", "ico.ico": "193bde98195bda98", "gif-animated.gif": "181a18185a5a5a5a",
		"gif-frame-too-wide.gif": "181a18185a5a5a5a", "png-animated.png": "9a599a195a5bda5b",
		"png-interlaced-palette.png": "9a1b18585a5adada", "png-rgba-with-trns.png": "5a595a595a5b5a5b",
		"png-too-much-pixel-data.png": "9a599a195a5bda5b", "webp-lossless-alpha-icc.webp": "5a595a595a5b5a5b",
		"jpeg-rgb.jpg": "9a591a195a5bda5b", "jpeg-cmyk-adobe.jpg": "9a589a595a5bda5b",
		"jpeg-icc-adobe-rgb.jpg": "9a589a595a5bda5b", "jpeg-sampling-1x4.jpg": "9a591a195a5bda5b",
		"jpeg-sampling-2x2-1x1-1x2.jpg": "9a591a195a5bda5b", "jpeg-exif-short-le.jpg": "58195a1824242424",
		"jpeg-xmp-then-exif.jpg": "db5a5b5a24242425",
	} {
		got, err := inspectBytes(caseFile(t, name))
		require.NoError(t, err)
		assert.Equal(t, want, got.Image.Hash, name)
	}
}
