package inspect

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math/bits"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
)

var testLimits = Limits{MaxPixels: 4 << 20, MaxTime: time.Minute, ThumbnailSide: 48}

func inspectBytes(content []byte) (Content, error) {
	return File(bytes.NewReader(content), int64(len(content)), testLimits)
}

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	return content
}

// corners is red at the top left, green at the top right, blue at the bottom left, white at the bottom right.
func corners(width, height int) *image.NRGBA {
	picture := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			shade := color.NRGBA{A: 0xff}
			if x < width/2 == (y < height/2) || x >= width/2 && y >= height/2 {
				shade.R = 0xff
			}
			if x >= width/2 {
				shade.G = 0xff
				shade.R = 0
			}
			if y >= height/2 {
				shade.B = 0xff
				shade.R = 0
			}
			if x >= width/2 && y >= height/2 {
				shade = color.NRGBA{0xff, 0xff, 0xff, 0xff}
			}
			picture.SetNRGBA(x, y, shade)
		}
	}
	return picture
}

func encodePNG(t testing.TB, picture image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, png.Encode(&out, picture))
	return out.Bytes()
}

func encodeJPEG(t testing.TB, picture image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, jpeg.Encode(&out, picture, &jpeg.Options{Quality: 95}))
	return out.Bytes()
}

func encodeGIF(t testing.TB, picture image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, gif.Encode(&out, picture, nil))
	return out.Bytes()
}

// withExif puts an Exif block with an orientation after the start of a JPEG image.
func withExif(content []byte, orientation byte) []byte {
	block := []byte("Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x00\x00\x00")
	block[len(block)-3] = orientation
	head := []byte{0xff, 0xd8, 0xff, 0xe1, 0, byte(len(block) + 2)}
	return append(append(head, block...), content[2:]...)
}

// pngClaiming is a PNG file that claims sides and holds next to nothing.
func pngClaiming(width, height uint32) []byte {
	chunk := func(kind string, data []byte) []byte {
		out := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
		body := append([]byte(kind), data...)
		return binary.BigEndian.AppendUint32(append(out, body...), crc32.ChecksumIEEE(body))
	}
	sides := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, width), height)
	out := append([]byte(pngMagic), chunk("IHDR", append(sides, 8, 6, 0, 0, 0))...)
	out = append(out, chunk("IDAT", []byte{0x78, 0x9c, 0x03, 0x00, 0x00, 0x00, 0x00, 0x01})...)
	return append(out, chunk("IEND", nil)...)
}

