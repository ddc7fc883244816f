package inspect

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"hash"
	"hash/adler32"
	"hash/crc32"
	"image"
	"image/png"
	"io"
	"runtime"
	"strings"
)

const pngMagic = "\x89PNG\r\n\x1a\n"

// pngFile is a PNG file whose chunks were walked: what its pixels need, and where it is.
type pngFile struct {
	from         *source
	head         [13]byte // of IHDR
	palette      int64    // where the chunks are; 0 for none
	transparency int64
	colours      int64 // of the palette
}

// readPNG reads chunks up to IEND ("PNG Specification, third edition", 5). Browsers pass over ancillary chunks that are
// damaged, misplaced or of no use to the kind of image, so only those that the pixels need, and in which nothing is
// wrong, are handed on. A file that ends without IEND is whole when its pixels are.
func readPNG(from *source) (layout, error) {
	where := layout{orientation: 1}
	file := &pngFile{from: from}
	pixels := false
walk:
	for at := int64(len(pngMagic)); ; {
		var head [8]byte
		err := from.full(head[:], at)
		size, kind := int64(binary.BigEndian.Uint32(head[:4])), string(head[4:])
		if err == nil && at+12+size > from.size {
			err = errShort
		}
		if at == int64(len(pngMagic)) && kind != "IHDR" {
			return where, errBroken
		}
		switch {
		case errors.Is(err, errShort) && pixels && kind != "IDAT":
			break walk
		case err != nil:
			return where, err
		}
		if kind == "IEND" {
			break walk
		}
		pixels = pixels || kind == "IDAT"
		if err := file.chunk(&where, kind, at, size, pixels); err != nil {
			return where, err
		}
		at += 12 + size
	}
	where.width, where.height = uint64(binary.BigEndian.Uint32(file.head[:4])),
		uint64(binary.BigEndian.Uint32(file.head[4:8]))
	where.picture = &picture{open: file.open, config: png.DecodeConfig, decode: file.decode}
	return where, nil
}

// chunk notes what a chunk says.
func (f *pngFile) chunk(where *layout, kind string, at, size int64, pixels bool) error {
	switch kind {
	case "IHDR":
		if size != int64(len(f.head)) {
			return errBroken
		}
		if at == int64(len(pngMagic)) {
			return f.from.full(f.head[:], at+8)
		}
	case "PLTE":
		if f.indexed() && f.palette == 0 && !pixels {
			f.palette, f.colours = at, size/3
		}
	case "tRNS":
		if pixels || f.transparency != 0 || !f.fits(size) {
			return nil
		}
		if good, err := f.intact(at, size); err != nil || !good {
			return err
		}
		f.transparency = at
	case "eXIf":
		if good, err := f.intact(at, size); err != nil || !good {
			return err
		}
		return where.exif(f.from, at+8, size)
	case "iCCP":
		if where.profile != nil || pixels || size > maxProfileBytes {
			return nil
		}
		if good, err := f.intact(at, size); err != nil || !good {
			return err
		}
		body := make([]byte, size)
		if err := f.from.full(body, at+8); err != nil {
			return err
		}
		where.profile = unpackProfile(body)
	}
	return nil
}

func (f *pngFile) indexed() bool { return f.head[9] == 3 }

// fits says whether a tRNS chunk of that size belongs to the kind of image and its palette.
func (f *pngFile) fits(size int64) bool {
	switch f.head[9] {
	case 0:
		return size == 2
	case 2:
		return size == 6
	case 3:
		return f.palette != 0 && size > 0 && size <= f.colours
	default:
		return false
	}
}

// intact says whether a chunk has the CRC that it says.
func (f *pngFile) intact(at, size int64) (bool, error) {
	var want [4]byte
	if err := f.from.full(want[:], at+8+size); err != nil {
		return false, err
	}
	got, err := f.from.sum(at+4, 4+size)
	return got == binary.BigEndian.Uint32(want[:]), err
}

// unpackProfile returns the profile of an iCCP chunk, or nil: what is behind its name and the method of compression.
func unpackProfile(chunk []byte) []byte {
	_, packed, found := bytes.Cut(chunk, []byte{0})
	if !found || len(packed) < 1 || packed[0] != 0 {
		return nil
	}
	plain, err := zlib.NewReader(bytes.NewReader(packed[1:]))
	if err != nil {
		return nil
	}
	profile, err := io.ReadAll(io.LimitReader(plain, maxProfileBytes+1))
	if err != nil || len(profile) > maxProfileBytes {
		return nil
	}
	return profile
}

// open reads the file with no chunks but those that the pixels need.
func (f *pngFile) open() io.Reader {
	return bufio.NewReaderSize(io.MultiReader(strings.NewReader(pngMagic),
		&pngChunks{pngFile: f, at: int64(len(pngMagic))}), 32<<10)
}

// pngChunks reads chunk after chunk, whatever their number.
type pngChunks struct {
	*pngFile
	at    int64
	chunk io.Reader
	ended bool
}

