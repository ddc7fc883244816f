package inspect

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"strings"

	"dataplatform/contracts"
)

// thumbnailQuality is the quality of thumbnails that are JPEG images, from 1 to 100 as the reference encoder counts.
const thumbnailQuality = 85

// Image is what an image is. Width and Height are as stored, in pixels; an Orientation of 5 to 8 swaps them on display.
type Image struct {
	Format      string
	Width       int
	Height      int
	Orientation int // as Exif counts, 1 to 8
	// Hash is perceptual, 16 hexadecimal digits. It and the thumbnail are empty where there is no decoder for the
	// format.
	Hash      string
	Thumbnail []byte
	Extension string // of the thumbnail: jpg or png
}

func inspectImage(from *source, form *format, limits Limits) (*Image, error) {
	where, err := form.read(from)
	if err != nil {
		return nil, imageFault(form, err)
	}
	if err := where.check(form, limits); err != nil {
		return nil, err
	}
	found := &Image{
		Format: form.name, Width: int(where.width), Height: int(where.height), Orientation: where.orientation,
	}
	if where.picture == nil {
		return found, nil
	}
	decoded, err := where.decode(form, limits)
	if errors.Is(err, errUndecodable) {
		return found, nil
	}
	if err != nil {
		return nil, err
	}
	bounds := decoded.Bounds()
	if where.canvas != nil {
		bounds = *where.canvas
	}
	if bounds.Dx() != found.Width || bounds.Dy() != found.Height {
		return nil, fault(contracts.ReasonBrokenImage, "the %s image claims %d x %d pixels and has %d x %d", form.name,
			found.Width, found.Height, bounds.Dx(), bounds.Dy())
	}
	err = guarded(func() error {
		return found.draw(decoded, bounds, conversionOf(where.profile), limits.ThumbnailSide)
	})
	if err != nil {
		return nil, imageFault(form, err)
	}
	return found, nil
}

// decode decodes the picture. The decoder's own view of its sides counts as well: where it finds another header than
// the walk did, that one decides what it allocates.
func (l *layout) decode(form *format, limits Limits) (image.Image, error) {
	if l.picture.config != nil {
		var config image.Config
		err := guarded(func() (err error) {
			config, err = l.picture.config(l.picture.open())
			return err
		})
		if err != nil {
			return nil, imageFault(form, err)
		}
		own := layout{width: uint64(max(0, config.Width)), height: uint64(max(0, config.Height))}
		if err := own.check(form, limits); err != nil {
			return nil, err
		}
	}
	var decoded image.Image
	err := guarded(func() (err error) {
		decoded, err = l.picture.decode(l.picture.open())
		return err
	})
	if err != nil && l.unended {
		err = errors.Join(errShort, err)
	}
	if err != nil {
		return nil, imageFault(form, err)
	}
	return decoded, nil
}

// guarded turns a panic into an error: the decoders have had bugs, and what an image does to them must not stop the
// others.
func guarded(step func() error) (err error) {
	defer func() {
		if problem := recover(); problem != nil {
			err = fmt.Errorf("the decoder failed: %v", problem)
		}
	}()
	return step()
}

// draw makes the hash, of the colours as stored, and the thumbnail, of those that the profile means.
func (i *Image) draw(decoded image.Image, bounds image.Rectangle, to *conversion, side int) error {
	factor := max(1, max(bounds.Dx(), bounds.Dy())/max(side, hashedSide))
	small, light := shrink(decoded, bounds, factor)
	if inks, ok := decoded.(*image.CMYK); ok && to != nil && to.channels == 4 {
		// averaged ink by ink
		small, _ = shrink(&image.RGBA{Pix: inks.Pix, Stride: inks.Stride, Rect: inks.Rect}, bounds, factor)
		to.inks(small)
	}
	upright, width, height := orient(small, i.Orientation), bounds.Dx(), bounds.Dy()
	if i.Orientation >= 5 {
		width, height = height, width
	}
	i.Hash = differenceHash(light.oriented(i.Orientation), float64(width)/float64(factor),
		float64(height)/float64(factor))
	shown := scale(upright, width, height, side)
	to.pixels(shown)
	var body bytes.Buffer
	var err error
	if shown.Opaque() {
		i.Extension, err = "jpg", jpeg.Encode(&body, shown, &jpeg.Options{Quality: thumbnailQuality})
	} else {
		i.Extension, err = "png", png.Encode(&body, shown)
	}
	i.Thumbnail = body.Bytes()
	return err
}

// imageFault tells a file that was cut off from a broken one.
func imageFault(form *format, err error) error {
	var known *Fault
	if errors.As(err, &known) || errors.Is(err, errUndecodable) {
		return err
	}
	// Some decoders do not wrap what they pass on.
	if errors.Is(err, errShort) || errors.Is(err, io.ErrUnexpectedEOF) ||
		strings.Contains(err.Error(), io.ErrUnexpectedEOF.Error()) {
		return fault(contracts.ReasonTruncatedImage, "the %s image ends early: %v", form.name, err)
	}
	return fault(contracts.ReasonBrokenImage, "the %s image cannot be decoded: %v", form.name, err)
}
