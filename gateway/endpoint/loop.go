package endpoint

import (
	"net"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
)

// LeadsTo reports whether who calls e reaches who listens at l, whatever their protocols: a server
// there would be its own backend, and call itself until no descriptor is left. Names of hosts but
// localhost are not looked up.
func (e *Endpoint) LeadsTo(l *Endpoint) bool {
	switch {
	case e.Network != l.Network:
		return false
	case e.Network == "unix":
		return realPath(e.Address) == realPath(l.Address)
	case e.Network != "tcp":
		return false
	}
	host, port, _ := net.SplitHostPort(e.Address)
	listens, at, _ := net.SplitHostPort(l.Address)
	if port != at {
		return false
	}
	return strings.EqualFold(host, listens) ||
		slices.ContainsFunc(callees(host), func(a netip.Addr) bool { return listensFor(listens, a) })
}

// callees are the addresses that a call of a host goes to. One of no address goes to this machine.
func callees(host string) []netip.Addr {
	loopback := []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}
	a, err := netip.ParseAddr(host)
	switch {
	case host == "", strings.EqualFold(host, "localhost"), err == nil && a.IsUnspecified():
		return loopback
	case err != nil:
		return nil
	}
	return []netip.Addr{a.Unmap()}
}

// listensFor reports whether who listens at a host is called by a.
func listensFor(host string, a netip.Addr) bool {
	at, err := netip.ParseAddr(host)
	switch {
	case host == "", err == nil && at == netip.IPv6Unspecified():
		return isOwn(a)
	case err == nil && at.IsUnspecified():
		return a.Is4() && isOwn(a)
	case strings.EqualFold(host, "localhost"):
		return a == netip.AddrFrom4([4]byte{127, 0, 0, 1}) || a == netip.IPv6Loopback()
	}
	return err == nil && at.Unmap() == a
}

// isOwn reports whether a is an address of this machine.
func isOwn(a netip.Addr) bool {
	if a.IsLoopback() {
		return true
	}
	own, _ := net.InterfaceAddrs() // without them loopback alone is known
	for _, n := range own {
		if p, err := netip.ParsePrefix(n.String()); err == nil && p.Addr().Unmap() == a {
			return true
		}
	}
	return false
}

// realPath is a path by which two names of one socket are alike. The socket need not be there.
func realPath(path string) string {
	path, _ = filepath.Abs(path)
	if dir, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		return filepath.Join(dir, filepath.Base(path))
	}
	return path
}
