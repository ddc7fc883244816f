package inspect

import (
	"bufio"
	"errors"
	"hash/crc32"
	"image"
	"io"

	"dataplatform/contracts"
)

// layout is what an image's container says before anything is decoded.
type layout struct {
	width, height uint64
	orientation   int
	oriented      bool   // an Exif block was seen: of several the first counts
	profile       []byte // the embedded ICC profile; nil for none
	unended       bool   // the mark of its end is not the last thing in the file; that alone is no fault
	// canvas is the picture as the decoded image's coordinates have it, where it is not all of the decoded image.
	canvas *image.Rectangle
	// picture is what of the file a decoder takes; nil where none is kept for the format.
	picture *picture
}

// picture is an image in the form its decoder takes. Every open starts from its first byte.
type picture struct {
	open   func() io.Reader
	config func(io.Reader) (image.Config, error) // nil where the layout's sides decide what decoding allocates
	decode func(io.Reader) (image.Image, error)
}

var errBroken = errors.New("its structure is not that of its format")

// errShort says that the file ends before something it announced.
var errShort = errors.New("unexpected end of the file")

// errUndecodable says that the decoder does not know the kind of image, which may be as good as any.
var errUndecodable = errors.New("there is no decoder for its kind")

// maxExifBytes is the most that is read of an Exif block: the orientation is near its start.
const maxExifBytes = 64 << 10

// exif takes the orientation from an Exif block. One that is damaged says nothing about the image, which counts as
// upright.
func (l *layout) exif(from *source, at, size int64) error {
	if l.oriented {
		return nil
	}
	l.oriented = true
	block := make([]byte, min(size, maxExifBytes))
	if err := from.full(block, at); err != nil {
		return err
	}
	if found := orientationOf(block); found != 0 {
		l.orientation = found
	}
	return nil
}

// check refuses what is not to be decoded.
func (l *layout) check(form *format, limits Limits) error {
	if l.width == 0 || l.height == 0 {
		return fault(contracts.ReasonBrokenImage, "the %s image claims %d x %d pixels", form.name, l.width, l.height)
	}
	// Neither factor has more than 32 bits, so the product does not overflow.
	if l.width*l.height > uint64(limits.MaxPixels) {
		return fault(contracts.ReasonTooManyPixels, "the %s image claims %d x %d pixels, %d are allowed", form.name,
			l.width, l.height, limits.MaxPixels)
	}
	return nil
}

// whole is the file itself.
func whole(from *source) func() io.Reader {
	return func() io.Reader { return bufio.NewReaderSize(from.reader(), 32<<10) }
}

// part is a source of some of the file's bytes.
func (s *source) part(at, size int64) *source {
	return &source{file: io.NewSectionReader(s, at, size), size: size, deadline: s.deadline, limit: s.limit}
}

// sum is the CRC of some of the file's bytes.
func (s *source) sum(at, size int64) (uint32, error) {
	hash := crc32.NewIEEE()
	_, err := io.Copy(hash, io.NewSectionReader(s, at, size))
	return hash.Sum32(), err
}
