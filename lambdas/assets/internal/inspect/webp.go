package inspect

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"io"

	"golang.org/x/image/webp"
)

// webpFrame is where a still's, or an animation's first frame's, bitstream and its alpha are.
type webpFrame struct {
	kind          string // of the chunk: "VP8 " or "VP8L"; "" for none so far
	pixels, alpha span
	left, top     int // on the canvas
	width, height uint64
	animated      bool
}

type span struct{ at, size int64 }

// readWebP reads the chunks of the container (RFC 9649, 2). What counts is which chunks there are: browsers pass over
// flags that say otherwise, for which the library refuses a file. A frame may claim more than the canvas, and is
// decoded at its own size.
func readWebP(from *source) (layout, error) {
	where := layout{orientation: 1}
	var head [12]byte
	if err := from.full(head[:], 0); err != nil {
		return where, err
	}
	end := 8 + int64(binary.LittleEndian.Uint32(head[4:]))
	if end > from.size {
		return where, errShort
	}
	frame := &webpFrame{}
	if err := frame.chunks(from, &where, 12, end); err != nil {
		return where, err
	}
	if frame.kind == "" {
		return where, errBroken
	}
	where.width, where.height = max(where.width, frame.width), max(where.height, frame.height)
	if frame.animated {
		canvas := image.Rect(-frame.left, -frame.top, int(where.width)-frame.left, int(where.height)-frame.top)
		where.canvas = &canvas
	}
	where.picture = &picture{
		open: func() io.Reader { return frame.open(from) }, config: webp.DecodeConfig, decode: frame.decode,
	}
	return where, nil
}

// chunks reads what lies between two places.
func (f *webpFrame) chunks(from *source, where *layout, at, end int64) error {
	var buffer [24]byte
	for at+8 <= end {
		known := buffer[:min(int64(len(buffer)), end-at)]
		if err := from.full(known, at); err != nil {
			return err
		}
		size := int64(binary.LittleEndian.Uint32(known[4:]))
		if at+8+size > end {
			return errShort
		}
		data := known[8:min(int64(len(known)), 8+size)]
		if err := f.chunk(from, where, string(known[:4]), data, span{at + 8, size}); err != nil {
			return err
		}
		at += 8 + size + size&1
	}
	return nil
}

func (f *webpFrame) chunk(from *source, where *layout, kind string, data []byte, body span) error {
	switch {
	case kind == "VP8X" && len(data) >= 10:
		where.width, where.height = uint64(uint24(data[4:]))+1, uint64(uint24(data[7:]))+1
	case kind == "ANMF" && len(data) == 16 && !f.animated:
		f.animated = true
		f.left, f.top = 2*int(uint24(data)), 2*int(uint24(data[3:]))
		return f.chunks(from, where, body.at+16, body.at+body.size)
	case kind == "ALPH" && f.kind == "":
		f.alpha = body
	case kind == "VP8 " && len(data) >= 10 && f.kind == "":
		f.kind, f.pixels = kind, body
		f.width, f.height = uint64(binary.LittleEndian.Uint16(data[6:])&0x3fff),
			uint64(binary.LittleEndian.Uint16(data[8:])&0x3fff)
	case kind == "VP8L" && len(data) >= 5 && f.kind == "":
		f.kind, f.pixels = kind, body
		sides := binary.LittleEndian.Uint32(data[1:])
		f.width, f.height = uint64(sides&0x3fff)+1, uint64(sides>>14&0x3fff)+1
	case kind == "EXIF":
		return where.exif(from, body.at, body.size)
	case kind == "ICCP" && where.profile == nil && body.size <= maxProfileBytes:
		where.profile = make([]byte, body.size)
		return from.full(where.profile, body.at)
	}
	return nil
}

func uint24(b []byte) uint32 { return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 }

// open reads a file with nothing but the frame, and a header that says what it has.
func (f *webpFrame) open(from *source) io.Reader {
	var parts []io.Reader
	size := int64(4)
	add := func(kind string, body io.Reader, n int64) {
		head := binary.LittleEndian.AppendUint32([]byte(kind), uint32(n))
		parts = append(parts, bytes.NewReader(head), body, bytes.NewReader(make([]byte, n&1)))
		size += 8 + n + n&1
	}
	if f.kind == "VP8 " && f.alpha.size > 0 {
		extended := make([]byte, 10)
		extended[0] = 0x10 // alpha
		putUint24(extended[4:], uint32(f.width-1))
		putUint24(extended[7:], uint32(f.height-1))
		add("VP8X", bytes.NewReader(extended), int64(len(extended)))
		add("ALPH", io.NewSectionReader(from, f.alpha.at, f.alpha.size), f.alpha.size)
	}
	add(f.kind, io.NewSectionReader(from, f.pixels.at, f.pixels.size), f.pixels.size)
	riff := append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(size)), "WEBP"...)
	return bufio.NewReaderSize(io.MultiReader(append([]io.Reader{bytes.NewReader(riff)}, parts...)...), 32<<10)
}

func putUint24(b []byte, value uint32) {
	b[0], b[1], b[2] = byte(value), byte(value>>8), byte(value>>16)
}

// decode decodes the frame. The library takes the light of a lossy one, 16 to 235, for that of JPEG, 0 to 255.
func (f *webpFrame) decode(content io.Reader) (image.Image, error) {
	decoded, err := webp.Decode(content)
	switch lossy := decoded.(type) {
	case *image.YCbCr:
		fullRange(lossy)
	case *image.NYCbCrA:
		fullRange(&lossy.YCbCr)
	}
	if errors.Is(err, io.EOF) {
		err = errShort
	}
	return decoded, err
}

// fullRange stretches the planes from the range of ITU-R BT.601 to that of JPEG, in place.
func fullRange(picture *image.YCbCr) {
	var light, colour [256]byte
	for i := range light {
		light[i] = stretched(i-16, 219, 0)
		colour[i] = stretched(i-128, 224, 128)
	}
	for plane, table := range map[*[]byte]*[256]byte{&picture.Y: &light, &picture.Cb: &colour, &picture.Cr: &colour} {
		for i, value := range *plane {
			(*plane)[i] = table[value]
		}
	}
}

// stretched is a distance that counts 255 for every so many, from a middle, rounded.
func stretched(distance, of, middle int) byte {
	return byte(min(255, max(0, middle+(510*distance+of*sign(distance))/(2*of))))
}

func sign(n int) int {
	if n < 0 {
		return -1
	}
	return 1
}