func TestImages(t *testing.T) {
	flat := image.NewPaletted(image.Rect(0, 0, 60, 30), color.Palette{color.Black, color.White})
	for _, test := range []struct {
		name                       string
		give                       []byte
		format                     string
		width, height, orientation int
		thumbWidth, thumbHeight    int
		extension                  string
	}{
		{"PNG", encodePNG(t, corners(96, 64)), "png", 96, 64, 1, 48, 32, "jpg"},
		{"PNG that is transparent", encodePNG(t, image.NewNRGBA(image.Rect(0, 0, 96, 64))), "png", 96, 64, 1, 48, 32,
			"png"},
		{"PNG of sixteen bits", encodePNG(t, image.NewGray16(image.Rect(0, 0, 50, 200))), "png", 50, 200, 1, 12, 48,
			"jpg"},
		{"PNG with Exif", fixture(t, "turned.png"), "png", 96, 64, 6, 32, 48, "jpg"},
		{"JPEG", encodeJPEG(t, corners(97, 65)), "jpeg", 97, 65, 1, 48, 32, "jpg"},
		{"JPEG, grey", encodeJPEG(t, image.NewGray(image.Rect(0, 0, 480, 10))), "jpeg", 480, 10, 1, 48, 1, "jpg"},
		{"JPEG with Exif", fixture(t, "turned.jpg"), "jpeg", 96, 64, 6, 32, 48, "jpg"},
		{"JPEG, progressive", fixture(t, "progressive.jpg"), "jpeg", 1600, 1200, 1, 48, 36, "jpg"},
		{"JPEG, progressive CMYK", fixture(t, "cmyk-progressive.jpg"), "jpeg", 1600, 1200, 1, 48, 36, "jpg"},
		{"GIF", encodeGIF(t, flat), "gif", 60, 30, 1, 48, 24, "jpg"},
		{"GIF, animated", fixture(t, "animated.gif"), "gif", 24, 16, 1, 24, 16, "jpg"},
		{"WebP", fixture(t, "lossy.webp"), "webp", 96, 64, 1, 48, 32, "jpg"},
		{"WebP, lossless", fixture(t, "lossless.webp"), "webp", 96, 64, 1, 48, 32, "jpg"},
		{"WebP, transparent", fixture(t, "alpha.webp"), "webp", 96, 64, 1, 48, 32, "png"},
		{"WebP, animated", fixture(t, "animated.webp"), "webp", 32, 32, 1, 32, 32, "jpg"},
		{"WebP with Exif", fixture(t, "turned.webp"), "webp", 96, 64, 6, 32, 48, "jpg"},
		{"one pixel wide", encodePNG(t, corners(1, 3000)), "png", 1, 3000, 1, 1, 48, "jpg"},
		{"one pixel", encodePNG(t, corners(1, 1)), "png", 1, 1, 1, 1, 1, "jpg"},
	} {
		t.Run(test.name, func(t *testing.T) {
			content, err := inspectBytes(test.give)
			require.NoError(t, err)
			assert.Equal(t, KindImage, content.Kind)
			assert.Equal(t, "image/"+test.format, content.MediaType)
			got := content.Image
			assert.Equal(t, []any{test.format, test.width, test.height, test.orientation, test.extension},
				[]any{got.Format, got.Width, got.Height, got.Orientation, got.Extension})
			assert.Len(t, got.Hash, 16)
			config, format, err := image.DecodeConfig(bytes.NewReader(got.Thumbnail))
			require.NoError(t, err)
			assert.Equal(t, map[string]string{"jpg": "jpeg", "png": "png"}[got.Extension], format)
			assert.Equal(t, [2]int{test.thumbWidth, test.thumbHeight}, [2]int{config.Width, config.Height})
		})
	}
}

// Where the stored corners are shown, for each orientation; CIPA DC-008, 4.6.5.
func TestThumbnailsAreUpright(t *testing.T) {
	const red, green, blue, white = 'r', 'g', 'b', 'w'
	stored := encodeJPEG(t, corners(200, 120))
	for orientation, want := range map[byte]string{
		0: "rgbw", 1: "rgbw", 2: "grwb", 3: "wbgr", 4: "bwrg", 5: "rbgw", 6: "brwg", 7: "wgbr", 8: "gwrb", 9: "rgbw",
	} {
		content, err := inspectBytes(withExif(stored, orientation))
		require.NoError(t, err)
		small, err := jpeg.Decode(bytes.NewReader(content.Image.Thumbnail))
		require.NoError(t, err)
		bounds := small.Bounds()
		got := ""
		for _, p := range []image.Point{{4, 4}, {bounds.Max.X - 5, 4}, {4, bounds.Max.Y - 5},
			{bounds.Max.X - 5, bounds.Max.Y - 5}} {
			r, g, b, _ := small.At(p.X, p.Y).RGBA()
			switch {
			case r > 0x8000 && g > 0x8000:
				got += string(white)
			case r > 0x8000:
				got += string(red)
			case g > 0x8000:
				got += string(green)
			case b > 0x8000:
				got += string(blue)
			}
		}
		assert.Equal(t, want, got, "orientation %d", orientation)
		if orientation >= 5 && orientation <= 8 {
			assert.Equal(t, image.Pt(29, 48), bounds.Size())
		} else {
			assert.Equal(t, image.Pt(48, 29), bounds.Size())
		}
	}
}

