package netio

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/postern-gateway/postern/protocol"
)

// notToClient are the fields that are never sent to a client.
var notToClient = slices.Collect(protocol.WithheldFields(protocol.ToClient))

// CleanHeader deletes the fields of a response's header that are for the backend's connection:
// those that Connection names, and those that are never sent to a client. A 101 keeps its Upgrade,
// and a Connection that names it.
func CleanHeader(status int, h http.Header) {
	upgrade := h["Upgrade"]
	DropConnection(h, notToClient)
	if status == http.StatusSwitchingProtocols && len(upgrade) > 0 {
		h["Upgrade"], h["Connection"] = upgrade, []string{"Upgrade"}
	}
}

// DropConnection deletes the fields of h that are for one connection: those that Connection names,
// and those in more (RFC 9110 section 7.6.1). A length is the message's, whatever Connection says:
// without it a body that was cut would pass for whole.
func DropConnection(h http.Header, more []string) {
	for _, list := range h["Connection"] {
		for name := range strings.SplitSeq(list, ",") {
			if key := http.CanonicalHeaderKey(strings.TrimSpace(name)); key != "Content-Length" {
				delete(h, key)
			}
		}
	}
	for _, name := range more {
		delete(h, name)
	}
}

// contentLength returns the declared length, or -1 for none. Content-Length may be repeated with
// the same value; h keeps one.
func contentLength(h http.Header) (int64, error) {
	length := int64(-1)
	values := h["Content-Length"]
	for _, v := range values {
		n, err := strconv.ParseUint(v, 10, 63)
		if err != nil || length >= 0 && int64(n) != length {
			return -1, badHead(protocol.ErrMalformed, "Content-Length "+strconv.Quote(protocol.Clip(v)))
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
