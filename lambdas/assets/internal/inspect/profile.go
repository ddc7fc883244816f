package inspect

import (
	"bytes"
	"encoding/binary"
	"image"

	"github.com/kovidgoyal/imaging/prism/meta/icc"
)

// maxProfileBytes is the most that an embedded profile may have: those of printers, with tables for every intent, have
// about two MiB.
const maxProfileBytes = 4 << 20

// maxCurvePoints is the most that a curve may have: usual are 256 to 4,096, and the library's time grows with them.
const maxCurvePoints = 1 << 14

// conversion turns a pixel's channels, from 0 to 1, into those of sRGB. It may write to what it gets.
type conversion struct {
	pipeline *icc.Pipeline
	channels int
}

// conversionOf reads an embedded ICC profile: curves and a matrix, or tables. It is nil for sRGB itself, and for what
// cannot be read: as in browsers, a damaged profile is none.
func conversionOf(profile []byte) (found *conversion) {
	if !plausible(profile) {
		return nil
	}
	defer func() { // the library is young, and a profile's content is anybody's
		if recover() != nil {
			found = nil
		}
	}()
	read, err := icc.NewProfileReader(bytes.NewReader(profile)).ReadProfile()
	if err != nil || read.IsSRGB() {
		return nil
	}
	channels := map[icc.ColorSpace]int{
		icc.ColorSpaceGray: 1, icc.ColorSpaceRGB: 3, icc.ColorSpaceCMYK: 4,
	}[read.Header.DataColorSpace]
	// Perceptual is what browsers take of profiles with tables; colours that sRGB lacks are cut off.
	pipeline, err := read.CreateTransformerToSRGB(icc.PerceptualRenderingIntent, true, channels, true, false, true)
	if err != nil {
		return nil
	}
	found = &conversion{pipeline, channels}
	for _, value := range []float64{0, 0.4, 1} { // a table that is not all there shows
		pipeline.TransformGeneral(make([]float64, 4), []float64{value, value, value, value})
	}
	return found
}

// plausible says whether what a profile announces is in it (ICC.1, 7.3): the library makes room for that before it
// reads.
func plausible(profile []byte) bool {
	const head, entry = 132, 12
	if len(profile) < head {
		return false
	}
	size, tags := uint64(len(profile)), uint64(binary.BigEndian.Uint32(profile[128:]))
	if head+entry*tags > size {
		return false
	}
	for at := head; at < head+entry*int(tags); at += entry {
		offset, length := uint64(binary.BigEndian.Uint32(profile[at+4:])),
			uint64(binary.BigEndian.Uint32(profile[at+8:]))
		if offset < head+entry*tags || offset+length > size {
			return false
		}
	}
	for rest := profile; ; {
		at := bytes.Index(rest, []byte("curv"))
		if at < 0 {
			return true
		}
		// Its points, of two bytes each, stand behind their number, wherever the curve is (10.6).
		if rest = rest[at:]; len(rest) >= 12 && 2*min(maxCurvePoints+1, uint64(binary.BigEndian.Uint32(rest[8:]))) >
			min(2*maxCurvePoints, uint64(len(rest)-12)) {
			return false
		}
		rest = rest[4:]
	}
}

// pixels converts the picture in place: colours, or greys, where the profile is one of greys. One of inks says nothing
// about either.
func (c *conversion) pixels(picture *image.RGBA) {
	if c == nil || c.channels == 4 {
		return
	}
	var before, after [4]byte
	for at := 0; at+4 <= len(picture.Pix); at += 4 {
		pixel := picture.Pix[at : at+4]
		if pixel[3] == 0 || c.channels == 1 && (pixel[0] != pixel[1] || pixel[1] != pixel[2]) {
			continue
		}
		if [4]byte(pixel) != before {
			before = [4]byte(pixel)
			alpha := float64(pixel[3])
			r, g, b := float64(pixel[0])/alpha, float64(pixel[1])/alpha, float64(pixel[2])/alpha
			if c.channels == 1 {
				r, g, b = c.grey(r)
			} else {
				r, g, b = c.pipeline.Transform(r, g, b)
			}
			after = [4]byte{scaled(r, alpha), scaled(g, alpha), scaled(b, alpha), pixel[3]}
		}
		copy(pixel, after[:])
	}
}

func (c *conversion) grey(light float64) (r, g, b float64) {
	out, in := make([]float64, 4), []float64{light, 0, 0, 0}
	c.pipeline.TransformGeneral(out, in)
	return out[0], out[1], out[2]
}

func scaled(value, alpha float64) byte { return byte(max(0, min(1, value))*alpha + 0.5) }

// inks turns a picture whose four channels are inks into one of colours, in place.
func (c *conversion) inks(picture *image.RGBA) {
	in, out := make([]float64, 4), make([]float64, 4)
	for at := 0; at+4 <= len(picture.Pix); at += 4 {
		pixel := picture.Pix[at : at+4]
		for i := range in {
			in[i] = float64(pixel[i]) / 0xff
		}
		c.pipeline.TransformGeneral(out, in)
		pixel[0], pixel[1], pixel[2], pixel[3] = scaled(out[0], 0xff), scaled(out[1], 0xff), scaled(out[2], 0xff), 0xff
	}
}
