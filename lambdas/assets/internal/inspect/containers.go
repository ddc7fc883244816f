package inspect

import (
	"encoding/binary"
	"errors"
)

const pngMagic = "\x89PNG\r\n\x1a\n"

// maxExifBytes is the most that is read of an Exif block: the orientation is near its start.
const maxExifBytes = 64 << 10

var errBroken = errors.New("its structure is not that of its format")

// readPNG reads chunks up to IEND ("PNG Specification, third edition", 5).
func readPNG(from *source) (layout, error) {
	where := layout{orientation: 1}
	var head [8]byte
	for at := int64(len(pngMagic)); ; {
		if err := from.full(head[:], at); err != nil {
			return where, err
		}
		size, kind := int64(binary.BigEndian.Uint32(head[:4])), string(head[4:])
		if at+12+size > from.size {
			if at == int64(len(pngMagic)) && kind != "IHDR" {
				return where, errBroken
			}
			return where, errShort
		}
		switch kind {
		case "IHDR":
			var sides [8]byte
			if err := from.full(sides[:], at+8); err != nil {
				return where, err
			}
			where.width, where.height = uint64(binary.BigEndian.Uint32(sides[:4])), uint64(binary.BigEndian.Uint32(sides[4:]))
		case "eXIf":
			if err := where.exif(from, at+8, size); err != nil {
				return where, err
			}
		case "IEND":
			return where, nil
		}
		at += 12 + size
	}
}

// readJPEG reads segments up to the first scan (ITU-T T.81, B.1); that the scans are whole shows when they are decoded.
func readJPEG(from *source) (layout, error) {
	var head [4]byte
	if err := from.full(head[:2], from.size-2); err != nil {
		return layout{}, err
	}
	where := layout{orientation: 1, unended: head[0] != 0xff || head[1] != 0xd9}
	for at := int64(2); ; {
		if err := from.full(head[:], at); err != nil {
			return where, err
		}
		marker := head[1]
		switch {
		case head[0] != 0xff: // between segments decoders pass over what is no marker, so does this
			at++
			continue
		case marker == 0xff || marker == 0 || marker >= 0xd0 && marker <= 0xd7 || marker == 0x01:
			at++
			continue
		case marker == 0xd9 || marker == 0xda:
			return where, nil
		}
		size := int64(binary.BigEndian.Uint16(head[2:]))
		switch {
		case marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc:
			var frame [5]byte
			if err := from.full(frame[:], at+4); err != nil {
				return where, err
			}
			where.height, where.width = uint64(binary.BigEndian.Uint16(frame[1:3])), uint64(binary.BigEndian.Uint16(frame[3:5]))
		case marker == 0xe1 && size > 8:
			var name [6]byte
			if err := from.full(name[:], at+4); err != nil {
				return where, err
			}
			if string(name[:]) == "Exif\x00\x00" {
				if err := where.exif(from, at+10, size-8); err != nil {
					return where, err
				}
			}
		}
		at += 2 + size
	}
}

// readGIF reads blocks up to the trailer ("Graphics Interchange Format, version 89a", 17 to 27).
func readGIF(from *source) (layout, error) {
	var head [13]byte
	if err := from.full(head[:], 0); err != nil {
		return layout{}, err
	}
	where := layout{width: uint64(binary.LittleEndian.Uint16(head[6:])), height: uint64(binary.LittleEndian.Uint16(head[8:])), orientation: 1}
	at := int64(len(head)) + colours(head[10])
	var block [10]byte
	for {
		if err := from.full(block[:1], at); err != nil {
			return where, err
		}
		var err error
		switch block[0] {
		case 0x3b:
			return where, nil
		case 0x21:
			at, err = skipBlocks(from, at+2)
		case 0x2c:
			if err := from.full(block[:], at); err != nil {
				return where, err
			}
			at, err = skipBlocks(from, at+11+colours(block[9]))
		default:
			return where, errBroken
		}
		if err != nil {
			return where, err
		}
	}
}

// colours is how many bytes the colour table takes that the flags announce.
func colours(flags byte) int64 {
	if flags&0x80 == 0 {
		return 0
	}
	return 3 << (flags&7 + 1)
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

// readWebP reads the chunks of the container (RFC 9649, 2). A frame may claim more than the canvas, and is decoded at its own size.
func readWebP(from *source) (layout, error) {
	where := layout{orientation: 1}
	var head [18]byte
	if err := from.full(head[:12], 0); err != nil {
		return where, err
	}
	end := 8 + int64(binary.LittleEndian.Uint32(head[4:]))
	if end > from.size {
		return where, errShort
	}
	for at := int64(12); at+8 <= end; {
		known := head[:min(int64(len(head)), end-at)]
		if err := from.full(known, at); err != nil {
			return where, err
		}
		size := int64(binary.LittleEndian.Uint32(known[4:]))
		if at+8+size > end {
			return where, errShort
		}
		var width, height uint64
		switch kind, data := string(known[:4]), known[8:]; {
		case kind == "VP8X" && size >= 10 && len(data) == 10:
			where.undecodable = data[0]&0x02 != 0
			width, height = uint64(uint24(data[4:]))+1, uint64(uint24(data[7:]))+1
		case kind == "VP8 " && size >= 10 && len(data) == 10:
			width, height = uint64(binary.LittleEndian.Uint16(data[6:])&0x3fff), uint64(binary.LittleEndian.Uint16(data[8:])&0x3fff)
		case kind == "VP8L" && size >= 5 && len(data) >= 5:
			sides := binary.LittleEndian.Uint32(data[1:])
			width, height = uint64(sides&0x3fff)+1, uint64(sides>>14&0x3fff)+1
		case kind == "EXIF":
			if err := where.exif(from, at+8, size); err != nil {
				return where, err
			}
		}
		where.width, where.height = max(where.width, width), max(where.height, height)
		at += 8 + size + size&1
	}
	return where, nil
}

func uint24(b []byte) uint32 { return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 }

// exif takes the orientation from an Exif block. One that is damaged says nothing about the image, which counts as upright.
func (l *layout) exif(from *source, at, size int64) error {
	block := make([]byte, min(size, maxExifBytes))
	if err := from.full(block, at); err != nil {
		return err
	}
	if found := orientationOf(block); found != 0 {
		l.orientation = found
	}
	return nil
}
