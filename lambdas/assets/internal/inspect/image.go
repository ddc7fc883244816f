package inspect

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"strings"

	"golang.org/x/image/webp"

	"dataplatform/contracts"
)

// Image is what an image is. Width and Height are as stored, in pixels; an Orientation of 5 to 8 swaps them on display.
type Image struct {
	Format      string
	Width       int
	Height      int
	Orientation int // as Exif counts, 1 to 8
	// Hash is perceptual, 16 hexadecimal digits. It and the thumbnail are empty for an animated WebP image: the library does not
	// decode those.
	Hash      string
	Thumbnail []byte
	Extension string // of the thumbnail: jpg or png
}

// layout is what an image's container says before anything is decoded.
type layout struct {
	width, height uint64
	orientation   int
	undecodable   bool // valid, but of a kind that the decoder does not know
	unended       bool // the mark of its end is not the last thing in the file; that alone is no fault
}

// format is one kind of image.
type format struct {
	name, mediaType string
	magic           func(head []byte) bool
	// read walks the container to its end, so that a file that was cut off is told from one that is broken.
	read   func(*source) (layout, error)
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
}

var formats = []*format{
	{"jpeg", "image/jpeg", prefix("\xff\xd8\xff"), readJPEG, jpeg.DecodeConfig, jpeg.Decode},
	{"png", "image/png", prefix(pngMagic), readPNG, png.DecodeConfig, png.Decode},
	{"gif", "image/gif", func(head []byte) bool { return prefix("GIF87a")(head) || prefix("GIF89a")(head) }, readGIF, gif.DecodeConfig, gif.Decode},
	{"webp", "image/webp", func(head []byte) bool {
		return len(head) >= 12 && string(head[:4]) == "RIFF" && string(head[8:12]) == "WEBP"
	}, readWebP, webp.DecodeConfig, webp.Decode},
}

func prefix(magic string) func([]byte) bool {
	return func(head []byte) bool { return bytes.HasPrefix(head, []byte(magic)) }
}

func formatOf(head []byte) *format {
	for _, form := range formats {
		if form.magic(head) {
			return form
		}
	}
	return nil
}

func inspectImage(from *source, form *format, limits Limits) (*Image, error) {
	where, err := form.read(from)
	if err != nil {
		return nil, imageFault(form, err)
	}
	if err := where.check(form, limits); err != nil {
		return nil, err
	}
	found := &Image{Format: form.name, Width: int(where.width), Height: int(where.height), Orientation: where.orientation}
	if where.undecodable {
		return found, nil
	}
	// The decoder's own view counts as well: where it finds another header than the walk did, that one decides what it allocates.
	config, err := form.config(buffered(from))
	if err != nil {
		return nil, imageFault(form, err)
	}
	own := layout{width: uint64(max(0, config.Width)), height: uint64(max(0, config.Height))}
	if err := own.check(form, limits); err != nil {
		return nil, err
	}
	decoded, err := decode(from, form)
	if err != nil && where.unended {
		err = errors.Join(errShort, err)
	}
	if err != nil {
		return nil, imageFault(form, err)
	}
	bounds := decoded.Bounds()
	if form.name == "gif" { // of its first frame
		bounds = image.Rect(0, 0, config.Width, config.Height)
	}
	if bounds.Dx() != found.Width || bounds.Dy() != found.Height {
		return nil, fault(contracts.ReasonBrokenImage, "the %s image claims %d x %d pixels and has %d x %d", form.name, found.Width, found.Height, bounds.Dx(), bounds.Dy())
	}
	return found, found.draw(decoded, bounds, limits.ThumbnailSide)
}

// check refuses what is not to be decoded.
func (l layout) check(form *format, limits Limits) error {
	if l.width == 0 || l.height == 0 {
		return fault(contracts.ReasonBrokenImage, "the %s image claims %d x %d pixels", form.name, l.width, l.height)
	}
	// Neither factor has more than 32 bits, so the product does not overflow.
	if l.width*l.height > uint64(limits.MaxPixels) {
		return fault(contracts.ReasonTooManyPixels, "the %s image claims %d x %d pixels, %d are allowed", form.name, l.width, l.height, limits.MaxPixels)
	}
	return nil
}

func buffered(from *source) io.Reader { return bufio.NewReaderSize(from.reader(), 32<<10) }

// decode turns a decoder's panic into an error: the decoders have had bugs, and what an image does to them must not stop the others.
func decode(from *source, form *format) (decoded image.Image, err error) {
	defer func() {
		if problem := recover(); problem != nil {
			decoded, err = nil, fmt.Errorf("the decoder failed: %v", problem)
		}
	}()
	return form.decode(buffered(from))
}

// draw makes the thumbnail and the hash.
func (i *Image) draw(decoded image.Image, bounds image.Rectangle, side int) error {
	small := orient(thumbnail(decoded, bounds, side), i.Orientation)
	i.Hash = differenceHash(small)
	var body bytes.Buffer
	var err error
	if small.Opaque() {
		i.Extension, err = "jpg", jpeg.Encode(&body, small, &jpeg.Options{Quality: 85})
	} else {
		i.Extension, err = "png", png.Encode(&body, small)
	}
	i.Thumbnail = body.Bytes()
	return err
}

// imageFault tells a file that was cut off from a broken one.
func imageFault(form *format, err error) error {
	var known *Fault
	if errors.As(err, &known) {
		return err
	}
	// Some decoders do not wrap what they pass on.
	if errors.Is(err, errShort) || errors.Is(err, io.ErrUnexpectedEOF) || strings.Contains(err.Error(), io.ErrUnexpectedEOF.Error()) {
		return fault(contracts.ReasonTruncatedImage, "the %s image ends early: %v", form.name, err)
	}
	return fault(contracts.ReasonBrokenImage, "the %s image cannot be decoded: %v", form.name, err)
}
