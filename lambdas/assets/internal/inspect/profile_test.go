package inspect

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func caseFile(t testing.TB, name string) []byte { return fixture(t, "../../../testdata/cases/"+name) }

// wideProfile is the profile of an image whose primaries are those of Adobe RGB.
func wideProfile(t testing.TB) []byte {
	content := caseFile(t, "jpeg-icc-adobe-rgb.jpg")
	where, err := readJPEG(&source{
		file: bytes.NewReader(content), size: int64(len(content)), deadline: time.Now().Add(time.Minute),
		limit: time.Minute,
	})
	require.NoError(t, err)
	require.NotEmpty(t, where.profile)
	return where.profile
}

// icc is a profile of a version, a colour space, a connection space and tags.
func iccProfile(space, connection string, tags ...property) []byte {
	head := make([]byte, 128)
	copy(head[8:], []byte{2, 0x10})
	copy(head[12:], "prtr"+space+connection)
	copy(head[36:], "acsp")
	copy(head[68:], []byte{0, 0, 0xf6, 0xd6, 0, 1, 0, 0, 0, 0, 0xd3, 0x2d}) // D50
	out := binary.BigEndian.AppendUint32(head, uint32(len(tags)))
	at := 132 + 12*len(tags)
	var bodies []byte
	for _, tag := range tags {
		body := append(bytes.Clone(tag.body), make([]byte, -len(tag.body)&3)...)
		out = append(out, tag.kind...)
		out = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(out, uint32(at)), uint32(len(tag.body)))
		bodies, at = append(bodies, body...), at+len(body)
	}
	out = append(out, bodies...)
	binary.BigEndian.PutUint32(out, uint32(len(out)))
	return out
}

// greyProfile has a gamma, in 256ths.
func greyProfile(gamma uint16) []byte {
	white := append([]byte("XYZ \x00\x00\x00\x00"), 0, 0, 0xf6, 0xd6, 0, 1, 0, 0, 0, 0, 0xd3, 0x2d)
	curve := binary.BigEndian.AppendUint16([]byte("curv\x00\x00\x00\x00\x00\x00\x00\x01"), gamma)
	return iccProfile("GRAY", "XYZ ", property{"wtpt", white}, property{"kTRC", curve})
}

// inkProfile has a table of two steps an ink: without any it is white, with black it is black, and else it is grey.
func inkProfile() []byte {
	body := append([]byte("mft1\x00\x00\x00\x00"), 4, 3, 2, 0)
	for i := range 9 {
		body = binary.BigEndian.AppendUint32(body, uint32(0x10000*((i+3)%4/3)))
	}
	identity := make([]byte, 256)
	for i := range identity {
		identity[i] = byte(i)
	}
	body = append(body, bytes.Repeat(identity, 4)...)
	for i := range 16 { // the last ink changes first
		light := byte(0x80)
		if i == 0 {
			light = 0xff
		} else if i&1 == 1 {
			light = 0
		}
		body = append(body, light, 0x80, 0x80)
	}
	return iccProfile("CMYK", "Lab ", property{"A2B0", append(body, bytes.Repeat(identity, 3)...)})
}

func jpegWith(profile, content []byte, parts int) []byte {
	out := bytes.Clone(content[:2])
	for i := range parts {
		part := profile[i*len(profile)/parts : (i+1)*len(profile)/parts]
		body := append(append([]byte(profileName), byte(i+1), byte(parts)), part...)
		out = append(binary.BigEndian.AppendUint16(append(out, 0xff, markerAPP2), uint16(2+len(body))), body...)
	}
	return append(out, content[2:]...)
}

// shownColour is the thumbnail's colour in the middle.
func shownColour(t testing.TB, content []byte) color.NRGBA {
	t.Helper()
	got, err := inspectBytes(content)
	require.NoError(t, err)
	small, _, err := image.Decode(bytes.NewReader(got.Image.Thumbnail))
	require.NoError(t, err)
	assert.NotContains(t, string(got.Image.Thumbnail), "ICC_PROFILE")
	return color.NRGBAModel.Convert(small.At(small.Bounds().Dx()/2, small.Bounds().Dy()/2)).(color.NRGBA)
}

func filled(shade color.Color) *image.NRGBA {
	picture := image.NewNRGBA(image.Rect(0, 0, 64, 64))
	for y := range 64 {
		for x := range 64 {
			picture.Set(x, y, shade)
		}
	}
	return picture
}

func near(t testing.TB, want, got color.NRGBA, what string) {
	t.Helper()
	for i, pair := range [][2]uint8{{want.R, got.R}, {want.G, got.G}, {want.B, got.B}, {want.A, got.A}} {
		assert.InDelta(t, pair[0], pair[1], 3, "%s, channel %d: want %v, got %v", what, i, want, got)
	}
}

