package parquetfile

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"math/bits"
)

const (
	firstSlots = 64
	// firstCheck is the number of values after which a dictionary is first asked whether it pays; then at every
	// doubling.
	firstCheck = 256
)

// entry is where a string stands in the dictionary's page, behind its length.
type entry struct{ start, size, hash uint32 }

// dictionary numbers the distinct strings of a column in the order of their first appearance. Hashes are seeded per
// process; they never show in the output.
type dictionary struct {
	plain   bool   // most values were distinct: the column went over to plain encoding
	entries []byte // the dictionary's page
	index   []entry
	slots   []uint32 // entry number + 1, open addressing
	indices []uint32 // one a value
	seed    maphash.Seed
	seeded  bool
	check   int
	last    uint32 // the entry of the latest value: columns often repeat it
}

func (d *dictionary) reset() {
	if !d.seeded {
		d.seed, d.seeded = maphash.MakeSeed(), true
	}
	d.plain, d.check, d.last = false, firstCheck, 0
	d.entries, d.index, d.indices = d.entries[:0], d.index[:0], d.indices[:0]
	d.resize(firstSlots)
}

func (d *dictionary) resize(n int) {
	if cap(d.slots) < n {
		d.slots = make([]uint32, n)
	} else {
		d.slots = d.slots[:n]
		clear(d.slots)
	}
	mask := uint32(n - 1)
	for i, e := range d.index {
		at := e.hash & mask
		for d.slots[at] != 0 {
			at = (at + 1) & mask
		}
		d.slots[at] = uint32(i + 1)
	}
}

// text returns the string of an entry.
func (d *dictionary) text(e entry) []byte { return d.entries[e.start : e.start+e.size] }

// add records one value. When the values so far were mostly distinct it moves them to data, plain encoded.
func (d *dictionary) add(s []byte, data *[]byte) {
	if len(d.index) > 0 {
		if e := d.index[d.last]; int(e.size) == len(s) && bytes.Equal(d.text(e), s) {
			d.indices = append(d.indices, d.last)
			return
		}
	}
	hash := uint32(maphash.Bytes(d.seed, s))
	mask := uint32(len(d.slots) - 1)
	at := hash & mask
	for d.slots[at] != 0 {
		i := d.slots[at] - 1
		if e := d.index[i]; e.hash == hash && bytes.Equal(d.text(e), s) {
			d.last = i
			d.indices = append(d.indices, i)
			return
		}
		at = (at + 1) & mask
	}
	d.last = uint32(len(d.index))
	d.indices = append(d.indices, d.last)
	d.index = append(d.index, entry{uint32(len(d.entries) + 4), uint32(len(s)), hash})
	d.entries = appendPlainString(d.entries, s)
	d.slots[at] = d.last + 1
	if len(d.index)*2 > len(d.slots) {
		d.resize(len(d.slots) * 4)
	}
	if len(d.indices) >= d.check {
		d.check *= 2
		if len(d.index)*4 > len(d.indices)*3 {
			d.plain = true
			for _, i := range d.indices {
				*data = appendPlainString(*data, d.text(d.index[i]))
			}
		}
	}
}

// appendIndices appends the RLE_DICTIONARY data of a page: the bit width, then the indices, bit packed, or one run when
// there is a single entry.
func (d *dictionary) appendIndices(dst []byte) []byte {
	width := bits.Len(uint(max(len(d.index)-1, 0)))
	dst = append(dst, byte(width))
	if len(d.indices) == 0 {
		return dst
	}
	if width == 0 {
		return binary.AppendUvarint(dst, uint64(len(d.indices))<<1)
	}
	groups := (len(d.indices) + 7) / 8
	dst = binary.AppendUvarint(dst, uint64(groups)<<1|1)
	end := len(dst) + groups*width
	var word uint64
	var held int
	for _, i := range d.indices {
		word |= uint64(i) << held
		held += width
		if held >= 32 {
			dst = binary.LittleEndian.AppendUint32(dst, uint32(word))
			word >>= 32
			held -= 32
		}
	}
	for len(dst) < end {
		dst = append(dst, byte(word))
		word >>= 8
	}
	return dst[:end]
}
