package protocoltest

import (
	"io"
	"strconv"
	"strings"

	"github.com/postern-gateway/postern/protocol"
)

// heading answers 200 with the fields that set sets.
func heading(set func(h map[string][]string)) protocol.Handler {
	return native(func(w protocol.ResponseWriter, r *protocol.Request) {
		set(w.Header())
		io.WriteString(w, "body")
	})
}

var headCases = []testCase{
	{
		name: "header-repeated",
		want: "A field that is there twice is sent twice, in its order: two Set-Cookie stay two.",
		handler: heading(func(h map[string][]string) {
			h["Set-Cookie"] = []string{"a=1; Path=/", "b=2"}
			h["X-One"] = []string{"1"}
		}),
		check: func(x *trial) {
			got := x.get()
			x.whole(got, 200, "body")
			x.field(got, "Set-Cookie", "a=1; Path=/", "b=2")
			x.field(got, "X-One", "1")
		},
	},
	{
		name:    "header-case",
		want:    "A field's name that was put into the map in lower case is known by its usual name, and stops the sniffing too.",
		handler: heading(func(h map[string][]string) { h["x-lower"] = []string{"v"}; h["content-type"] = []string{"a/b"} }),
		check: func(x *trial) {
			got := x.get()
			x.whole(got, 200, "body")
			x.field(got, "X-Lower", "v")
			x.field(got, "Content-Type", "a/b")
		},
	},
	{
		name:    "header-empty-value",
		want:    "A field may be empty.",
		handler: heading(func(h map[string][]string) { h["X-Empty"] = []string{""} }),
		check: func(x *trial) {
			got := x.get()
			x.whole(got, 200, "body")
			x.field(got, "X-Empty", "")
		},
	},
	{
		name:    "header-bytes",
		want:    "Bytes above 127 in a value pass as they are.",
		handler: heading(func(h map[string][]string) { h["X-Bytes"] = []string{"gr\xfc\xdfe, Grüße"} }),
		check:   func(x *trial) { x.field(x.get(), "X-Bytes", "gr\xfc\xdfe, Grüße") },
	},
	{
		name:    "header-spaces",
		want:    "Blanks around a value are not part of it; a tab inside is.",
		handler: heading(func(h map[string][]string) { h["X-Spaced"] = []string{"  a\tb  "} }),
		check:   func(x *trial) { x.field(x.get(), "X-Spaced", "a\tb") },
	},
	{
		name: "header-100-fields",
		want: "A hundred fields arrive whole.",
		handler: heading(func(h map[string][]string) {
			for i := range 100 {
				h["X-Field-"+strconv.Itoa(i)] = []string{strings.Repeat("v", i)}
			}
		}),
		check: func(x *trial) {
			got := x.get()
			for i := range 100 {
				x.field(got, "X-Field-"+strconv.Itoa(i), strings.Repeat("v", i))
			}
		},
	},
	{
		name:    "header-60k",
		want:    "A head of 60,000 bytes, more than one of the wire's messages may hold, arrives whole.",
		handler: heading(func(h map[string][]string) { h["X-Large"] = []string{strings.Repeat("h", 60000)} }),
		check: func(x *trial) {
			got := x.get()
			x.whole(got, 200, "body")
			x.field(got, "X-Large", strings.Repeat("h", 60000))
		},
	},
	{
		name:    "header-200k",
		want:    "A head of 200,000 bytes, within the limit's default, arrives whole.",
		handler: heading(func(h map[string][]string) { h["X-Large"] = []string{strings.Repeat("h", 200000)} }),
		check:   func(x *trial) { x.field(x.get(), "X-Large", strings.Repeat("h", 200000)) },
	},
	{
		name:    "header-beyond-limit",
		want:    "A head beyond the client's limit is an error that names the limit, never a cut head.",
		client:  &protocol.Limits{ResponseHead: 4096},
		handler: heading(func(h map[string][]string) { h["X-Large"] = []string{strings.Repeat("h", 60000)} }),
		check: func(x *trial) {
			got := x.end(x.request("GET", "/"))
			x.cut(got)
			if got.err != nil && !strings.Contains(got.err.Error(), "4096") {
				x.Errorf("%v does not name the limit", got.err)
			}
		},
	},
	{
		name: "header-after-body",
		want: "A field that is set after WriteHeader, or after the first byte, is not sent.",
		handler: native(func(w protocol.ResponseWriter, r *protocol.Request) {
			h := w.Header()
			h.Set("X-Before", "1")
			io.WriteString(w, "body")
			h.Set("X-After", "1")
			h.Set("X-Before", "2")
		}),
		check: func(x *trial) {
			got := x.get()
			x.field(got, "X-Before", "1")
			x.field(got, "X-After")
		},
	},
	{
		name: "header-hop-by-hop",
		want: "Fields that belong to a connection are not a handler's to send.",
		handler: heading(func(h map[string][]string) {
			for _, name := range []string{"Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Upgrade"} {
				h[name] = []string{"x"}
			}
			h["Connection"] = []string{"close, X-Mine"}
			h["Transfer-Encoding"] = []string{"chunked"}
			h["Trailer:X-Late"] = []string{"late"}
		}),
		check: func(x *trial) {
			got := x.get()
			x.whole(got, 200, "body")
			for _, name := range []string{"Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Upgrade", "Transfer-Encoding", "X-Late"} {
				x.field(got, name)
			}
		},
	},
	{
		name:    "header-status",
		want:    "A field called Status is the protocols' own: it does not become the status.",
		handler: heading(func(h map[string][]string) { h["Status"] = []string{"500 Forged"} }),
		check: func(x *trial) {
			got := x.get()
			x.whole(got, 200, "body")
			x.field(got, "Status")
		},
	},
}

