package scgi

import (
	"strings"
	"testing"

	"github.com/postern-gateway/postern/internal/netio/netiotest"
)

func TestEnds(t *testing.T) {
	x := netiotest.Wire{Protocol: Protocol{}, Switching: "Status:", Head: func(length int, more ...string) string {
		all := append(append(netiotest.Length(length), "SCGI", "1"), more...)
		return packet(strings.Join(all, "\x00") + "\x00")
	}}
	x.Ends(t)
}
