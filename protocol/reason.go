package protocol

import (
	"net/http"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// A reason phrase has no meaning (RFC 9112 section 4), so a status that is known has its own. One
// that nobody has assigned keeps what its backend or its handler calls it, as the Status of its
// header: "299 Mostly Fine".

// phrased returns "299 Mostly Fine" of what begins with the digits of a status that has no phrase
// of its own; "" if it has none here either.
func phrased(status int, s string) string {
	digits := strconv.Itoa(status)
	rest, ok := strings.CutPrefix(s, digits)
	phrase := strings.TrimLeft(rest, " \t")
	if !ok || phrase == "" || http.StatusText(status) != "" || !httpguts.ValidHeaderFieldValue(phrase) {
		return ""
	}
	return digits + " " + phrase
}

// reason returns the phrase of a response with that header.
func reason(status int, h http.Header) string {
	text := http.StatusText(status)
	if text != "" {
		return text
	}
	if values := h["Status"]; len(values) == 1 {
		_, text, _ = strings.Cut(values[0], " ")
	}
	return text
}