func TestBadImages(t *testing.T) {
	whole := encodePNG(t, corners(200, 100))
	photo := encodeJPEG(t, corners(200, 100))
	animation := fixture(t, "animated.gif")
	webp := fixture(t, "lossy.webp")
	changed := func(content []byte, at int, to byte) []byte {
		out := bytes.Clone(content)
		out[at] = to
		return out
	}
	bigFrame := changed(fixture(t, "turned.webp"), 12+8+10+8+8, 0x3f) // the frame's width is not the canvas's
	for name, test := range map[string]struct {
		give   []byte
		reason string
	}{
		"no bytes":                      {nil, contracts.ReasonEmptyFile},
		"PNG claims 2^31 pixels":        {pngClaiming(1<<31, 1), contracts.ReasonTooManyPixels},
		"PNG claims 2^64 pixels":        {pngClaiming(1<<32-1, 1<<32-1), contracts.ReasonTooManyPixels},
		"PNG of a hundred megapixels":   {pngClaiming(10_000, 10_000), contracts.ReasonTooManyPixels},
		"PNG without pixels":            {pngClaiming(0, 5), contracts.ReasonBrokenImage},
		"PNG holds less than it claims": {pngClaiming(500, 500), contracts.ReasonBrokenImage},
		"PNG cut off":                   {whole[:len(whole)/2], contracts.ReasonTruncatedImage},
		"PNG with a wrong checksum":     {changed(whole, 45, whole[45]^1), contracts.ReasonBrokenImage},
		"PNG that is only its first line": {append([]byte(pngMagic), "this is no chunk at all"...),
			contracts.ReasonBrokenImage},
		"JPEG cut off":                  {photo[:len(photo)/2], contracts.ReasonTruncatedImage},
		"JPEG cut off in its header":    {photo[:100], contracts.ReasonTruncatedImage},
		"JPEG without a frame":          {[]byte("\xff\xd8\xff\xda\x00\x02\xff\xd9"), contracts.ReasonBrokenImage},
		"GIF cut off in its last frame": {animation[:len(animation)-3], contracts.ReasonTruncatedImage},
		"GIF with an unknown block": {append(bytes.Clone(animation[:13+3*2]), bytes.Repeat([]byte{0x77}, 60)...),
			contracts.ReasonBrokenImage},
		"WebP cut off":                    {webp[:len(webp)-20], contracts.ReasonTruncatedImage},
		"WebP with a frame of other size": {bigFrame, contracts.ReasonBrokenImage},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := inspectBytes(test.give)
			var found *Fault
			require.ErrorAs(t, err, &found)
			assert.Equal(t, test.reason, found.Reason, found.Detail)
			assert.NotEmpty(t, found.Detail)
		})
	}
}

func TestTimeIsLimited(t *testing.T) {
	photo := encodeJPEG(t, corners(200, 100))
	limits := testLimits
	limits.MaxTime = time.Nanosecond
	for _, content := range [][]byte{photo, []byte("a text"), {0, 1, 2}} {
		_, err := File(bytes.NewReader(content), int64(len(content)), limits)
		var found *Fault
		require.ErrorAs(t, err, &found)
		assert.Equal(t, contracts.ReasonTimeLimit, found.Reason)
	}
}

type failing struct{}

func (failing) ReadAt([]byte, int64) (int, error) { return 0, errors.New("disk on fire") }

func TestAFailingDiskIsNoFault(t *testing.T) {
	_, err := File(failing{}, 100, testLimits)
	require.EqualError(t, err, "disk on fire")
}

// Images that look alike have hashes that differ in few bits, others in many.
func TestHashesTellAlikeFromOthers(t *testing.T) {
	hash := func(content []byte) uint64 {
		got, err := inspectBytes(content)
		require.NoError(t, err)
		bits, err := strconv.ParseUint(got.Image.Hash, 16, 64)
		require.NoError(t, err)
		return bits
	}
	wave := func(width, height int, shift int) image.Image {
		picture := image.NewGray(image.Rect(0, 0, width, height))
		for y := range height {
			for x := range width {
				picture.SetGray(x, y, color.Gray{Y: uint8((x*700/width*(1+y*4/height)/3 + shift) % 256)})
			}
		}
		return picture
	}
	original := hash(encodePNG(t, wave(300, 200, 0)))
	assert.LessOrEqual(t, bits.OnesCount64(original^hash(encodeJPEG(t, wave(300, 200, 0)))), 6, "compressed")
	assert.LessOrEqual(t, bits.OnesCount64(original^hash(encodePNG(t, wave(600, 400, 0)))), 6, "twice as large")
	assert.GreaterOrEqual(t, bits.OnesCount64(original^hash(encodePNG(t, corners(300, 200)))), 16, "another picture")
}
