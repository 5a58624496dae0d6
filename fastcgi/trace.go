package fastcgi

import (
	"fmt"
	"io"
	"strconv"
)

// A Trace prints records: a line for each that has been written to it whole. Prefix begins each
// line; ">" and "<" are usual for what the front and what the application says. It is not safe for
// concurrent use.
//
//	> BEGIN_REQUEST 1 RESPONDER
//	> PARAMS 1 REQUEST_METHOD="GET"
//	> PARAMS 1 end
//
// A write of something that is no record prints that, and returns the error.
type Trace struct {
	Out    io.Writer
	Prefix string
	Max    int // bytes of a record's content that are printed; 0 means 64, negative all

	rest []byte
	err  error
}

// Write prints the records that p completes.
func (t *Trace) Write(p []byte) (int, error) {
	if t.err != nil {
		return 0, t.err
	}
	t.rest = append(t.rest, p...)
	for {
		h, content, n, err := consumeRecord(t.rest)
		if err != nil {
			fmt.Fprintf(t.Out, "%s %v: %s\n", t.Prefix, err, t.quote(t.rest))
			t.err, t.rest = err, nil
			return 0, err
		}
		if n == 0 {
			return len(p), nil
		}
		if _, err := fmt.Fprintf(t.Out, "%s %v %d%s\n", t.Prefix, h.typ, h.id, t.content(h.typ, content)); err != nil {
			return 0, err
		}
		t.rest = t.rest[n:]
	}
}

// content prints a record's content with a space before it.
func (t *Trace) content(typ recordType, b []byte) string {
	switch typ {
	case typeBegin:
		if x, n := consumeBegin(b); n == len(b) && n > 0 {
			return " " + name(wireRoleNames[:], int(x.role), "ROLE_") + keepWord(x.keep)
		}
	case typeEnd:
		if x, n := consumeEnd(b); n == len(b) && n > 0 {
			return " " + x.status.String() + " " + strconv.FormatUint(uint64(x.app), 10)
		}
	case typeUnknown:
		if x, n := consumeUnknown(b); n == len(b) && n > 0 {
			return " " + x.String()
		}
	case typeParams, typeGetValues, typeGetValuesResult:
		if s, ok := t.pairs(b); ok {
			return s
		}
	}
	if len(b) > 0 {
		return " " + t.quote(b)
	}
	switch typ {
	case typeParams, typeStdin, typeStdout, typeStderr, typeData:
		return " end"
	}
	return ""
}

func keepWord(keep bool) string {
	if keep {
		return " KEEP_CONN"
	}
	return ""
}

// pairs prints name-value pairs, if b holds whole ones.
func (t *Trace) pairs(b []byte) (s string, ok bool) {
	for len(b) > 0 {
		name, value, n := consumePair(b)
		if n == 0 {
			return "", false
		}
		s += " " + quoteName(string(name)) + "=" + t.quote(value)
		b = b[n:]
	}
	return s, s != ""
}

// quoteName quotes a name that would break the line.
func quoteName(name string) string {
	if q := strconv.Quote(name); name == "" || q != `"`+name+`"` {
		return q
	}
	return name
}

func (t *Trace) quote(b []byte) string {
	limit := t.Max
	if limit == 0 {
		limit = 64
	}
	if limit < 0 || len(b) <= limit {
		return strconv.Quote(string(b))
	}
	return strconv.Quote(string(b[:limit])) + "+" + strconv.Itoa(len(b)-limit)
}
