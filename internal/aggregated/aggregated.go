// Package aggregated reads and writes records of a stream that hold several, as the Kinesis Producer Library packs
// them: four bytes, a Protocol Buffers message with the user records, its MD5. See "KPL Aggregated Record Format" in
// the repository of the Amazon Kinesis Producer.
package aggregated

import (
	"bytes"
	"crypto/md5" //nolint:gosec // the format's checksum
	"errors"

	"google.golang.org/protobuf/encoding/protowire"
)

const magic = "\xf3\x89\x9a\xc2"

// Fields of the messages AggregatedRecord and Record.
const (
	keyTable, userRecords = 1, 3
	keyIndex, userData    = 1, 3
)

// ErrBroken is of a record that begins as an aggregated one and cannot be taken apart.
var ErrBroken = errors.New("it begins as an aggregated record, and what follows is none")

// Is says whether data begins as an aggregated record does. No text in UTF-8 does.
func Is(data []byte) bool { return len(data) >= len(magic) && string(data[:len(magic)]) == magic }

// Split appends the user records of data, in order; they point into it.
func Split(data []byte, dst [][]byte) ([][]byte, error) {
	end := len(data) - md5.Size
	if !Is(data) || end < len(magic) {
		return dst, ErrBroken
	}
	message := data[len(magic):end]
	if sum := md5.Sum(message); !bytes.Equal(sum[:], data[end:]) { //nolint:gosec // as above
		return dst, ErrBroken
	}
	whole := true
	read := each(message, func(number protowire.Number, record []byte) {
		if number != userRecords {
			return
		}
		var content []byte
		found := false
		whole = each(record, func(number protowire.Number, value []byte) {
			if number == userData {
				content, found = value, true
			}
		}) && found && whole
		dst = append(dst, content)
	})
	if !read || !whole || len(dst) == 0 {
		return dst, ErrBroken
	}
	return dst, nil
}

// each calls field with every length-delimited field of a message; false when the message is not well formed.
func each(message []byte, field func(number protowire.Number, value []byte)) bool {
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return false
		}
		message = message[n:]
		if n = protowire.ConsumeFieldValue(number, kind, message); n < 0 {
			return false
		}
		if kind == protowire.BytesType {
			value, _ := protowire.ConsumeBytes(message)
			field(number, value)
		}
		message = message[n:]
	}
	return true
}

// Join makes one record of several.
func Join(records [][]byte) []byte {
	var message []byte
	message = protowire.AppendTag(message, keyTable, protowire.BytesType)
	message = protowire.AppendString(message, "0")
	for _, data := range records {
		var record []byte
		record = protowire.AppendTag(record, keyIndex, protowire.VarintType)
		record = protowire.AppendVarint(record, 0)
		record = protowire.AppendTag(record, userData, protowire.BytesType)
		record = protowire.AppendBytes(record, data)
		message = protowire.AppendTag(message, userRecords, protowire.BytesType)
		message = protowire.AppendBytes(message, record)
	}
	sum := md5.Sum(message) //nolint:gosec // as above
	return append(append([]byte(magic), message...), sum[:]...)
}