func (c *pngChunks) Read(b []byte) (int, error) {
	for {
		if c.chunk != nil {
			n, err := c.chunk.Read(b)
			if n > 0 || err != nil && !errors.Is(err, io.EOF) {
				return n, err
			}
			c.chunk = nil
		}
		if c.ended {
			return 0, io.EOF
		}
		var head [8]byte
		err := c.from.full(head[:], c.at)
		if err != nil && !errors.Is(err, errShort) {
			return 0, err
		}
		size, kind := int64(binary.BigEndian.Uint32(head[:4])), string(head[4:])
		switch {
		case err != nil || kind == "IEND" || c.at+12+size > c.from.size:
			c.ended, c.chunk = true, bytes.NewReader(pngChunk("IEND", nil))
		case kind == "IHDR" && c.at == int64(len(pngMagic)) || kind == "IDAT" || c.at == c.palette ||
			c.at == c.transparency:
			c.chunk = io.NewSectionReader(c.from, c.at, 12+size)
		}
		c.at += 12 + size
	}
}

// pngChunk is a chunk with its length and its CRC.
func pngChunk(kind string, body []byte) []byte {
	out := append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), kind...)
	out = append(out, body...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
}

// decode decodes the pixels, without those that are more than the image has: the library refuses them, browsers do not.
func (f *pngFile) decode(content io.Reader) (image.Image, error) {
	decoded, err := png.Decode(content)
	if err == nil || !strings.Contains(err.Error(), "too much pixel data") {
		return decoded, err
	}
	runtime.GC() // the image of the first attempt may be as large as one may be
	var start bytes.Buffer
	start.WriteString(pngMagic)
	start.Write(pngChunk("IHDR", f.head[:]))
	for _, at := range []int64{f.palette, f.transparency} {
		if err := f.copyChunk(&start, at); err != nil {
			return nil, err
		}
	}
	packed, err := zlib.NewReader(&pngPixels{chunks: f.open()})
	if err != nil {
		return nil, err
	}
	exact := &storedPixels{from: packed, left: f.rawBytes(), sum: adler32.New()}
	return png.Decode(io.MultiReader(&start, exact))
}

func (f *pngFile) copyChunk(to io.Writer, at int64) error {
	var size [4]byte
	if at == 0 {
		return nil
	}
	if err := f.from.full(size[:], at); err != nil {
		return err
	}
	_, err := io.Copy(to, io.NewSectionReader(f.from, at, 12+int64(binary.BigEndian.Uint32(size[:]))))
	return err
}

// rawBytes is how many bytes the pixels take before they are compressed: of each pass every row with its filter's byte.
func (f *pngFile) rawBytes() int64 {
	width, height := int64(binary.BigEndian.Uint32(f.head[:4])), int64(binary.BigEndian.Uint32(f.head[4:8]))
	bits := int64(f.head[8]) * map[byte]int64{0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[f.head[9]]
	passes := [][4]int64{{0, 0, 1, 1}} // the first column and row, and the steps between them
	if f.head[12] == 1 {
		passes = [][4]int64{{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2},
			{0, 1, 1, 2}}
	}
	total := int64(0)
	for _, pass := range passes {
		columns, rows := (width-pass[0]+pass[2]-1)/pass[2], (height-pass[1]+pass[3]-1)/pass[3]
		if columns > 0 && rows > 0 {
			total += rows * (1 + (columns*bits+7)/8)
		}
	}
	return total
}

// pngPixels is what the IDAT chunks hold, of a file that open has reduced to what counts.
type pngPixels struct {
	chunks io.Reader
	left   int64
	begun  bool
}

func (p *pngPixels) Read(b []byte) (int, error) {
	for p.left == 0 {
		skip := int64(4) // the CRC of the chunk before
		if !p.begun {
			skip, p.begun = int64(len(pngMagic)), true
		}
		if _, err := io.CopyN(io.Discard, p.chunks, skip); err != nil {
			return 0, err
		}
		var head [8]byte
		if _, err := io.ReadFull(p.chunks, head[:]); err != nil {
			return 0, err
		}
		size := int64(binary.BigEndian.Uint32(head[:4]))
		if string(head[4:]) == "IDAT" {
			p.left = size
		} else if _, err := io.CopyN(io.Discard, p.chunks, size); err != nil {
			return 0, err
		}
	}
	n, err := p.chunks.Read(b[:min(int64(len(b)), p.left)])
	p.left -= int64(n)
	return n, err
}

// storedPixels is so many bytes as IDAT chunks, one a block that is stored and not compressed (RFC 1951, 3.2.4).
type storedPixels struct {
	from  io.Reader
	left  int64
	sum   hash.Hash32
	begun bool
	ended bool
	chunk bytes.Reader
	block [1<<16 - 1]byte
}

func (s *storedPixels) Read(b []byte) (int, error) {
	if s.chunk.Len() == 0 {
		if s.ended {
			return 0, io.EOF
		}
		if err := s.next(); err != nil {
			return 0, err
		}
	}
	return s.chunk.Read(b)
}

func (s *storedPixels) next() error {
	raw := s.block[:min(int64(len(s.block)), s.left)]
	if _, err := io.ReadFull(s.from, raw); err != nil {
		return err
	}
	s.left -= int64(len(raw))
	_, _ = s.sum.Write(raw) // a hash never fails
	var body []byte
	if !s.begun {
		body, s.begun = append(body, 0x78, 0x01), true
	}
	s.ended = s.left == 0
	last := byte(0)
	if s.ended {
		last = 1
	}
	body = binary.LittleEndian.AppendUint16(append(body, last), uint16(len(raw)))
	body = append(binary.LittleEndian.AppendUint16(body, ^uint16(len(raw))), raw...)
	if s.ended {
		body = s.sum.Sum(body)
	}
	out := pngChunk("IDAT", body)
	if s.ended {
		out = append(out, pngChunk("IEND", nil)...)
	}
	s.chunk.Reset(out)
	return nil
}
