package gateway

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
)

// An AllowList says which peers may connect on IP networks: those in one of its networks. Empty
// means loopback. Peers on other networks, Unix sockets above all, always may.
type AllowList []netip.Prefix

// AllowAll is the list that "*" means. It is not to be changed.
func AllowAll() AllowList {
	return AllowList{netip.PrefixFrom(netip.IPv4Unspecified(), 0), netip.PrefixFrom(netip.IPv6Unspecified(), 0)}
}

var loopback = AllowList{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

// ParseAllow reads addresses and networks, separated by commas: "10.0.0.0/8,::1". "*" allows all;
// an empty text is the empty list.
func ParseAllow(text string) (AllowList, error) {
	var list AllowList
	for item := range strings.SplitSeq(text, ",") {
		item = strings.TrimSpace(item)
		switch {
		case item == "" && text == "":
			return nil, nil
		case item == "*":
			list = append(list, AllowAll()...)
		default:
			p, err := parsePrefix(item)
			if err != nil {
				return nil, err
			}
			list = append(list, p)
		}
	}
	return list, nil
}

func parsePrefix(item string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(item)
	if err != nil {
		a, aerr := netip.ParseAddr(item)
		if aerr != nil || a.Zone() != "" {
			return p, fmt.Errorf("bad address %q in allow: write addresses and networks such as 192.0.2.1 or 10.0.0.0/8, or *", item)
		}
		p = netip.PrefixFrom(a, a.BitLen())
	}
	if p.Addr().Is4In6() && p.Bits() >= 96 { // peers are compared as IPv4
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p.Masked(), nil
}

// Admits reports whether a peer at addr may connect.
func (l AllowList) Admits(addr net.Addr) bool {
	ip, ok := ipOf(addr)
	if !ok {
		return true
	}
	if len(l) == 0 {
		l = loopback
	}
	for _, p := range l {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}

// ipOf returns the IP address of addr, if it has one; an IPv4 address in IPv6's form is the IPv4
// one.
func ipOf(addr net.Addr) (netip.Addr, bool) {
	switch a := addr.(type) {
	case nil, *net.UnixAddr:
		return netip.Addr{}, false
	case *net.TCPAddr:
		ip, ok := netip.AddrFromSlice(a.IP)
		return ip.Unmap(), ok
	}
	if ap, err := netip.ParseAddrPort(addr.String()); err == nil {
		return ap.Addr().Unmap().WithZone(""), true
	}
	ip, err := netip.ParseAddr(addr.String())
	return ip.Unmap().WithZone(""), err == nil
}

// hostOf is addr without its port.
func hostOf(addr net.Addr) string {
	if ip, ok := ipOf(addr); ok {
		return ip.String()
	}
	return addr.String()
}
