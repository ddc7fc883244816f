package batch

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
	"github.com/segmentio/asm/base64"

	"dataplatform/contracts"
	"dataplatform/internal/aggregated"
)

// byteOrderMark may stand before a text in UTF-8 and says nothing of it.
const byteOrderMark = "\xef\xbb\xbf"

// What packed data begins with. Zlib and raw Snappy begin with nothing that tells them from others.
const (
	gzipMagic   = "\x1f\x8b"
	zstdMagic   = "\x28\xb5\x2f\xfd"
	snappyMagic = "\xff\x06\x00\x00sNaPpY"
)

// minWindow is the least that a decoder of Zstandard has to keep, RFC 8878, 3.1.1.1.2.
const minWindow = 8 << 20

// holding is what a record holds: itself, or a user record of an aggregated one.
type holding struct {
	content  []byte // unpacked
	sent     []byte // as it was sent
	rejected rejection
	start    int // of the content in the unpacker's memory, -1 when it is what was sent
	end      int
}

// unpacker turns a record's data into text. It keeps its memory between records.
type unpacker struct {
	decoded  []byte
	expanded bytes.Buffer // what all parts of the record expand to
	source   bytes.Reader
	gzip     *gzip.Reader
	zstd     *zstd.Decoder
	snappy   *s2.Reader
	records  [][]byte
	parts    []holding
	size     int64 // of what the parts hold, expanded
	limit    int64 // of size, bytes
}

// unpacked is a record taken apart.
type unpacked struct {
	sent     []byte // as it was sent
	parts    []holding
	rejected rejection // of the whole
	// aggregated says that parts are user records, each judged alone.
	aggregated bool
}

// unpack decodes the data, takes it apart when a producer aggregated it, and expands what is packed. The result is
// valid until the next call.
func (u *unpacker) unpack(data []byte) unpacked {
	size := base64.StdEncoding.DecodedLen(len(data))
	if cap(u.decoded) < size {
		u.decoded = make([]byte, size)
	}
	n, err := base64.StdEncoding.Decode(u.decoded[:size], data)
	if err != nil {
		return unpacked{sent: data,
			rejected: rejection{contracts.ReasonUndecodable, "the record is not base64: " + err.Error()}}
	}
	record := unpacked{sent: u.decoded[:n]}
	u.expanded.Reset()
	u.parts, u.size = u.parts[:0], 0
	if !aggregated.Is(record.sent) {
		record.rejected = u.add(record.sent)
	} else if u.records, err = aggregated.Split(record.sent, u.records[:0]); err != nil {
		record.rejected = rejection{contracts.ReasonUndecodable, "the record cannot be taken apart: " + err.Error()}
	} else {
		record.aggregated = true
		for _, one := range u.records {
			if record.rejected = u.add(one); record.rejected.set() {
				break
			}
		}
	}
	if record.rejected.set() {
		return record
	}
	for i := range u.parts {
		if p := &u.parts[i]; p.start >= 0 {
			p.content = u.expanded.Bytes()[p.start:p.end]
		}
	}
	record.parts = u.parts
	return record
}

// add unpacks one part. The whole record is rejected when all its parts expand to too much: any order of them would
// decide which ones are kept.
func (u *unpacker) add(sent []byte) rejection {
	p := holding{content: sent, sent: sent, start: -1}
	if len(sent) > 0 && sent[0] != '{' {
		body := bytes.TrimPrefix(sent, []byte(byteOrderMark))
		if expand := u.packing(body); expand != nil {
			p.start = u.expanded.Len()
			err := expand(body)
			p.content, p.end = nil, u.expanded.Len()
			p.rejected = u.broken(err, body)
		}
	}
	if u.size += int64(len(p.content)); p.start >= 0 {
		u.size += int64(p.end - p.start)
	}
	if u.size > u.limit {
		return rejection{contracts.ReasonExpandsTooLarge,
			fmt.Sprintf("the record expands to more than %d bytes", u.limit)}
	}
	u.parts = append(u.parts, p)
	return rejection{}
}

// packing is what expands data of the format that the body begins as, nil for text.
func (u *unpacker) packing(body []byte) func([]byte) error {
	switch {
	case bytes.HasPrefix(body, []byte(gzipMagic)):
		return u.gunzip
	case bytes.HasPrefix(body, []byte(zstdMagic)):
		return u.unzstd
	case bytes.HasPrefix(body, []byte(snappyMagic)):
		return u.unsnappy
	}
	return nil
}

func (u *unpacker) broken(err error, body []byte) rejection {
	format := map[byte]string{gzipMagic[0]: "gzip", zstdMagic[0]: "Zstandard", snappyMagic[0]: "Snappy"}[body[0]]
	switch {
	case err == nil:
		return rejection{}
	case format == "gzip" && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)):
		return rejection{contracts.ReasonTruncatedGzip, "the gzip stream ends early"}
	}
	return rejection{contracts.ReasonUndecodable, "the " + format + " stream is broken: " + err.Error()}
}

// copy appends what a reader gives, up to a byte more than the record may still expand to.
func (u *unpacker) copy(from io.Reader) error {
	_, err := io.Copy(&u.expanded, io.LimitReader(from, u.limit+1-int64(u.expanded.Len())))
	return err
}

// gunzip expands members side by side. Zeros may fill up the block behind one.
func (u *unpacker) gunzip(body []byte) error {
	if u.gzip == nil {
		u.gzip = new(gzip.Reader)
	}
	for u.source.Reset(body); ; {
		if err := u.gzip.Reset(&u.source); err != nil {
			return err
		}
		u.gzip.Multistream(false)
		if err := u.copy(u.gzip); err != nil || int64(u.expanded.Len()) > u.limit {
			return err
		}
		rest := bytes.TrimLeft(body[len(body)-u.source.Len():], "\x00")
		if len(rest) == 0 {
			return nil
		}
		if !bytes.HasPrefix(rest, []byte(gzipMagic[:min(len(rest), len(gzipMagic))])) {
			return gzip.ErrHeader
		}
		u.source.Reset(rest)
		body = rest
	}
}

func (u *unpacker) unzstd(body []byte) error {
	u.source.Reset(body)
	if u.zstd == nil {
		decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(uint64(max(u.limit, minWindow))))
		if err != nil {
			return err
		}
		u.zstd = decoder
	}
	if err := u.zstd.Reset(&u.source); err != nil {
		return err
	}
	return u.copy(u.zstd)
}

func (u *unpacker) unsnappy(body []byte) error {
	u.source.Reset(body)
	if u.snappy == nil {
		u.snappy = s2.NewReader(nil)
	}
	u.snappy.Reset(&u.source)
	return u.copy(u.snappy)
}
