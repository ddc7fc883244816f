package inspect

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"io"

	"github.com/sergeymakinen/go-bmp"
)

// bitmapHead is the length of a BMP file's own header; behind it stands that of the bitmap.
const bitmapHead = 14

// bitmap says whether a file begins with both headers of a BMP file: the first two letters are many a text's.
func bitmap(head []byte) bool {
	return prefix("BM")(head) && len(head) >= bitmapHead+40 && bitmapSides(head[bitmapHead:]) != nil
}

// sides are what the header of a bitmap says.
type sides struct {
	size, width, height, bits int64
	compression, colours      uint32
}

// bitmapSides reads the header of a bitmap (Microsoft's BITMAPINFOHEADER and its kin); nil when it is none.
func bitmapSides(head []byte) *sides {
	at := &sides{size: int64(binary.LittleEndian.Uint32(head))}
	planes := uint16(0)
	switch at.size {
	case 12: // of OS/2
		at.width, at.height = int64(binary.LittleEndian.Uint16(head[4:])), int64(binary.LittleEndian.Uint16(head[6:]))
		planes, at.bits = binary.LittleEndian.Uint16(head[8:]), int64(binary.LittleEndian.Uint16(head[10:]))
	case 40, 52, 56, 64, 108, 124:
		at.width, at.height = int64(int32(binary.LittleEndian.Uint32(head[4:]))),
			int64(int32(binary.LittleEndian.Uint32(head[8:])))
		planes, at.bits = binary.LittleEndian.Uint16(head[12:]), int64(binary.LittleEndian.Uint16(head[14:]))
		if len(head) >= 40 {
			at.compression, at.colours = binary.LittleEndian.Uint32(head[16:]), binary.LittleEndian.Uint32(head[32:])
		}
	}
	if planes != 1 || at.width < 0 {
		return nil
	}
	if at.height < 0 { // from the top down
		at.height = -at.height
	}
	return at
}

// readBMP reads the headers.
func readBMP(from *source) (layout, error) {
	var head [bitmapHead + 40]byte
	if err := from.full(head[:], 0); err != nil {
		return layout{}, err
	}
	found := bitmapSides(head[bitmapHead:])
	const uncompressed, masks = 0, 3
	row := (found.width*found.bits + 31) / 32 * 4
	if pixels := int64(binary.LittleEndian.Uint32(head[10:])); row > 0 &&
		(found.compression == uncompressed || found.compression == masks) &&
		found.height > (from.size-pixels)/row {
		return layout{}, errShort
	}
	return layout{
		width: uint64(found.width), height: uint64(found.height), orientation: 1,
		picture: &picture{open: whole(from), config: bitmapConfig, decode: decodeBitmap},
	}, nil
}

func bitmapConfig(content io.Reader) (image.Config, error) {
	config, err := bmp.DecodeConfig(content)
	return config, undecodable(err)
}

func decodeBitmap(content io.Reader) (image.Image, error) {
	decoded, err := bmp.Decode(content)
	if table, ok := decoded.(*image.Paletted); ok {
		table.Palette = everyColour(table.Palette)
	}
	return decoded, undecodable(err)
}

// undecodable tells bitmaps of kinds that the decoder does not know from damaged ones.
func undecodable(err error) error {
	var unsupported bmp.UnsupportedError
	if errors.As(err, &unsupported) {
		return errors.Join(errUndecodable, err)
	}
	if errors.Is(err, io.EOF) {
		return errShort
	}
	return err
}

const (
	iconHead  = 6
	iconEntry = 16
	maxIcons  = 256 // that are looked at
)

// icon says whether a file begins with the directory of an ICO file.
func icon(head []byte) bool {
	if !prefix("\x00\x00\x01\x00")(head) || len(head) < iconHead+iconEntry {
		return false
	}
	count, entry := int64(binary.LittleEndian.Uint16(head[4:])), head[iconHead:]
	return count > 0 && entry[3] == 0 && int64(binary.LittleEndian.Uint32(entry[12:])) >= iconHead+iconEntry*count
}

