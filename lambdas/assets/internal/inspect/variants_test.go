package inspect

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
)

// pngParts are the chunks of a PNG file.
type pngParts []property

func partsOf(content []byte) (parts pngParts) {
	for content = content[len(pngMagic):]; len(content) > 0; {
		size := binary.BigEndian.Uint32(content)
		parts = append(parts, property{string(content[4:8]), content[8 : 8+size]})
		content = content[12+size:]
	}
	return parts
}

// with puts chunks before the first of a kind.
func (p pngParts) with(before string, more ...property) pngParts {
	var out pngParts
	for _, part := range p {
		if part.kind == before {
			out, before = append(out, more...), ""
		}
		out = append(out, part)
	}
	return out
}

func (p pngParts) bytes(wrong ...string) []byte {
	out := []byte(pngMagic)
	for _, part := range p {
		chunk := pngChunk(part.kind, part.body)
		if len(wrong) > 0 && part.kind == wrong[0] {
			chunk[len(chunk)-1] ^= 1
		}
		out = append(out, chunk...)
	}
	return out
}

// repacked replaces the pixels by what change makes of them.
func (p pngParts) repacked(t testing.TB, change func(raw []byte) []byte, behind ...byte) pngParts {
	var out pngParts
	var packed []byte
	for _, part := range p {
		if part.kind == "IDAT" {
			packed = append(packed, part.body...)
		}
	}
	plain, err := zlib.NewReader(bytes.NewReader(packed))
	require.NoError(t, err)
	raw, err := io.ReadAll(plain)
	require.NoError(t, err)
	var again bytes.Buffer
	zip := zlib.NewWriter(&again)
	_, err = zip.Write(change(raw))
	require.NoError(t, err)
	require.NoError(t, zip.Close())
	again.Write(behind)
	for _, part := range p {
		switch {
		case part.kind != "IDAT":
			out = append(out, part)
		case again.Len() > 0:
			out = append(out, property{"IDAT", bytes.Clone(again.Next(1000))},
				property{"IDAT", bytes.Clone(again.Bytes())})
			again.Reset()
		}
	}
	return out
}

func noisy(width, height int) *image.NRGBA {
	random := rand.New(rand.NewPCG(1, 2))
	picture := corners(width, height)
	for i := range picture.Pix {
		if i%4 != 3 {
			picture.Pix[i] ^= byte(random.UintN(8))
		}
	}
	return picture
}

func indexed(width, height int) *image.Paletted {
	picture := image.NewPaletted(image.Rect(0, 0, width, height),
		color.Palette{color.Black, color.White, color.NRGBA{R: 200, A: 255}})
	for i := range picture.Pix {
		picture.Pix[i] = byte(i / 7 % 3)
	}
	return picture
}

