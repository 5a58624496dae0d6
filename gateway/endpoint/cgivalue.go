package endpoint

import (
	"errors"
	"strconv"
	"time"

	"github.com/postern-gateway/postern/cgi"
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

func number(field func(*cgi.Client) *int) func(*cgi.Client, string) error {
	return func(c *cgi.Client, v string) (err error) {
		if *field(c), err = strconv.Atoi(v); err != nil {
			return errorOf("a whole number is meant")
		}
		return nil
	}
}

// size reads a number of bytes.
func size(field func(*cgi.Client) *int64) func(*cgi.Client, string) error {
	return func(c *cgi.Client, v string) (err error) {
		if *field(c), err = strconv.ParseInt(v, 10, 64); err != nil || *field(c) < 0 {
			return errorOf("a number of bytes is meant")
		}
		return nil
	}
}

func duration(field func(*cgi.Client) *time.Duration) func(*cgi.Client, string) error {
	return func(c *cgi.Client, v string) (err error) {
		if *field(c), err = time.ParseDuration(v); err != nil {
			return errorOf("write a duration such as 30s")
		}
		return nil
	}
}
