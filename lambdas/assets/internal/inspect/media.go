package inspect

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"github.com/gabriel-vasile/mimetype"
)

// named is the media type without its parameters.
func named(detected *mimetype.MIME) string {
	media, _, _ := strings.Cut(detected.String(), ";")
	return media
}

// within says whether a type is another one or a kind of it.
func within(detected *mimetype.MIME, other string) bool {
	for ; detected != nil; detected = detected.Parent() {
		if detected.Is(other) {
			return true
		}
	}
	return false
}

// document says whether a file is a document of which all bytes may be a text's (WHATWG MIME Sniffing, 7.1).
func document(head []byte) bool {
	head = bytes.TrimLeft(head, " \t\r\n\f")
	return bytes.HasPrefix(head, []byte("%PDF-")) || bytes.HasPrefix(head, []byte("%!PS-Adobe-"))
}

// drawing says whether a text's first element is svg, whatever declarations and comments stand before it. The library
// knows fewer of them.
func drawing(head []byte) bool {
	if !bytes.HasPrefix(bytes.TrimLeft(head, " \t\r\n"), []byte("<")) {
		return false
	}
	tokens := xml.NewDecoder(bytes.NewReader(head))
	tokens.Strict = false // documents name entities of their own
	tokens.CharsetReader = func(_ string, decoded io.Reader) (io.Reader, error) { return decoded, nil }
	for {
		token, err := tokens.RawToken()
		if err != nil { // no element within the head
			return false
		}
		if element, ok := token.(xml.StartElement); ok {
			return element.Name.Local == "svg"
		}
	}
}

const (
	zipEnd          = "PK\x05\x06"
	zipEndBytes     = 22 // of the record that ends a ZIP file, without its comment
	zipEntry        = "PK\x01\x02"
	zipEntryBytes   = 46 // of an entry of the directory, without its names
	maxZipDirectory = 1 << 20
)

// archiveType is the media type of a ZIP file by the names of its directory, which stands at its end: those that tell a
// document may come late in the file itself. The library knows what the names mean, and is shown them as the file's
// first entries.
func archiveType(from *source) (string, error) {
	const unknown = "application/zip"
	tail := make([]byte, min(from.size, 1<<16+zipEndBytes))
	if err := from.full(tail, from.size-int64(len(tail))); err != nil {
		return "", err
	}
	at := bytes.LastIndex(tail, []byte(zipEnd))
	if at < 0 || len(tail)-at < zipEndBytes {
		return unknown, nil
	}
	size, start := int64(binary.LittleEndian.Uint32(tail[at+12:])), int64(binary.LittleEndian.Uint32(tail[at+16:]))
	directory := make([]byte, min(size, maxZipDirectory))
	err := from.full(directory, start)
	if errors.Is(err, errShort) {
		return unknown, nil
	}
	if err != nil {
		return "", err
	}
	if entries := entriesOf(directory); len(entries) > 0 {
		return named(mimetype.Detect(entries)), nil
	}
	return unknown, nil
}

// entriesOf is what a ZIP file with the directory's names would begin with. Of names in one folder the first is enough.
func entriesOf(directory []byte) []byte {
	seen := map[string]bool{}
	var entries []byte
	for len(directory) >= zipEntryBytes && string(directory[:4]) == zipEntry && len(entries) < headBytes {
		length := int(binary.LittleEndian.Uint16(directory[28:]))
		next := zipEntryBytes + length + int(binary.LittleEndian.Uint16(directory[30:])) +
			int(binary.LittleEndian.Uint16(directory[32:]))
		if next > len(directory) {
			break
		}
		name := string(directory[zipEntryBytes : zipEntryBytes+length])
		directory = directory[next:]
		if folder, _, _ := strings.Cut(name, "/"); !seen[folder] {
			seen[folder] = true
			entries = append(entries, "PK\x03\x04"...)
			entries = append(entries, make([]byte, 22)...)
			entries = binary.LittleEndian.AppendUint16(entries, uint16(len(name)))
			entries = append(append(entries, 0, 0), name...)
		}
	}
	return entries
}