// Browsers show them whole: what is wrong is of no use to the pixels. The same pixels come out as without it.
func TestPNGsWithSmallDamage(t *testing.T) {
	colours, table := partsOf(encodePNG(t, noisy(160, 120))), partsOf(encodePNG(t, indexed(160, 120)))
	grey := partsOf(encodePNG(t, image.NewGray(image.Rect(0, 0, 160, 120))))
	spare := func(raw []byte) []byte { return append(raw, bytes.Repeat([]byte{0, 7, 7, 7}, 1000)...) }
	same := func(raw []byte) []byte { return raw }
	type variant struct {
		of   pngParts
		give []byte
	}
	variants := map[string]variant{
		"spare rows": {colours, colours.repacked(t, spare).bytes()},
		"a spare byte": {colours,
			colours.repacked(t, func(raw []byte) []byte { return append(raw, 0) }).bytes()},
		"spare rows of a palette": {table, table.repacked(t, spare).bytes()},
		"bytes behind the pixels": {colours, colours.repacked(t, same, 1, 2, 3, 4).bytes()},
		"no end":                  {colours, colours[:len(colours)-1].bytes()},
		"cut off behind the pixels": {colours,
			colours.with("IEND", property{"tEXt", make([]byte, 100)}).bytes()[:len(colours.bytes())+20]},
		"bytes behind the end":     {colours, append(colours.bytes(), "trailer"...)},
		"tRNS that is too long":    {table, table.with("IDAT", property{"tRNS", make([]byte, 4)}).bytes()},
		"tRNS without colours":     {table, table.with("IDAT", property{"tRNS", nil}).bytes()},
		"tRNS before the palette":  {table, table.with("PLTE", property{"tRNS", []byte{0}}).bytes()},
		"tRNS behind the pixels":   {table, table.with("IEND", property{"tRNS", []byte{0}}).bytes()},
		"tRNS with a wrong CRC":    {table, table.with("IDAT", property{"tRNS", []byte{0}}).bytes("tRNS")},
		"tRNS beside alpha":        {colours, colours.with("IDAT", property{"tRNS", make([]byte, 6)}).bytes()},
		"tRNS of greys, too short": {grey, grey.with("IDAT", property{"tRNS", []byte{0}}).bytes()},
		"a palette of greys":       {grey, grey.with("IDAT", property{"PLTE", make([]byte, 6)}).bytes()},
		"a palette behind pixels":  {colours, colours.with("IEND", property{"PLTE", make([]byte, 6)}).bytes()},
		"a second palette":         {table, table.with("IDAT", property{"PLTE", make([]byte, 9)}).bytes()},
		"a damaged profile": {colours,
			colours.with("IDAT", property{"iCCP", []byte("x\x00\x00garbage")}).bytes()},
	}
	for _, kind := range []string{"tEXt", "zTXt", "iTXt", "gAMA", "cHRM", "pHYs", "tIME", "iCCP", "eXIf", "bKGD",
		"sBIT", "hIST", "sPLT", "acTL", "fcTL", "prVt"} {
		variants["a wrong CRC of "+kind] = variant{colours,
			colours.with("IDAT", property{kind, []byte("something")}).bytes(kind)}
		variants["nonsense in "+kind] = variant{colours,
			colours.with("IDAT", property{kind, []byte("something")}).bytes()}
	}
	for name, one := range variants {
		want, err := inspectBytes(one.of.bytes())
		require.NoError(t, err)
		got, err := inspectBytes(one.give)
		require.NoError(t, err, name)
		assert.Equal(t, want, got, name)
	}
	for name, content := range map[string][]byte{
		"wrong CRC of PLTE": table.bytes("PLTE"), "wrong CRC of IDAT": table.bytes("IDAT"),
		"wrong CRC of IHDR": table.bytes("IHDR"),
		"too few rows":      colours.repacked(t, func(raw []byte) []byte { return raw[:len(raw)/2] }).bytes(),
	} {
		_, err := inspectBytes(content)
		var found *Fault
		require.ErrorAs(t, err, &found, name)
		assert.Contains(t, []string{contracts.ReasonBrokenImage, contracts.ReasonTruncatedImage}, found.Reason)
	}
}

// Spare pixels are cut off at the right place, whatever the kind of image.
func TestPNGPixelsAreCounted(t *testing.T) {
	for _, name := range []string{"png-interlaced-palette.png", "png-animated.png", "png-rgba-with-trns.png",
		"png-too-much-pixel-data.png"} {
		content := fixture(t, "../../../testdata/cases/"+name)
		want, err := inspectBytes(content)
		require.NoError(t, err)
		parts := partsOf(content)
		got, err := inspectBytes(
			parts.repacked(t, func(raw []byte) []byte { return append(raw, make([]byte, 500)...) }).bytes(),
		)
		require.NoError(t, err, name)
		assert.Equal(t, want, got, name)
	}
	for _, picture := range []image.Image{image.NewGray16(image.Rect(0, 0, 33, 9)),
		image.NewNRGBA64(image.Rect(0, 0, 33, 9)), indexed(1, 1), indexed(33, 9)} {
		parts := partsOf(encodePNG(t, picture))
		got, err := inspectBytes(parts.repacked(t, func(raw []byte) []byte { return append(raw, 1, 2, 3) }).bytes())
		require.NoError(t, err)
		assert.NotEmpty(t, got.Image.Thumbnail)
	}
}

