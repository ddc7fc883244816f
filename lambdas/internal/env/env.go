// Package env reads a function's configuration from its environment, reporting every mistake at once.
package env

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"
)

// Reader collects values and what is wrong with them. The zero value is ready to use.
type Reader struct{ errs []error }

// String returns a variable that must not be empty.
func (r *Reader) String(name string) string {
	value := os.Getenv(name)
	if value == "" {
		r.errs = append(r.errs, fmt.Errorf("%s is not set", name))
	}
	return value
}

// Bytes returns a positive number of bytes.
func (r *Reader) Bytes(name string) int64 { return r.positive(name, "number of bytes") }

// Number returns a positive number.
func (r *Reader) Number(name string) int64 { return r.positive(name, "number") }

func (r *Reader) positive(name, what string) int64 {
	text := r.String(name)
	if text == "" {
		return 0
	}
	value, err := strconv.ParseInt(text, 10, 64)
	if err != nil || value <= 0 {
		r.errs = append(r.errs, fmt.Errorf("%s: %q is not a positive %s", name, text, what))
	}
	return value
}

// Duration returns a positive Go duration such as 72h.
func (r *Reader) Duration(name string) time.Duration {
	text := r.String(name)
	if text == "" {
		return 0
	}
	value, err := time.ParseDuration(text)
	if err != nil || value <= 0 {
		r.errs = append(r.errs, fmt.Errorf("%s: %q is not a positive duration", name, text))
	}
	return value
}

// Err joins every mistake found so far.
func (r *Reader) Err() error { return errors.Join(r.errs...) }