// readICO takes the largest of the images, as browsers do.
func readICO(from *source) (layout, error) {
	var head [iconHead]byte
	if err := from.full(head[:], 0); err != nil {
		return layout{}, err
	}
	var largest layout
	for i := range min(maxIcons, int64(binary.LittleEndian.Uint16(head[4:]))) {
		var entry [iconEntry]byte
		if err := from.full(entry[:], iconHead+iconEntry*i); err != nil {
			return layout{}, err
		}
		size, at := int64(binary.LittleEndian.Uint32(entry[8:])), int64(binary.LittleEndian.Uint32(entry[12:]))
		if at+size > from.size {
			return layout{}, errShort
		}
		found, err := readIcon(from.part(at, size))
		if err != nil {
			return layout{}, err
		}
		if found.width*found.height >= largest.width*largest.height {
			largest = found
		}
	}
	return largest, nil
}

// readIcon reads one image of an ICO file: a PNG file, or a bitmap of twice the height, whose lower half is the mask.
func readIcon(from *source) (layout, error) {
	var head [40]byte
	if err := from.full(head[:], 0); err != nil {
		return layout{}, err
	}
	if prefix(pngMagic)(head[:]) {
		return readPNG(from)
	}
	found := bitmapSides(head[:])
	if found == nil || found.size != int64(len(head)) {
		return layout{}, errBroken
	}
	found.height /= 2
	return layout{
		width: uint64(found.width), height: uint64(found.height), orientation: 1,
		picture: &picture{open: found.file(from, head), config: bitmapConfig,
			decode: func(content io.Reader) (image.Image, error) {
				return found.decodeIcon(from, content)
			}},
	}, nil
}

// file is the bitmap as a BMP file.
func (s *sides) file(from *source, head [40]byte) func() io.Reader {
	pixels := bitmapHead + s.pixels()
	start := binary.LittleEndian.AppendUint32([]byte("BM"), uint32(bitmapHead+from.size))
	start = binary.LittleEndian.AppendUint32(append(start, 0, 0, 0, 0), uint32(pixels))
	binary.LittleEndian.PutUint32(head[8:], uint32(s.height))
	start = append(start, head[:]...)
	return func() io.Reader {
		return bufio.NewReader(io.MultiReader(bytes.NewReader(start),
			io.NewSectionReader(from, s.size, from.size-s.size)))
	}
}

// pixels is where an icon's pixels begin, behind its header and its colours.
func (s *sides) pixels() int64 {
	colours := int64(0)
	if s.bits <= 8 {
		colours = int64(s.colours)
		if colours == 0 || colours > 1<<s.bits {
			colours = 1 << s.bits
		}
	}
	return s.size + 4*colours
}

// decodeIcon decodes the pixels and makes those transparent that the mask, or else their own alpha, hides.
func (s *sides) decodeIcon(from *source, content io.Reader) (image.Image, error) {
	decoded, err := decodeBitmap(content)
	if err != nil {
		return nil, err
	}
	bounds := image.Rect(0, 0, int(s.width), int(s.height))
	if decoded.Bounds() != bounds {
		return nil, errBroken
	}
	row, maskRow := (s.width*s.bits+31)/32*4, (s.width+31)/32*4
	pixels := make([]byte, row*s.height)
	if err := from.full(pixels, s.pixels()); err != nil {
		return nil, err
	}
	mask := make([]byte, maskRow*s.height)
	if err := from.full(mask, s.pixels()+int64(len(pixels))); err != nil && !errors.Is(err, errShort) {
		return nil, err
	}
	shown := image.NewNRGBA(bounds)
	for y := range bounds.Dy() {
		below := bounds.Dy() - 1 - y // rows are stored from the bottom up
		for x := range bounds.Dx() {
			r, g, b, _ := decoded.At(x, y).RGBA()
			alpha := byte(0xff)
			if mask[below*int(maskRow)+x/8]>>(7-x%8)&1 != 0 {
				alpha = 0
			}
			copy(shown.Pix[shown.PixOffset(x, y):], []byte{byte(r >> 8), byte(g >> 8), byte(b >> 8), alpha})
		}
	}
	if s.bits == 32 {
		s.ownAlpha(shown, pixels)
	}
	return shown, nil
}

// ownAlpha takes the alpha of 32 bits a pixel, unless all of it is zero, as programs of before write it.
func (s *sides) ownAlpha(shown *image.NRGBA, pixels []byte) {
	used := false
	for i := 3; i < len(pixels); i += 4 {
		used = used || pixels[i] != 0
	}
	if !used {
		return
	}
	for y := range shown.Rect.Dy() {
		row := pixels[(shown.Rect.Dy()-1-y)*4*shown.Rect.Dx():]
		for x := range shown.Rect.Dx() {
			shown.Pix[shown.PixOffset(x, y)+3] = row[4*x+3]
		}
	}
}