// gifFile is a GIF of a screen and of blocks.
func gifFile(width, height uint16, blocks ...[]byte) []byte {
	out := binary.LittleEndian.AppendUint16([]byte("GIF89a"), width)
	out = append(binary.LittleEndian.AppendUint16(out, height), 0x80, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff)
	return append(out, bytes.Join(blocks, nil)...)
}

// gifBlock is a frame of white pixels, uncompressed: each is a code of three bits between codes that clear the table.
func gifBlock(left, top, width, height uint16, spare int, interlaced byte) []byte {
	out := []byte{0x2c}
	for _, n := range []uint16{left, top, width, height} {
		out = binary.LittleEndian.AppendUint16(out, n)
	}
	out = append(out, interlaced, 2)
	var packed []byte
	bits, n := uint32(0), 0
	add := func(code uint32) {
		bits, n = bits|code<<n, n+3
		for n >= 8 {
			packed, bits, n = append(packed, byte(bits)), bits>>8, n-8
		}
	}
	for i := range int(width)*int(height) + spare {
		if i%2 == 0 {
			add(4)
		}
		add(1)
	}
	add(5)
	packed = append(packed, byte(bits))
	for len(packed) > 0 {
		size := min(255, len(packed))
		out = append(append(out, byte(size)), packed[:size]...)
		packed = packed[size:]
	}
	return append(out, 0)
}

func TestGIFsAsTheyCome(t *testing.T) {
	trailer, nul, comment := []byte{0x3b}, []byte{0, 0}, []byte("\x21\xfe\x05hello\x00")
	application := []byte("\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00")
	frame := gifBlock(0, 0, 40, 24, 0, 0)
	for name, one := range map[string]struct {
		give          []byte
		width, height int
	}{
		"as it should be": {gifFile(40, 24, frame, trailer), 40, 24},
		"no trailer":      {gifFile(40, 24, frame), 40, 24},
		"zeros between blocks": {gifFile(40, 24, nul, comment, nul, application, nul, frame, nul, comment, nul,
			trailer), 40, 24},
		"zeros, no trailer":      {gifFile(40, 24, frame, nul), 40, 24},
		"a screen of nothing":    {gifFile(0, 0, frame, trailer), 40, 24},
		"a screen of no height":  {gifFile(40, 0, frame, trailer), 40, 24},
		"a frame too wide":       {gifFile(39, 24, frame, trailer), 40, 24},
		"a frame too high":       {gifFile(40, 20, frame, trailer), 40, 24},
		"a frame off the screen": {gifFile(40, 24, gifBlock(10, 5, 40, 24, 0, 0), trailer), 50, 29},
		"a frame within":         {gifFile(40, 24, gifBlock(10, 5, 4, 4, 0, 0), trailer), 40, 24},
		"too many pixels":        {gifFile(40, 24, gifBlock(0, 0, 40, 24, 77, 0), trailer), 40, 24},
		"interlaced":             {gifFile(40, 24, gifBlock(0, 0, 40, 24, 0, 0x40), trailer), 40, 24},
		"a second frame off":     {gifFile(40, 24, frame, gifBlock(30, 20, 40, 24, 0, 0), trailer), 40, 24},
		"bytes behind":           {gifFile(40, 24, frame, trailer, []byte("trailer")), 40, 24},
	} {
		got, err := inspectBytes(one.give)
		require.NoError(t, err, name)
		assert.Equal(t, []int{one.width, one.height}, []int{got.Image.Width, got.Image.Height}, name)
		assert.Len(t, got.Image.Hash, 16)
		assert.NotEmpty(t, got.Image.Thumbnail)
	}
	for name, content := range map[string][]byte{
		"no frame":                 gifFile(40, 24, trailer),
		"too few pixels":           gifFile(40, 24, gifBlock(0, 0, 40, 24, -100, 0), trailer),
		"cut off in a later frame": gifFile(40, 24, frame, frame[:30]),
		"no pixels":                gifFile(40, 24, gifBlock(0, 0, 0, 0, 0, 0), trailer),
	} {
		_, err := inspectBytes(content)
		var found *Fault
		if name == "no pixels" { // the screen has a size, and nothing is drawn on it
			require.NoError(t, err)
			continue
		}
		require.ErrorAs(t, err, &found, name)
	}
}

