package inspect

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/jpeg"
	"io"
	"strings"
)

// Markers of JPEG (ITU-T T.81, table B.1).
const (
	markerDHT   = 0xc4
	markerEOI   = 0xd9
	markerSOS   = 0xda
	markerAPP1  = 0xe1
	markerAPP2  = 0xe2
	markerAPP14 = 0xee
	markerCOM   = 0xfe
)

const profileName = "ICC_PROFILE\x00"

// adobe is the segment by which the library knows that four components are inverted inks, as all programs write them.
const adobe = "\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"

// jpegFile is a JPEG file whose segments before its first scan were walked.
type jpegFile struct {
	from       *source
	frame      byte // the marker that begins the frame
	components []jpegComponent
	adobe      bool
	scans      int64 // where the first one is
	end        int64 // of the last scan's data
	profile    map[byte][]byte
	profileLen int
}

type jpegComponent struct {
	id, across, down byte
	detected         uint64 // the coefficients that its scans tell to the last bit
}

// readJPEG reads segments up to the first scan (ITU-T T.81, B.1); that the scans are whole shows when they are decoded.
func readJPEG(from *source) (layout, error) {
	var head [4]byte
	if err := from.full(head[:2], from.size-2); err != nil {
		return layout{}, err
	}
	where := layout{orientation: 1, unended: head[0] != 0xff || head[1] != markerEOI}
	file := &jpegFile{from: from, end: from.size, profile: map[byte][]byte{}}
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
		case marker == markerEOI || marker == markerSOS:
			file.scans = at
			return where, file.finish(&where)
		}
		size := int64(binary.BigEndian.Uint16(head[2:]))
		if err := file.segment(&where, marker, at+4, size-2); err != nil {
			return where, err
		}
		at += 2 + size
	}
}

// segment notes what a segment says.
func (f *jpegFile) segment(where *layout, marker byte, at, size int64) error {
	switch {
	case marker >= 0xc0 && marker <= 0xcf && marker != markerDHT && marker != 0xc8 && marker != 0xcc:
		var frame [6]byte
		if err := f.from.full(frame[:], at); err != nil {
			return err
		}
		where.height, where.width = uint64(binary.BigEndian.Uint16(frame[1:3])),
			uint64(binary.BigEndian.Uint16(frame[3:5]))
		components := make([]byte, 3*int(frame[5]))
		if err := f.from.full(components, at+6); err != nil {
			return err
		}
		f.frame, f.components = marker, nil
		for ; len(components) > 0; components = components[3:] {
			f.components = append(f.components,
				jpegComponent{id: components[0], across: components[1] >> 4, down: components[1] & 15})
		}
	case marker == markerAPP1 && size > 6:
		var name [6]byte
		if err := f.from.full(name[:], at); err != nil {
			return err
		}
		// The byte behind the name's end is padding.
		if string(name[:5]) == "Exif\x00" {
			return where.exif(f.from, at+6, size-6)
		}
	case marker == markerAPP2 && size > int64(len(profileName))+2:
		return f.profilePart(at, size)
	case marker == markerAPP14 && size >= 12:
		var name [5]byte
		if err := f.from.full(name[:], at); err != nil {
			return err
		}
		f.adobe = f.adobe || string(name[:]) == "Adobe"
	}
	return nil
}

// profilePart keeps a part of the ICC profile (ICC.1, B.4): behind its name stand which part it is and how many there
// are.
func (f *jpegFile) profilePart(at, size int64) error {
	part := make([]byte, size)
	if err := f.from.full(part, at); err != nil {
		return err
	}
	body, found := bytes.CutPrefix(part, []byte(profileName))
	if _, known := f.profile[body[0]]; !found || known || f.profileLen+len(body) > maxProfileBytes {
		return nil
	}
	f.profile[body[0]] = body[2:]
	f.profileLen += len(body)
	return nil
}

// finish is called at the first scan.
func (f *jpegFile) finish(where *layout) error {
	for i := 1; len(f.profile[byte(i)]) > 0 && i < 256; i++ {
		where.profile = append(where.profile, f.profile[byte(i)]...)
	}
	if where.unended {
		if err := f.findEnd(); err != nil {
			return err
		}
	}
	where.picture = &picture{open: f.open, config: f.config, decode: f.decode}
	return nil
}