// refusing is a case of a head that must not leave.
func refusing(name, sentence string, set func(h map[string][]string)) testCase {
	return testCase{
		name:    name,
		want:    sentence,
		handler: heading(set),
		check: func(x *trial) {
			got := x.get()
			x.status(got, 500)
			x.field(got, "X-Evil")
			x.field(got, "X-Good")
			if strings.Contains(got.body, "body") {
				x.Errorf("the handler's body left: %q", got.body)
			}
		},
	}
}

var refusedHeadCases = []testCase{
	refusing("injection-crlf", "A line break in a value refuses the whole head: 500, and nothing of what would have been injected.",
		func(h map[string][]string) { h["X-Good"] = []string{"a\r\nX-Evil: 1"} }),
	refusing("injection-lf", "A bare line feed in a value refuses the whole head.",
		func(h map[string][]string) { h["X-Good"] = []string{"a\nX-Evil: 1\n\nbody"} }),
	refusing("injection-cr", "A bare carriage return in a value refuses the whole head.",
		func(h map[string][]string) { h["X-Good"] = []string{"a\rX-Evil: 1"} }),
	refusing("injection-nul", "A NUL in a value refuses the whole head.",
		func(h map[string][]string) { h["X-Good"] = []string{"a\x00b"} }),
	refusing("header-folded", "A folded value, continued on a line of its own, refuses the whole head: RFC 9112 section 5.2.",
		func(h map[string][]string) { h["X-Good"] = []string{"a\r\n folded"} }),
	refusing("injection-name", "A line break in a name refuses the whole head.",
		func(h map[string][]string) { h["X-Good\r\nX-Evil"] = []string{"1"} }),
	refusing("header-name-space", "A name with a blank or a colon in it refuses the whole head.",
		func(h map[string][]string) { h["X Good"] = []string{"1"}; h["X-Good:"] = []string{"1"} }),
	refusing("header-name-empty", "A field without a name refuses the whole head.",
		func(h map[string][]string) { h[""] = []string{"1"} }),
	refusing("injection-location", "A line break in a Location, where user input most often lands, refuses the whole head.",
		func(h map[string][]string) { h["Location"] = []string{"/a\r\nX-Evil: 1"} }),
}