// riff is a WebP file of chunks.
func riff(chunks ...property) []byte {
	var body []byte
	for _, chunk := range chunks {
		body = append(binary.LittleEndian.AppendUint32(append(body, chunk.kind...), uint32(len(chunk.body))),
			chunk.body...)
		body = append(body, make([]byte, len(chunk.body)&1)...)
	}
	return append(append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(4+len(body))), "WEBP"...), body...)
}

func webpChunk(t testing.TB, name, kind string) property {
	content := fixture(t, name)
	for at := 12; at+8 <= len(content); {
		size := int(binary.LittleEndian.Uint32(content[at+4:]))
		if string(content[at:at+4]) == kind {
			return property{kind, content[at+8 : at+8+size]}
		}
		at += 8 + size + size&1
	}
	t.Fatalf("%s has no %s", name, kind)
	return property{}
}

// What counts is which chunks there are, not what the header says of them.
func TestWebPFlags(t *testing.T) {
	lossy, lossless := webpChunk(t, "lossy.webp", "VP8 "), webpChunk(t, "lossless.webp", "VP8L")
	extended := func(flags byte) property {
		return property{"VP8X", []byte{flags, 0, 0, 0, 95, 0, 0, 63, 0, 0}}
	}
	opacity := property{"ALPH", append([]byte{0}, bytes.Repeat([]byte{0x80}, 96*64)...)}
	frame := property{"ANMF", slicesOf([]byte{2, 0, 0, 1, 0, 0, 95, 0, 0, 63, 0, 0, 50, 0, 0, 0}, riff(lossy)[12:])}
	wide := property{"VP8X", []byte{0x02, 0, 0, 0, 99, 0, 0, 65, 0, 0}}
	for name, one := range map[string]struct {
		give      []byte
		extension string
		width     int
	}{
		"plain":                    {riff(lossy), "jpg", 96},
		"alpha flag, no ALPH":      {riff(extended(0x10), lossy), "jpg", 96},
		"ALPH, no flag":            {riff(extended(0), opacity, lossy), "png", 96},
		"ALPH and flag":            {riff(extended(0x10), opacity, lossy), "png", 96},
		"flags of everything":      {riff(extended(0x3e&^0x02), lossy), "jpg", 96},
		"animation flag, a still":  {riff(extended(0x02), lossy), "jpg", 96},
		"lossless with alpha flag": {riff(extended(0x10), lossless), "jpg", 96},
		"lossless, ALPH of no use": {riff(extended(0x10), opacity, lossless), "jpg", 96},
		"unknown chunks": {riff(extended(0), property{"JUNK", []byte("abc")}, lossy,
			property{"XYZ ", nil}), "jpg", 96},
		"a profile that is none": {riff(extended(0x20), property{"ICCP", []byte("none")}, lossy), "jpg", 96},
		"animated":               {riff(wide, property{"ANIM", make([]byte, 6)}, frame, frame), "png", 100},
		"animated, in a nested frame": {riff(wide,
			property{"ANMF", slicesOf(frame.body[:16], riff(frame, lossy)[12:])}), "png", 100},
	} {
		got, err := inspectBytes(one.give)
		require.NoError(t, err, name)
		assert.Equal(t, one.extension, got.Image.Extension, name)
		assert.Equal(t, one.width, got.Image.Width, name)
	}
	_, err := inspectBytes(riff(extended(0)))
	require.Error(t, err, "no pixels")
}

