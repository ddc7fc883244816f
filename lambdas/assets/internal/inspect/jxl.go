package inspect

import (
	"encoding/binary"
	"math/bits"
)

// jxlBox begins JPEG XL in its container (ISO/IEC 18181-2, 9.1).
const jxlBox = "\x00\x00\x00\x0cJXL \x0d\x0a\x87\x0a"

// readJXL reads the sides and the orientation from the codestream's header (ISO/IEC 18181-1, D.2 and D.3). No decoder
// in pure Go is kept, so it has no picture.
func readJXL(from *source) (layout, error) {
	where := layout{orientation: 1}
	var head [16]byte
	if err := from.full(head[:min(int64(len(head)), from.size)], 0); err != nil {
		return where, err
	}
	if string(head[:12]) == jxlBox {
		at, err := codestream(from)
		if err != nil {
			return where, err
		}
		clear(head[:])
		if err := from.full(head[:min(int64(len(head)), from.size-at)], at); err != nil {
			return where, err
		}
	}
	if head[0] != 0xff || head[1] != 0x0a {
		return where, errBroken
	}
	fields := &bitReader{binary.LittleEndian.Uint64(head[2:]), binary.LittleEndian.Uint64(append(head[10:], 0, 0))}
	small := fields.take(1) == 1
	where.height = fields.side(small)
	if ratio := fields.take(3); ratio == 0 {
		where.width = fields.side(small)
	} else {
		of := [...][2]uint64{{1, 1}, {12, 10}, {4, 3}, {3, 2}, {16, 9}, {5, 4}, {2, 1}}[ratio-1]
		where.width = where.height * of[0] / of[1]
	}
	if allDefault := fields.take(1) == 1; !allDefault && fields.take(1) == 1 {
		where.orientation = 1 + int(fields.take(3))
	}
	return where, nil
}

// codestream finds where the codestream begins in its container. It walks all boxes, which shows whether the file was
// cut off.
func codestream(from *source) (int64, error) {
	found := int64(0)
	for at := int64(0); at < from.size; {
		kind, body, size, err := box(from, at)
		if err != nil {
			return 0, err
		}
		switch {
		case found == 0 && kind == "jxlc":
			found = body
		case found == 0 && kind == "jxlp":
			found = body + 4 // behind its number
		}
		at = body + size
	}
	if found == 0 || found >= from.size {
		return 0, errBroken
	}
	return found, nil
}

// bitReader takes bits, the lowest first.
type bitReader [2]uint64

func (b *bitReader) take(n int) uint64 {
	value := b[0] & (1<<n - 1)
	b[0] = b[0]>>n | bits.RotateLeft64(b[1], -n)&^(^uint64(0)>>n)
	b[1] >>= n
	return value
}

func (b *bitReader) side(small bool) uint64 {
	if small {
		return 8 * (b.take(5) + 1)
	}
	return 1 + b.take([]int{9, 13, 18, 30}[b.take(2)])
}