// findEnd finds where the picture ends in a file whose last bytes don't say so. What follows may be no part of it:
// cameras write trailers, some in the place of the end. A file that lacks only the mark of the end is whole when its
// scans tell everything.
func (f *jpegFile) findEnd() error {
	content := bufio.NewReaderSize(io.NewSectionReader(f.from, f.scans, f.from.size-f.scans), 32<<10)
	at, marked := f.scans, false
	for {
		b, err := content.ReadByte()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		at++
		if !marked || b == 0xff {
			marked = b == 0xff
			continue
		}
		marked = false
		if b == 0 || b >= 0xd0 && b <= 0xd7 {
			continue
		}
		if b == markerEOI {
			f.end = at - 2
			return nil
		}
		size, known := f.markerSize(b, at)
		if !known {
			f.end = at - 2
			break
		}
		if b == markerSOS {
			if err := f.scan(at+2, size-2); err != nil {
				return err
			}
		}
		if _, err := content.Discard(int(size)); err != nil {
			return errShort
		}
		at += size
	}
	for _, component := range f.components {
		if component.detected != 1<<64-1 {
			return errShort
		}
	}
	return nil
}

// markerSize is the length of the segment behind a marker; false when none of that kind stands between scans.
func (f *jpegFile) markerSize(marker byte, at int64) (int64, bool) {
	switch {
	case marker == markerDHT, marker == markerSOS, marker == markerCOM, marker >= 0xdb && marker <= 0xdd,
		marker >= 0xe0 && marker <= 0xef:
	default:
		return 0, false
	}
	var size [2]byte
	if err := f.from.full(size[:], at); err != nil {
		return 0, false
	}
	n := int64(binary.BigEndian.Uint16(size[:]))
	return n, n >= 2 && at+n <= f.from.size
}

// scan notes which coefficients a scan tells to the last bit (ITU-T T.81, B.2.3).
func (f *jpegFile) scan(at, size int64) error {
	header := make([]byte, size)
	if err := f.from.full(header, at); err != nil {
		return err
	}
	if len(header) < 1 || len(header) < 4+2*int(header[0]) {
		return errBroken
	}
	spectrum := header[1+2*int(header[0]):]
	first, last, low := spectrum[0], spectrum[1], spectrum[2]&15
	if f.frame != 0xc2 { // only progressive frames tell in parts
		first, last, low = 0, 63, 0
	}
	if low > 0 || first > last || last > 63 {
		return nil
	}
	for i := range int(header[0]) {
		for c := range f.components {
			if f.components[c].id == header[1+2*i] {
				f.components[c].detected |= ^uint64(0) >> (63 - last + first) << first
			}
		}
	}
	return nil
}

// open reads the file up to the end of its last scan, with what the library wants to be there.
func (f *jpegFile) open() io.Reader {
	parts := []io.Reader{io.NewSectionReader(f.from, 0, 2)}
	if len(f.components) == 4 && !f.adobe {
		parts = append(parts, strings.NewReader(adobe))
	}
	parts = append(parts, io.NewSectionReader(f.from, 2, f.end-2), strings.NewReader("\xff\xd9"))
	return bufio.NewReaderSize(io.MultiReader(parts...), 32<<10)
}

// config is the library's, but for the ratios of sampling that it does not know.
func (f *jpegFile) config(content io.Reader) (image.Config, error) {
	config, err := jpeg.DecodeConfig(content)
	if sampling(err) {
		return sampledConfig(f.open())
	}
	return config, err
}

func (f *jpegFile) decode(content io.Reader) (image.Image, error) {
	decoded, err := jpeg.Decode(content)
	if sampling(err) {
		return decodeSampled(f.open())
	}
	return decoded, err
}

// sampling says whether the library refuses an image for its ratio of sampling.
func sampling(err error) bool {
	var unsupported jpeg.UnsupportedError
	return errors.As(err, &unsupported) && strings.Contains(string(unsupported), "subsampling ratio")
}
