package batch

import (
	"bytes"
	"hash/maphash"
)

// idSet is a set of strings that keeps its memory. The hash is seeded per process and never shows in the output.
type idSet struct {
	seed   maphash.Seed
	ready  bool
	slots  []uint32 // entry + 1, open addressing
	hashes []uint32
	ends   []uint32 // of the entries in text
	text   []byte
}

func (s *idSet) reset() {
	if !s.ready {
		s.seed, s.ready = maphash.MakeSeed(), true
		s.slots = make([]uint32, 1024)
	}
	clear(s.slots)
	s.hashes, s.ends, s.text = s.hashes[:0], s.ends[:0], s.text[:0]
}

func (s *idSet) entry(i uint32) []byte {
	var start uint32
	if i > 0 {
		start = s.ends[i-1]
	}
	return s.text[start:s.ends[i]]
}

// add returns false when the id is in the set already.
func (s *idSet) add(id []byte) bool {
	hash := uint32(maphash.Bytes(s.seed, id))
	mask := uint32(len(s.slots) - 1)
	at := hash & mask
	for ; s.slots[at] != 0; at = (at + 1) & mask {
		if i := s.slots[at] - 1; s.hashes[i] == hash && bytes.Equal(s.entry(i), id) {
			return false
		}
	}
	s.text = append(s.text, id...)
	s.ends = append(s.ends, uint32(len(s.text)))
	s.hashes = append(s.hashes, hash)
	s.slots[at] = uint32(len(s.hashes))
	if len(s.hashes)*2 > len(s.slots) {
		s.grow()
	}
	return true
}

func (s *idSet) grow() {
	s.slots = make([]uint32, 4*len(s.slots))
	mask := uint32(len(s.slots) - 1)
	for i, hash := range s.hashes {
		at := hash & mask
		for s.slots[at] != 0 {
			at = (at + 1) & mask
		}
		s.slots[at] = uint32(i + 1)
	}
}
