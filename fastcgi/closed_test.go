package fastcgi

import (
	"strings"
	"testing"
)

// A backend that closes on a large request: the error names the size that was sent.
func TestClosedOnLargeParams(t *testing.T) {
	c := backend(t, func(*front) {})
	_, _, err := fetch(t, c, request("GET", "A", strings.Repeat("v", 9000)))
	if err == nil || !strings.Contains(err.Error(), "the request's head was 90") {
		t.Error(err)
	}
}
