package route

import (
	"cmp"
	"net/netip"
	"os"
	"regexp"
	"strconv"
	"strings"
)

// A test is a condition of route-if: of a text, and of most a second one to compare it with.
type test struct {
	names   []string
	pattern bool // there is a second text
	network bool // which is an address or a network
	meets   func(text, pattern string) bool
}

// tests has a row for each condition but regexp, which has groups.
var tests = []test{
	{[]string{"exists"}, false, false, func(s, _ string) bool { return has(s, func(os.FileInfo) bool { return true }) }},
	{[]string{"isfile"}, false, false, func(s, _ string) bool { return has(s, func(i os.FileInfo) bool { return i.Mode().IsRegular() }) }},
	{[]string{"isdir"}, false, false, func(s, _ string) bool { return has(s, os.FileInfo.IsDir) }},
	{[]string{"isexec"}, false, false, func(s, _ string) bool { return has(s, func(i os.FileInfo) bool { return i.Mode()&0o111 != 0 }) }},
	{[]string{"islink"}, false, false, func(s, _ string) bool {
		i, err := os.Lstat(s)
		return err == nil && i.Mode()&os.ModeSymlink != 0
	}},
	{[]string{"empty"}, false, false, func(s, _ string) bool { return s == "" }},
	{[]string{"equal", "isequal", "eq", "=="}, true, false, func(s, p string) bool { return s == p }},
	{[]string{"startswith"}, true, false, strings.HasPrefix},
	{[]string{"endswith"}, true, false, strings.HasSuffix},
	{[]string{"contains", "contain"}, true, false, strings.Contains},
	{[]string{"ishigher", ">"}, true, false, compared(func(a, b int64) bool { return a > b })},
	{[]string{"ishigherequal", ">="}, true, false, compared(func(a, b int64) bool { return a >= b })},
	{[]string{"islower", "<"}, true, false, compared(func(a, b int64) bool { return a < b })},
	{[]string{"islowerequal", "<="}, true, false, compared(func(a, b int64) bool { return a <= b })},
	{[]string{"ipv4in", "ipv6in"}, true, true, inNetwork},
}

// has reports whether there is a file of that name which is what is asked for.
func has(name string, is func(os.FileInfo) bool) bool {
	info, err := os.Stat(name)
	return err == nil && is(info)
}

// compared is a test of two whole numbers. Nothing is 0; what is no number is met by none.
func compared(is func(a, b int64) bool) func(a, b string) bool {
	return func(s, p string) bool {
		a, err1 := strconv.ParseInt(cmp.Or(s, "0"), 10, 64)
		b, err2 := strconv.ParseInt(cmp.Or(p, "0"), 10, 64)
		return err1 == nil && err2 == nil && is(a, b)
	}
}

// inNetwork reports whether an address is one of a network, or is the address itself.
func inNetwork(s, p string) bool {
	addr, err := netip.ParseAddr(s)
	if err != nil {
		return false
	}
	network, err := parseNetwork(p)
	return err == nil && network.Contains(addr.Unmap())
}

func parseNetwork(p string) (netip.Prefix, error) {
	if !strings.Contains(p, "/") {
		addr, err := netip.ParseAddr(p)
		return netip.PrefixFrom(addr, addr.BitLen()), err
	}
	return netip.ParsePrefix(p)
}

// A tested is a condition of route-if.
type tested struct {
	test          *test
	text, pattern template
	negate        bool
}

// Meets implements [Condition].
func (c *tested) Meets(x *Exchange) (bool, error) {
	return c.test.meets(c.text.Expand(x), c.pattern.Expand(x)) != c.negate, nil
}

// A testedRegexp is regexp of route-if.
type testedRegexp struct {
	text   template
	re     *regexp.Regexp
	negate bool
}

// Meets implements [Condition].
func (c *testedRegexp) Meets(x *Exchange) (bool, error) {
	isURL := false
	for i := range c.text.parts {
		if p := &c.text.parts[i]; p.kind != literalPart {
			if isURL = p.isURL(x); !isURL {
				break
			}
		}
	}
	return x.match(c.re, c.text.Expand(x), isURL) != c.negate, nil
}
