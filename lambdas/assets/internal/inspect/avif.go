package inspect

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// maxMetaBytes is the most that is read of what an AVIF file says about its items.
const maxMetaBytes = 1 << 20

// avif says whether a file's brands are those of AVIF (AV1 Image File Format, 4): its own one, or among those it is
// compatible with.
func avif(head []byte) bool {
	if len(head) < 16 || string(head[4:8]) != "ftyp" {
		return false
	}
	brands := head[8:min(len(head), max(16, int(min(1<<16, binary.BigEndian.Uint32(head)))))]
	named := func(brand string) bool { return string(brands[:4]) == brand }
	if named("avif") || named("avis") {
		return true
	}
	if !named("mif1") && !named("msf1") && !named("miaf") {
		return false
	}
	for ; len(brands) >= 4; brands = brands[4:] {
		if named("avif") || named("avis") {
			return true
		}
	}
	return false
}

// readAVIF reads the sides and the orientation of the primary item (ISO/IEC 23008-12, 6.5). No decoder in pure Go is
// kept, so it has no picture.
func readAVIF(from *source) (layout, error) {
	where := layout{orientation: 1}
	var meta []byte
	for at := int64(0); at < from.size; {
		kind, body, size, err := box(from, at)
		if err != nil {
			return where, err
		}
		if kind == "meta" && meta == nil && size >= 4 {
			meta = make([]byte, min(size, maxMetaBytes))
			if err := from.full(meta, body); err != nil {
				return where, err
			}
		}
		at = body + size
	}
	if meta == nil {
		return where, errBroken
	}
	return where, where.primary(children(meta[4:]))
}

// box is the kind of the box at a place, where its body is and how long that is (ISO/IEC 14496-12, 4.2).
func box(from *source, at int64) (kind string, body, size int64, err error) {
	var head [16]byte
	if err := from.full(head[:8], at); err != nil {
		return "", 0, 0, err
	}
	kind, size, body = string(head[4:8]), int64(binary.BigEndian.Uint32(head[:])), at+8
	switch size {
	case 0: // up to the end
		return kind, body, from.size - body, nil
	case 1:
		if err := from.full(head[:], at); err != nil {
			return "", 0, 0, err
		}
		size, body = int64(min(1<<62, binary.BigEndian.Uint64(head[8:]))), at+16
	}
	if size < body-at {
		return "", 0, 0, errBroken
	}
	if at+size > from.size {
		return "", 0, 0, errShort
	}
	return kind, body, size - (body - at), nil
}

// property is a box within another.
type property struct {
	kind string
	body []byte
}

// children are the boxes that a box holds, as far as they are whole.
func children(body []byte) []property {
	var found []property
	for len(body) >= 8 {
		size := int64(binary.BigEndian.Uint32(body))
		if size < 8 || size > int64(len(body)) {
			break
		}
		found = append(found, property{string(body[4:8]), body[8:size]})
		body = body[size:]
	}
	return found
}

func child(of []property, kind string) []byte {
	if at := slices.IndexFunc(of, func(p property) bool { return p.kind == kind }); at >= 0 {
		return of[at].body
	}
	return nil
}

// primary takes what the properties of the primary item say.
func (l *layout) primary(meta []property) error {
	item := child(meta, "pitm")
	held := children(child(meta, "iprp"))
	properties := children(child(held, "ipco"))
	if len(item) < 6 {
		return errBroken
	}
	id := uint32(binary.BigEndian.Uint16(item[4:]))
	if item[0] > 0 && len(item) >= 8 {
		id = binary.BigEndian.Uint32(item[4:])
	}
	angle, mirror := 0, -1
	for _, index := range associated(child(held, "ipma"), id) {
		if index < 1 || index > len(properties) {
			continue
		}
		switch p := properties[index-1]; {
		case p.kind == "ispe" && len(p.body) >= 12:
			l.width, l.height = uint64(binary.BigEndian.Uint32(p.body[4:])), uint64(binary.BigEndian.Uint32(p.body[8:]))
		case p.kind == "irot" && len(p.body) >= 1:
			angle = int(p.body[0] & 3)
		case p.kind == "imir" && len(p.body) >= 1:
			mirror = int(p.body[0] & 1)
		}
	}
	// Quarter turns to the left, then, if at all, top and bottom or left and right change places.
	l.orientation = map[int][4]int{-1: {1, 8, 3, 6}, 0: {4, 5, 2, 7}, 1: {2, 7, 4, 5}}[mirror][angle]
	return nil
}

// associated are the numbers, from 1, of an item's properties (ISO/IEC 23008-12, 9.3).
func associated(list []byte, id uint32) []int {
	reader := bytes.NewBuffer(list)
	number := func(size int) uint32 {
		value := uint32(0)
		for _, b := range reader.Next(size) {
			value = value<<8 | uint32(b)
		}
		return value
	}
	flags := number(4)
	idSize, indexSize := 2, 1
	if flags>>24 > 0 {
		idSize = 4
	}
	if flags&1 != 0 {
		indexSize = 2
	}
	for range number(4) {
		if reader.Len() == 0 {
			break
		}
		item, count := number(idSize), number(1)
		var indexes []int
		for range count {
			// The highest bit says that a reader has to know the property.
			indexes = append(indexes, int(number(indexSize)&(1<<(8*indexSize-1)-1)))
		}
		if item == id {
			return indexes
		}
	}
	return nil
}
