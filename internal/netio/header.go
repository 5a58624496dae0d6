package netio

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/postern-gateway/postern/protocol"
)

// withheld are the fields that no client gets.
var withheld = slices.Collect(protocol.WithheldFields(protocol.ToClient))

// CleanHeader takes out of a response's header what belongs to the backend's connection: the fields
// that Connection names, and those that never go further. A 101 keeps its Upgrade and a Connection
// that names it.
func CleanHeader(status int, h http.Header) {
	upgrade := h["Upgrade"]
	DropConnection(h, withheld)
	if status == http.StatusSwitchingProtocols && len(upgrade) > 0 {
		h["Upgrade"], h["Connection"] = upgrade, []string{"Upgrade"}
	}
}

// DropConnection takes out of h the fields of one connection: those that Connection names, and
// those in withheld (RFC 9110 section 7.6.1).
func DropConnection(h http.Header, withheld []string) {
	for _, list := range h["Connection"] {
		for name := range strings.SplitSeq(list, ",") {
			delete(h, http.CanonicalHeaderKey(strings.TrimSpace(name)))
		}
	}
	for _, name := range withheld {
		delete(h, name)
	}
}

// contentLength reads the declared length, which may be there more than once if it is the same: -1
// is none. One is left in h.
func contentLength(h http.Header) (int64, error) {
	length := int64(-1)
	values := h["Content-Length"]
	for _, v := range values {
		n, err := strconv.ParseUint(v, 10, 63)
		if err != nil || length >= 0 && int64(n) != length {
			return -1, badHead(protocol.ErrMalformed, "Content-Length "+strconv.Quote(clip(v)))
		}
		length = int64(n)
	}
	if len(values) > 1 {
		h["Content-Length"] = values[:1]
	}
	return length, nil
}

func badHead(kind error, detail string) error {
	return &protocol.Error{Op: "read response head", Kind: protocol.ErrUpstream, Err: &protocol.Error{Op: "parse", Kind: kind, Detail: detail}}
}

func clip(s string) string {
	if len(s) > 80 {
		return s[:80] + "..."
	}
	return s
}
