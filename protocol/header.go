package protocol

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/net/http/httpguts"
)

// A head is a response's header on its way out: a copy of the handler's, which the handler cannot
// reach any more, without the fields that are not its to send.
type head struct {
	fields      http.Header
	contentType [1]string
	length      [1]string
}

var heads = sync.Pool{New: func() any { return &head{fields: make(http.Header, 8)} }}

// copyFrom copies h for a response of that status, and returns the body's declared length, or -1. A
// name or a value that is not allowed in a header, a line break above all, refuses the whole head.
func (d *head) copyFrom(h http.Header, status int) (declared int64, err error) {
	switching := status == http.StatusSwitchingProtocols
	var lengths []string
	for name, values := range h {
		key := http.CanonicalHeaderKey(name)
		switch {
		case key == "Content-Length":
			lengths = joined(lengths, values)
			continue
		case key == "Status":
			d.takeReason(values, status)
			continue
		case WithheldField(key, ToClient) && !(switching && (key == "Upgrade" || key == "Connection")):
			continue
		case strings.HasPrefix(name, http.TrailerPrefix):
			continue
		}
		if err := validField(name, values); err != nil {
			return -1, err
		}
		d.fields[key] = joined(d.fields[key], values)
	}
	return d.takeLength(lengths, status)
}

// takeReason takes the reason phrase of a status that has none of its own. Any other Status is none
// of the handler's.
func (d *head) takeReason(values []string, status int) {
	if len(values) == 0 {
		return
	}
	if text := phrased(status, values[0]); text != "" {
		d.fields["Status"] = []string{text}
	}
}

// joined adds values to those of a field that came under another spelling of its name, which is
// rare.
func joined(had, values []string) []string {
	if had == nil {
		return values
	}
	return append(slices.Clip(had), values...)
}

func validField(name string, values []string) error {
	if wrong := BadField(name, values); wrong != "" {
		return fmt.Errorf("%w: %s", errHead, wrong)
	}
	return nil
}

// BadField says what is wrong with a header's field, or returns "": a name that is no token, or a
// value that would begin another field or end the head (RFC 9110 section 5). It quotes no value,
// which may be a secret.
func BadField(name string, values []string) string {
	if !httpguts.ValidHeaderFieldName(name) {
		return "name of header " + strconv.Quote(Clip(name))
	}
	for _, v := range values {
		if !httpguts.ValidHeaderFieldValue(v) {
			return "value of header " + name
		}
	}
	return ""
}

func (d *head) takeLength(values []string, status int) (int64, error) {
	if len(values) == 0 {
		return -1, nil
	}
	n, err := parseLength(values[0])
	if err != nil || len(values) > 1 {
		return -1, fmt.Errorf("%w: Content-Length %q", errHead, values)
	}
	if bodyAllowed(status) || status == http.StatusNotModified {
		d.fields["Content-Length"] = values
	}
	if !bodyAllowed(status) {
		return -1, nil
	}
	return n, nil
}

// parseLength reads a length: digits alone, and not more than an int64 holds (RFC 9110 section
// 8.6).
func parseLength(s string) (int64, error) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, strconv.ErrSyntax
	}
	return strconv.ParseInt(s, 10, 64)
}

// complete adds what the handler left to us: the type of the body, which starts with first, and its
// length, if last says that all of it is known.
func (d *head) complete(w *response, first []byte, last bool) {
	if !bodyAllowed(w.status) {
		return
	}
	if _, set := d.fields["Content-Type"]; !set && len(first) > 0 && d.fields["Content-Encoding"] == nil {
		d.contentType[0] = detectType(first)
		d.fields["Content-Type"] = d.contentType[:]
	}
	if _, set := d.fields["Content-Length"]; !set && last && (w.written > 0 || !w.noBody) {
		d.length[0] = strconv.FormatInt(w.written, 10)
		d.fields["Content-Length"] = d.length[:]
	}
}

// free gives d back. Encoders keep nothing of a header.
func (d *head) free() {
	if len(d.fields) > 64 {
		return
	}
	clear(d.fields)
	heads.Put(d)
}
