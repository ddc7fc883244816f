// Package gunzip reads gzip as gzip(1) does, wherever a source's file is read.
package gunzip

import (
	"bufio"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"
)

// members are those of a gzip file, one after the other, as RFC 1952 has it. What tapes and blocks are padded with, and
// the line end that some programs write after all they write, is passed over, as gzip(1) does; compress/gzip takes it
// for a broken header.
type members struct {
	member *gzip.Reader
	from   *bufio.Reader // a byte at a time, so that nothing of the next member is read with one
}

// NewReader returns the content of a gzip file, or the error of its first header.
func NewReader(from *bufio.Reader) (io.Reader, error) {
	member, err := gzip.NewReader(from)
	if err != nil {
		return nil, err
	}
	return &members{member, from}, nil
}

func (m *members) Read(b []byte) (int, error) {
	for {
		m.member.Multistream(false)
		n, err := m.member.Read(b)
		if n > 0 || !errors.Is(err, io.EOF) {
			if errors.Is(err, io.EOF) { // of the member: the next Read goes on
				err = nil
			}
			return n, err
		}
		if err := m.next(); err != nil {
			return 0, err
		}
	}
}

// next begins the next member; io.EOF says that there is none.
func (m *members) next() error {
	for {
		b, err := m.from.ReadByte()
		if err != nil {
			return err
		}
		if b != 0 && b != '\n' && b != '\r' {
			break
		}
	}
	if err := m.from.UnreadByte(); err != nil {
		return err
	}
	if err := m.member.Reset(m.from); errors.Is(err, io.EOF) { // not one byte of a header was left
		return io.ErrUnexpectedEOF
	} else {
		return err
	}
}
