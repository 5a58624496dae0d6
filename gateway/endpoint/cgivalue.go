package endpoint

import (
	"errors"
	"strconv"
	"time"

	"github.com/postern-gateway/postern/cgi"
	"github.com/postern-gateway/postern/internal/units"
)

func errorOf(text string) error { return errors.New(text) }

// inDir is an option for trees of scripts alone.
func inDir(set func(d *cgi.Dir, v string)) func(*cgi.Client, string) error {
	return func(c *cgi.Client, v string) error {
		if c.Dir == nil {
			return errorOf("it is for a directory: write a slash at the path's end")
		}
		set(c.Dir, v)
		return nil
	}
}

// isTrue reads an option that is on when it is there, unless it says otherwise.
func isTrue(v string) bool {
	b, err := strconv.ParseBool(v)
	return err != nil || b
}

func truth(field func(*cgi.Client) *bool) func(*cgi.Client, string) error {
	return func(c *cgi.Client, v string) error {
		*field(c) = isTrue(v)
		return nil
	}
}

// value is an option that parse reads into a field.
func value[T any](field func(*cgi.Client) *T, parse func(string) (T, error)) func(*cgi.Client, string) error {
	return func(c *cgi.Client, v string) error {
		got, err := parse(v)
		if err == nil {
			*field(c) = got
		}
		return err
	}
}

// limit is value for an option in which the word none, for no limit, stands for the value none.
func limit[T any](field func(*cgi.Client) *T, none T, parse func(string) (T, error)) func(*cgi.Client, string) error {
	return value(field, func(v string) (T, error) { return units.Limit(v, none, parse) })
}

// zeroIsNone is parse for an option of which 0 is none: no queue, no wait and, as for every other
// client, no limit. In the fields of a cgi.Client 0 is the default.
func zeroIsNone[T int | time.Duration](parse func(string) (T, error)) func(string) (T, error) {
	return func(v string) (T, error) {
		got, err := parse(v)
		if got == 0 && err == nil {
			got = -1
		}
		return got, err
	}
}

// parseSize reads a number of bytes that is not negative.
func parseSize(v string) (int64, error) {
	n, err := units.ParseSize(v)
	if err == nil && n < 0 {
		err = errorOf("a number of bytes is meant")
	}
	return n, err
}
