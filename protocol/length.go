package protocol

import (
	"net/http"
	"strconv"
)

// ContentLength reads CONTENT_LENGTH: ok says whether it is there and not empty (nginx sends it
// empty for none). Of two the last counts. Anything but digits, and more than an int64 holds, is
// malformed.
func (p Params) ContentLength() (n int64, ok bool, err error) {
	return readLength(p.Get("CONTENT_LENGTH"))
}

func readLength(v string) (n int64, ok bool, err error) {
	if v == "" {
		return 0, false, nil
	}
	if n, err = parseLength(v); err != nil {
		return 0, false, &Error{Op: "read params", Kind: ErrMalformed, Detail: "CONTENT_LENGTH " + strconv.Quote(Clip(v))}
	}
	return n, true, nil
}

// DeclaredLength is [Params.ContentLength] for a server that has read r's variables, and refuses
// two lengths that contradict each other: the body would be cut at one of them. A CONTENT_LENGTH
// that is there and empty is a front's word that the body stays with it (nginx's auth_request),
// whatever HTTP_CONTENT_LENGTH tells of the client's; so is the Authorizer's role.
func (r *Request) DeclaredLength() (n int64, ok bool, err error) {
	length, there, twice := r.Params.lengths()
	n, ok, err = readLength(length)
	if e, bad := err.(*Error); bad {
		e.Protocol = r.Protocol
	}
	if err != nil || !twice || there && length == "" || r.Role == Authorizer {
		return n, ok, err
	}
	for told := range r.Params.Values("HTTP_CONTENT_LENGTH") {
		if told == "" {
			continue
		}
		if m, err := parseLength(told); err != nil || m != n {
			return 0, false, r.contradicts(told)
		}
	}
	return n, ok, nil
}

// RequiredLength is DeclaredLength for a wire on which nothing but its length ends a body: one that
// comes in chunks, and of no length, would be taken for none. It is answered 411.
func (r *Request) RequiredLength() (n int64, err error) {
	n, ok, err := r.DeclaredLength()
	if err != nil || ok {
		return n, err
	}
	coding := r.Params.Get("HTTP_TRANSFER_ENCODING")
	if _, there := r.Params.Lookup("CONTENT_LENGTH"); there || coding == "" {
		return n, nil
	}
	return 0, &Error{Protocol: r.Protocol, Op: "read params", Kind: ErrMalformed, Status: http.StatusLengthRequired,
		Detail: "HTTP_TRANSFER_ENCODING " + strconv.Quote(Clip(coding)) + " and no CONTENT_LENGTH: have the front take the body in first"}
}

// lengths returns the last CONTENT_LENGTH, and whether there is one, and an HTTP_CONTENT_LENGTH.
func (p Params) lengths() (length string, there, twice bool) {
	for i := range p {
		switch p[i].Name {
		case "CONTENT_LENGTH":
			length, there = p[i].Value, true
		case "HTTP_CONTENT_LENGTH":
			twice = true
		}
	}
	return length, there, twice
}

func (r *Request) contradicts(told string) error {
	length, front := "no CONTENT_LENGTH", r.Protocol
	if v, there := r.Params.Lookup("CONTENT_LENGTH"); there {
		length = "CONTENT_LENGTH " + strconv.Quote(Clip(v))
	}
	detail := length + " beside HTTP_CONTENT_LENGTH " + strconv.Quote(Clip(told))
	if front != "" && front != "http" && front != "cgi" {
		detail += ": nginx before 1.29.6 does that with `" + front + "_request_buffering off;`: take it out"
	}
	return &Error{Protocol: r.Protocol, Op: "read params", Kind: ErrMalformed, Detail: detail}
}
