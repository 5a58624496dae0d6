package fetch

import (
	"io"
	"time"
)

// A Config says what is asked, where, and how the answer is shown.
type Config struct {
	URL     string   // see [ParseTarget]
	Options []string // of the backend, "keep=4"
	Message Message

	Follow       bool // Location, within the backend
	MaxRedirects int  // negative: no limit

	MaxTime        time.Duration // for all; 0: no limit
	ConnectTimeout time.Duration // 0: no limit

	Show Show
	Load Load

	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

// Show says how the answer is shown.
type Show struct {
	Include  bool   // the head, before the body
	Output   string // a file for the answer; empty or "-": standard output
	FileName bool   // the file is named as the last part of the URL's path
	Silent   bool   // no errors, notes, and progress
	Errors   bool   // errors also where Silent is set
	Fail     bool   // a status of 400 or more is an error, and its body is not shown
	FailBody bool   // the same, and its body is shown
	Verbose  bool   // variables and heads, on standard error
	Wire     bool   // every message, decoded, with its bytes, on standard error
	WriteOut string // what is printed at the end: see [WriteOut]
}

// DefaultMaxRedirects is curl's.
const DefaultMaxRedirects = 50

// A Load has the request sent again and again. Its zero value is no load.
type Load struct {
	Requests int           // how many; 0: as Duration says
	Duration time.Duration // how long; 0: as Requests says
	Parallel int           // how many at once; 0: one
	Rate     float64       // how many are due in a second; 0: as fast as they are answered
	Progress bool          // show how far it is on standard error
}

func (l *Load) isSet() bool { return l.Requests > 0 || l.Duration > 0 || l.Parallel > 1 || l.Rate > 0 }