// The wanted colours are LittleCMS's.
func TestProfilesAreApplied(t *testing.T) {
	stored, shown := color.NRGBA{200, 180, 90, 255}, color.NRGBA{209, 181, 83, 255}
	profile := wideProfile(t)
	for _, parts := range []int{1, 2, 7} {
		near(t, shown, shownColour(t, jpegWith(profile, encodeJPEG(t, filled(stored)), parts)), "JPEG")
	}
	var packed bytes.Buffer
	zip := zlib.NewWriter(&packed)
	_, err := zip.Write(profile)
	require.NoError(t, err)
	require.NoError(t, zip.Close())
	embedded := property{"iCCP", append([]byte("a name\x00\x00"), packed.Bytes()...)}
	parts := partsOf(encodePNG(t, filled(stored)))
	near(t, shown, shownColour(t, parts.with("IDAT", embedded).bytes()), "PNG")
	near(t, stored, shownColour(t, parts.with("IDAT", embedded).bytes("iCCP")), "PNG, wrong CRC")
	stored.A, shown.A = 128, 128
	near(t, shown, shownColour(t, partsOf(encodePNG(t, filled(stored))).with("IDAT", embedded).bytes()),
		"PNG, half transparent")

	// A gamma of 1.8 shows the middle lighter than sRGB does.
	near(t, color.NRGBA{147, 147, 147, 255},
		shownColour(t, jpegWith(greyProfile(0x01cd), encodeJPEG(t, filled(color.Gray{128})), 1)), "greys")
	near(t, color.NRGBA{200, 180, 90, 255}, shownColour(t, jpegWith(greyProfile(0x01cd),
		encodeJPEG(t, filled(color.NRGBA{200, 180, 90, 255})), 1)), "colours with greys' profile")
	none, black := encodeInks(t, 0), encodeInks(t, 255)
	near(t, color.NRGBA{255, 255, 255, 255}, shownColour(t, jpegWith(inkProfile(), none, 1)), "no ink")
	near(t, color.NRGBA{0, 0, 0, 255}, shownColour(t, jpegWith(inkProfile(), black, 1)), "black ink")
}

// encodeInks is a JPEG image of so much black and no other ink, stored inverted.
func encodeInks(t testing.TB, black byte) []byte {
	t.Helper()
	content := encodeSampled(64, 64, []ratio{{1, 1}, {1, 1}, {1, 1}, {1, 1}}, 0)
	decoded, err := jpeg.Decode(bytes.NewReader(content))
	require.NoError(t, err)
	require.IsType(t, &image.CMYK{}, decoded)
	return encodePlanes(64, 64, []byte{255, 255, 255, 255 - black})
}

// A profile that is damaged, or that claims what it has not, is none.
func TestDamagedProfilesAreNone(t *testing.T) {
	stored := color.NRGBA{200, 180, 90, 255}
	plain := encodeJPEG(t, filled(stored))
	profile := wideProfile(t)
	claims := func(at int, value uint32) []byte {
		out := bytes.Clone(profile)
		binary.BigEndian.PutUint32(out[at:], value)
		return out
	}
	for name, damaged := range map[string][]byte{
		"cut off": profile[:len(profile)-40], "only a head": profile[:132], "half a head": profile[:60],
		"too many tags": claims(128, 100), "a tag of too many bytes": claims(132+8, 1000),
		"a tag far away": claims(132+4, 1000), "a tag in the head": claims(132+4, 0), "no signature": claims(36, 0),
		"another space": claims(16, 0x58595a20),
	} {
		near(t, stored, shownColour(t, jpegWith(damaged, plain, 1)), name)
	}
	for points, want := range map[uint32]bool{256: true, maxCurvePoints: true, maxCurvePoints + 1: false} {
		curve := binary.BigEndian.AppendUint32([]byte("curv\x00\x00\x00\x00"), points)
		assert.Equal(t, want,
			plausible(iccProfile("GRAY", "XYZ ", property{"kTRC", append(curve, make([]byte, 2*points)...)})), points)
		assert.False(t,
			plausible(iccProfile("GRAY", "XYZ ", property{"kTRC", append(curve, make([]byte, 2*points-4)...)})), points)
	}
	for at := 128; at < len(profile); at++ {
		damaged := bytes.Clone(profile)
		damaged[at] ^= 1
		_, err := inspectBytes(jpegWith(damaged, plain, 1))
		require.NoError(t, err, at)
	}
}
