// Package inspect says what a file is by its bytes: an image, a text or anything else. What it reads is bounded by the
// file, what it holds by the limits: an image is decoded only when its header claims no more pixels than are allowed, a
// text is never held.
package inspect

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/gabriel-vasile/mimetype"

	"dataplatform/contracts"
)

// Kinds of files.
const (
	KindImage  = "image"
	KindText   = "text"
	KindBinary = "binary"
)

// Limits bound what is done with one file.
type Limits struct {
	MaxPixels     int64         // of an image, as its header says
	MaxTime       time.Duration // from the first byte read to the thumbnail's last
	ThumbnailSide int           // the longest side of a thumbnail, in pixels
}

// Content is what a file is.
type Content struct {
	Kind      string
	MediaType string
	Image     *Image
	Text      *Text
}

// Fault is what is wrong with a file, by a reason of the contracts.
type Fault struct{ Reason, Detail string }

func (f *Fault) Error() string { return f.Detail }

func fault(reason, format string, args ...any) error {
	return &Fault{reason, fmt.Sprintf(format, args...)}
}

// headBytes is how much the type is detected from.
const headBytes = 3072

// File inspects a file of that size. An error is a *Fault when the file is to blame.
func File(file io.ReaderAt, size int64, limits Limits) (Content, error) {
	if size == 0 {
		return Content{}, fault(contracts.ReasonEmptyFile, "the object has no bytes")
	}
	from := &source{file: file, size: size, deadline: time.Now().Add(limits.MaxTime), limit: limits.MaxTime}
	head := make([]byte, min(headBytes, size))
	if err := from.full(head, 0); err != nil {
		return Content{}, err
	}
	content, err := inspect(from, head, limits)
	if from.failed != nil { // what the decoders made of it does not matter
		return Content{}, from.failed
	}
	return content, err
}

func inspect(from *source, head []byte, limits Limits) (Content, error) {
	if form := formatOf(head); form != nil {
		image, err := inspectImage(from, form, limits)
		return Content{Kind: KindImage, MediaType: form.mediaType, Image: image}, err
	}
	detected := mimetype.Detect(head)
	if document(head) {
		return Content{Kind: KindBinary, MediaType: named(detected)}, nil
	}
	text, media, err := inspectText(from)
	if err != nil {
		return Content{}, err
	}
	if text != nil {
		return Content{Kind: KindText, MediaType: media, Text: text}, nil
	}
	media = named(detected)
	switch {
	case within(detected, "text/plain"): // it began like a text and is none
		media = "application/octet-stream"
	case media == "application/zip":
		if media, err = archiveType(from); err != nil {
			return Content{}, err
		}
	}
	return Content{Kind: KindBinary, MediaType: media}, nil
}

// source reads the file until the time is over. It remembers why reading failed, as decoders hide that in errors of
// their own.
type source struct {
	file     io.ReaderAt
	size     int64
	deadline time.Time
	limit    time.Duration
	failed   error
}

func (s *source) ReadAt(b []byte, offset int64) (int, error) {
	if s.failed == nil && time.Now().After(s.deadline) {
		s.failed = fault(contracts.ReasonTimeLimit, "the object is not inspected within %s", s.limit)
	}
	if s.failed != nil {
		return 0, s.failed
	}
	n, err := s.file.ReadAt(b, offset)
	if err != nil && !errors.Is(err, io.EOF) {
		s.failed = err
	}
	return n, err
}

// reader reads from the start.
func (s *source) reader() io.Reader { return io.NewSectionReader(s, 0, s.size) }

// full fills b from offset, or returns errShort.
func (s *source) full(b []byte, offset int64) error {
	n, err := s.ReadAt(b, offset)
	switch {
	case n == len(b):
		return nil
	case err == nil || errors.Is(err, io.EOF):
		return errShort
	default:
		return err
	}
}
