package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"

	"github.com/klauspost/compress/gzip"

	"dataplatform/contracts"
	"dataplatform/internal/gunzip"
	"dataplatform/lambdas/landing/internal/inspect"
)

// Limits bound what a file may be, in bytes.
type Limits struct {
	MaxFileBytes     int64 // as it was sent
	MaxExpandedBytes int64 // uncompressed
}

// spooled is a file read to its end.
type spooled struct {
	fault    inspect.Fault
	format   string
	original string // digest of the bytes as they were sent
	digest   string // digest of the uncompressed content
	size     int64  // of the uncompressed content
	records  int
	spread   bool // records are no lines
	from     inspect.Source
}

// source counts and hashes what is read from the object: a lost connection must not pass for a truncated file.
type source struct {
	body io.Reader
	hash hash.Hash
	read int64
}

func (s *source) Read(b []byte) (int, error) {
	n, err := s.body.Read(b)
	s.hash.Write(b[:n])
	s.read += int64(n)
	return n, err
}

// spool reads the body once: it checks the content and, as it goes, writes it to file, gzipped so that equal content
// gives equal bytes. contract is nil for a file of no dataset. An error means that the body could not be read or the
// file not written; what is wrong with the file itself is the fault.
func spool(body io.Reader, size int64, contract *contracts.Contract, limits Limits, file *os.File) (spooled, error) {
	from := &source{body: body, hash: sha256.New()}
	var result spooled
	var err error
	switch {
	case contract == nil:
		result.fault = inspect.Fault{Reason: contracts.ReasonUnknownDataset, Detail: "no contract describes the folder"}
	case size > limits.MaxFileBytes:
		result.fault = inspect.Fault{
			Reason: contracts.ReasonFileTooLarge,
			Detail: fmt.Sprintf("the file has %d bytes, %d are allowed", size, limits.MaxFileBytes),
		}
	default:
		result, err = examine(from, contract, limits, file)
		if err != nil {
			return spooled{}, err
		}
	}
	if _, err := io.Copy(io.Discard, from); err != nil { // the rest, for its digest
		return spooled{}, fmt.Errorf("read the object: %w", err)
	}
	if from.read != size {
		return spooled{}, fmt.Errorf("read the object: got %d of %d bytes", from.read, size)
	}
	result.original = hex.EncodeToString(from.hash.Sum(nil))
	return result, nil
}

func examine(from *source, contract *contracts.Contract, limits Limits, file *os.File) (spooled, error) {
	var result spooled
	buffered := bufio.NewReaderSize(from, 64<<10)
	var content io.Reader = buffered
	compressed := false
	if magic, _ := buffered.Peek(2); len(magic) == 2 && magic[0] == 0x1f && magic[1] == 0x8b {
		compressed = true
		reader, err := gunzip.NewReader(buffered)
		if err != nil {
			return spooled{fault: gzipFault(err)}, nil
		}
		content = reader
	}
	check := inspect.New(contract)
	digest := sha256.New()
	packed := gzip.NewWriter(file)
	var err error
	result.size, err = io.Copy(&sink{[]io.Writer{check, digest}, packed},
		io.LimitReader(content, limits.MaxExpandedBytes+1))
	var failed writeError
	if errors.As(err, &failed) {
		return spooled{}, fmt.Errorf("spool the content: %w", failed.error)
	}
	switch {
	case err != nil && compressed: // or the connection was lost, which spool finds
		result.fault = gzipFault(err)
		return result, nil
	case err != nil:
		return spooled{}, fmt.Errorf("read the object: %w", err)
	case result.size > limits.MaxExpandedBytes:
		result.fault = inspect.Fault{
			Reason: contracts.ReasonExpandsTooLarge,
			Detail: fmt.Sprintf("the content is larger than %d bytes", limits.MaxExpandedBytes),
		}
		return result, nil
	}
	found := check.End()
	result.format, result.records, result.fault = found.Format, found.Records, found.Fault
	result.spread, result.from = found.Spread, found.Source
	result.digest = hex.EncodeToString(digest.Sum(nil))
	if err := packed.Close(); err != nil {
		return spooled{}, fmt.Errorf("spool the content: %w", err)
	}
	return result, nil
}

func gzipFault(err error) inspect.Fault {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return inspect.Fault{Reason: contracts.ReasonTruncatedGzip, Detail: "the gzip stream ends early"}
	}
	return inspect.Fault{Reason: contracts.ReasonUndecodable, Detail: "the gzip stream is broken: " + err.Error()}
}

// writeError tells a failed write from a failed read in io.Copy.
type writeError struct{ error }

// sink writes to all; only the last writer can fail.
type sink struct {
	checks []io.Writer
	out    io.Writer
}

func (s *sink) Write(b []byte) (int, error) {
	for _, w := range s.checks {
		if _, err := w.Write(b); err != nil {
			return 0, writeError{err}
		}
	}
	n, err := s.out.Write(b)
	if err != nil {
		return n, writeError{err}
	}
	return n, nil
}