func slicesOf(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// A JPEG image is whole when its pixels are, whatever follows in the place of its end.
func TestJPEGsWithoutEnd(t *testing.T) {
	for name, content := range map[string][]byte{
		"sequential": encodeJPEG(t, noisy(200, 100)), "progressive": fixture(t, "progressive.jpg"),
	} {
		want, err := inspectBytes(content)
		require.NoError(t, err)
		open := content[:len(content)-2]
		for _, trailer := range []string{
			"", "trailer", "\xff\xd9trailer", "\xff\xff\xff\xd9", "\xff\x10\x00\x04abc", "\xff\xd8\xff\xe0\x00\x10JFIF",
			"\xff\xef\xff\xffshort", "\x00\x00\xff\xd9", "\xff\x01\x02\x03",
		} {
			got, err := inspectBytes(append(bytes.Clone(open), trailer...))
			require.NoError(t, err, "%s %q", name, trailer)
			assert.Equal(t, want, got, "%s %q", name, trailer)
		}
		for _, part := range []int{10, 3, 2} {
			_, err := inspectBytes(content[:len(content)-len(content)/part])
			var found *Fault
			require.ErrorAs(t, err, &found)
			assert.Equal(t, contracts.ReasonTruncatedImage, found.Reason)
		}
	}
}

// Of a progressive image without end, whose last scans are missing, the pixels are there and not what they were.
func TestAProgressiveJPEGWithoutItsLastScans(t *testing.T) {
	content := fixture(t, "progressive.jpg")
	last := bytes.LastIndex(content, []byte{0xff, markerSOS})
	last = bytes.LastIndex(content[:last], []byte{0xff, markerSOS})
	_, err := inspectBytes(content[:bytes.LastIndex(content[:last+1], []byte{0xff, markerSOS})])
	var found *Fault
	require.ErrorAs(t, err, &found)
	assert.Equal(t, contracts.ReasonTruncatedImage, found.Reason)
}

func TestFirstExifCounts(t *testing.T) {
	plain := encodeJPEG(t, corners(96, 64))
	for _, pair := range [][2]byte{{6, 1}, {1, 6}, {8, 3}, {0, 6}} {
		got, err := inspectBytes(withExif(withExif(plain, pair[1]), pair[0]))
		require.NoError(t, err)
		assert.Equal(t, max(1, int(pair[0])), got.Image.Orientation, pair)
		assert.NotContains(t, string(got.Image.Thumbnail), "Exif")
	}
	content := withExif(plain, 6)
	content[bytes.Index(content, []byte("Exif"))+5] = 0x20 // its padding
	got, err := inspectBytes(content)
	require.NoError(t, err)
	assert.Equal(t, 6, got.Image.Orientation)
}

// Black, white and colours of a lossy WebP are what they are in the image it was made from.
func TestLossyWebPIsNotPale(t *testing.T) {
	planes := &image.YCbCr{Y: []byte{16, 235, 126, 0, 255}, Cb: []byte{128, 128, 240}, Cr: []byte{128, 16, 240}}
	fullRange(planes)
	assert.Equal(t, []byte{0, 255, 128, 0, 255}, planes.Y)
	assert.Equal(t, []byte{128, 128, 255}, planes.Cb)
	assert.Equal(t, []byte{128, 0, 255}, planes.Cr)
}

func TestThumbnailsOfTransparentImagesArePNG(t *testing.T) {
	picture := corners(96, 64)
	picture.SetNRGBA(5, 5, color.NRGBA{})
	got, err := inspectBytes(encodePNG(t, picture))
	require.NoError(t, err)
	_, err = png.Decode(bytes.NewReader(got.Image.Thumbnail))
	require.NoError(t, err)
	got, err = inspectBytes(encodePNG(t, corners(96, 64)))
	require.NoError(t, err)
	_, err = jpeg.Decode(strings.NewReader(string(got.Image.Thumbnail)))
	require.NoError(t, err)
}
