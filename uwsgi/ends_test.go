package uwsgi

import (
	"testing"

	"github.com/postern-gateway/postern/internal/netio/netiotest"
)

func TestEnds(t *testing.T) {
	x := netiotest.Wire{Protocol: Protocol{}, Switching: "HTTP/1.1", Head: func(length int, more ...string) string {
		return packet(0, append(netiotest.Length(length), more...)...)
	}}
	x.Ends(t)
}
