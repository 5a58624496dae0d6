package fastcgi

import (
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/postern-gateway/postern/protocol"
)

// ParseWebServerAddrs parses the value of the environment's FCGI_WEB_SERVER_ADDRS (section 3.2): IP
// addresses separated by commas. The result of an empty value is nil, which allows all.
func ParseWebServerAddrs(value string) ([]netip.Addr, error) {
	if value == "" {
		return nil, nil
	}
	var addrs []netip.Addr
	for text := range strings.SplitSeq(value, ",") {
		addr, err := netip.ParseAddr(strings.TrimSpace(text))
		if err != nil {
			return nil, malformed("read FCGI_WEB_SERVER_ADDRS", strconv.Quote(text)+" is not an IP address")
		}
		addrs = append(addrs, addr.Unmap())
	}
	return addrs, nil
}

// admit returns an error for a peer that WebServerAddrs does not allow.
func (p *Protocol) admit(peer net.Addr) error {
	if p.WebServerAddrs == nil {
		return nil
	}
	tcp, ok := peer.(*net.TCPAddr)
	if !ok {
		return fail(protocol.ErrForbidden, "accept", "FCGI_WEB_SERVER_ADDRS allows TCP only", nil)
	}
	addr := tcp.AddrPort().Addr().Unmap()
	if !slices.Contains(p.WebServerAddrs, addr) {
		return fail(protocol.ErrForbidden, "accept", addr.String()+" is not in FCGI_WEB_SERVER_ADDRS", nil)
	}
	return nil
}
