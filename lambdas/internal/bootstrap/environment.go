package bootstrap

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"
)

// Environment reads a function's settings from its environment and collects what is wrong with them. The zero value is
// ready to use.
type Environment struct{ errs []error }

// String returns a variable that must not be empty.
func (e *Environment) String(name string) string {
	value := os.Getenv(name)
	if value == "" {
		e.errs = append(e.errs, fmt.Errorf("%s is not set", name))
	}
	return value
}

// Bytes returns a positive number of bytes.
func (e *Environment) Bytes(name string) int64 { return e.positive(name, "number of bytes") }

// Number returns a positive number.
func (e *Environment) Number(name string) int64 { return e.positive(name, "number") }

func (e *Environment) positive(name, what string) int64 {
	text := e.String(name)
	if text == "" {
		return 0
	}
	value, err := strconv.ParseInt(text, 10, 64)
	if err != nil || value <= 0 {
		e.errs = append(e.errs, fmt.Errorf("%s: %q is not a positive %s", name, text, what))
	}
	return value
}

// Duration returns a positive Go duration such as 72h.
func (e *Environment) Duration(name string) time.Duration {
	text := e.String(name)
	if text == "" {
		return 0
	}
	value, err := time.ParseDuration(text)
	if err != nil || value <= 0 {
		e.errs = append(e.errs, fmt.Errorf("%s: %q is not a positive duration", name, text))
	}
	return value
}

// Parse gives a variable that must not be empty to parse, and takes what that returns for a mistake of the variable.
func (e *Environment) Parse(name string, parse func(text string) error) {
	text := e.String(name)
	if text == "" {
		return
	}
	if err := parse(text); err != nil {
		e.errs = append(e.errs, fmt.Errorf("%s: %w", name, err))
	}
}

// Err joins every mistake found so far.
func (e *Environment) Err() error { return errors.Join(e.errs...) }
