package inspect

import (
	"bufio"
	"compress/lzw"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"io"
)

// gifFrame is where a GIF's first frame is and how it is shown: the picture.
type gifFrame struct {
	from        *source
	bounds      image.Rectangle
	palette     color.Palette
	interlaced  bool
	transparent int // index of the colour; -1 for none
	pixels      int64
}

// readGIF reads blocks up to the trailer ("Graphics Interchange Format, version 89a", 17 to 27). As browsers do, it
// passes over zero bytes between blocks, does without the trailer, and takes a screen that the first frame does not fit
// on to be as large as that.
func readGIF(from *source) (layout, error) {
	var head [13]byte
	if err := from.full(head[:], 0); err != nil {
		return layout{}, err
	}
	where := layout{width: uint64(binary.LittleEndian.Uint16(head[6:])),
		height: uint64(binary.LittleEndian.Uint16(head[8:])), orientation: 1}
	frame := &gifFrame{from: from, transparent: -1}
	at := int64(len(head))
	var err error
	if frame.palette, err = colourTable(from, at, head[10]); err != nil {
		return where, err
	}
	at += colours(head[10])
	for {
		var kind [1]byte
		err := from.full(kind[:], at)
		if errors.Is(err, errShort) && where.picture != nil {
			return where, nil
		}
		if err != nil {
			return where, err
		}
		switch kind[0] {
		case 0:
			at++
		case 0x3b:
			if where.picture == nil {
				return where, errBroken
			}
			return where, nil
		case 0x21:
			if where.picture == nil {
				if err := frame.control(at); err != nil {
					return where, err
				}
			}
			at, err = skipBlocks(from, at+2)
		case 0x2c:
			at, err = frame.image(&where, at)
		default:
			return where, errBroken
		}
		if err != nil {
			return where, err
		}
	}
}

// control notes the transparent colour of the frame that follows.
func (f *gifFrame) control(at int64) error {
	var block [8]byte
	if err := f.from.full(block[:3], at); err != nil {
		return err
	}
	if block[1] != 0xf9 || block[2] < 4 {
		return nil
	}
	if err := f.from.full(block[:], at); err != nil {
		return err
	}
	f.transparent = -1
	if block[3]&1 != 0 {
		f.transparent = int(block[6])
	}
	return nil
}

// image reads a frame's descriptor and passes over its pixels. The first frame becomes the picture.
func (f *gifFrame) image(where *layout, at int64) (int64, error) {
	var block [10]byte
	if err := f.from.full(block[:], at); err != nil {
		return 0, err
	}
	flags := block[9]
	pixels := at + 10 + colours(flags)
	if where.picture == nil {
		left, top := int(binary.LittleEndian.Uint16(block[1:])), int(binary.LittleEndian.Uint16(block[3:]))
		f.bounds = image.Rect(left, top, left+int(binary.LittleEndian.Uint16(block[5:])),
			top+int(binary.LittleEndian.Uint16(block[7:])))
		f.interlaced, f.pixels = flags&0x40 != 0, pixels
		own, err := colourTable(f.from, at+10, flags)
		if err != nil {
			return 0, err
		}
		if own != nil {
			f.palette = own
		}
		where.width, where.height = max(where.width, uint64(f.bounds.Max.X)), max(where.height, uint64(f.bounds.Max.Y))
		canvas := image.Rect(0, 0, int(where.width), int(where.height))
		where.canvas = &canvas
		where.picture = &picture{
			open: func() io.Reader { return &gifBlocks{from: f.from, at: pixels + 1} }, decode: f.decode,
		}
	}
	return skipBlocks(f.from, pixels+1)
}

// decode decodes the frame. What there is more of its pixels than it has, and colours that its table lacks, browsers do
// not mind.
func (f *gifFrame) decode(codes io.Reader) (image.Image, error) {
	var width [1]byte
	if err := f.from.full(width[:], f.pixels); err != nil {
		return nil, err
	}
	if width[0] < 1 || width[0] > 8 || f.palette == nil {
		return nil, errBroken
	}
	frame := image.NewPaletted(f.bounds, f.shownPalette())
	unpacked := lzw.NewReader(bufio.NewReader(codes), lzw.LSB, int(width[0]))
	defer func() { _ = unpacked.Close() }() // nothing is flushed
	if !f.interlaced {
		_, err := io.ReadFull(unpacked, frame.Pix)
		return frame, err
	}
	for _, pass := range [][2]int{{0, 8}, {4, 8}, {2, 4}, {1, 2}} { // the first row and the step to the next one
		for y := pass[0]; y < f.bounds.Dy(); y += pass[1] {
			if _, err := io.ReadFull(unpacked, frame.Pix[y*frame.Stride:y*frame.Stride+f.bounds.Dx()]); err != nil {
				return nil, err
			}
		}
	}
	return frame, nil
}

func (f *gifFrame) shownPalette() color.Palette {
	shown := everyColour(f.palette)
	if f.transparent >= 0 {
		shown[f.transparent] = color.RGBA{}
	}
	return shown
}

// everyColour has all the colours that a pixel can name: those that the table lacks are black.
func everyColour(table color.Palette) color.Palette {
	shown := make(color.Palette, 256)
	for i := range shown {
		shown[i] = color.RGBA{A: 0xff}
	}
	copy(shown, table)
	return shown
}

// colours is how many bytes the colour table takes that the flags announce.
func colours(flags byte) int64 {
	if flags&0x80 == 0 {
		return 0
	}
	return 3 << (flags&7 + 1)
}

// colourTable is the table at a place; nil when the flags announce none.
func colourTable(from *source, at int64, flags byte) (color.Palette, error) {
	size := colours(flags)
	if size == 0 {
		return nil, nil
	}
	table := make([]byte, size)
	if err := from.full(table, at); err != nil {
		return nil, err
	}
	var palette color.Palette
	for ; len(table) > 0; table = table[3:] {
		palette = append(palette, color.RGBA{table[0], table[1], table[2], 0xff})
	}
	return palette, nil
}

func skipBlocks(from *source, at int64) (int64, error) {
	var size [1]byte
	for {
		if err := from.full(size[:], at); err != nil {
			return 0, err
		}
		at += 1 + int64(size[0])
		if size[0] == 0 {
			return at, nil
		}
	}
}

// gifBlocks is what a row of blocks holds.
type gifBlocks struct {
	from *source
	at   int64
	left int64 // of the block at hand
}

func (g *gifBlocks) Read(b []byte) (int, error) {
	if g.left == 0 {
		var size [1]byte
		if err := g.from.full(size[:], g.at); err != nil {
			return 0, err
		}
		if size[0] == 0 {
			return 0, io.EOF
		}
		g.at, g.left = g.at+1, int64(size[0])
	}
	n, err := g.from.ReadAt(b[:min(int64(len(b)), g.left)], g.at)
	g.at, g.left = g.at+int64(n), g.left-int64(n)
	return n, err
}
