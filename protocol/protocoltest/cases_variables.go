package protocoltest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/postern-gateway/postern/protocol"
)

// listing answers with the variables as a JSON array of names and values, each byte of them a
// character, so that none is lost.
var listing = native(func(w protocol.ResponseWriter, r *protocol.Request) {
	var all [][2]string
	for name, value := range r.Params.All() {
		all = append(all, [2]string{latin1(name), latin1(value)})
	}
	json.NewEncoder(w).Encode(all)
})

// latin1 makes a character of each byte.
func latin1(s string) string {
	out := make([]rune, len(s))
	for i := range len(s) {
		out[i] = rune(s[i])
	}
	return string(out)
}

// variables sends r and returns the variables that the handler saw and whose names begin with
// prefix.
func (x *trial) variables(r *protocol.Request, prefix string) (p protocol.Params) {
	x.Helper()
	got := x.do(r)
	x.status(got, 200)
	var all [][2]string
	if err := json.Unmarshal([]byte(got.body), &all); err != nil {
		x.Errorf("%v in %.200q", err, got.body)
	}
	for _, v := range all {
		if strings.HasPrefix(v[0], prefix) {
			p.Add(v[0], v[1])
		}
	}
	return p
}

// same checks variables, in their order.
func (x *trial) same(got, want protocol.Params) {
	x.Helper()
	if !slices.Equal(got, want) {
		x.Errorf("got variables %.400q\nwant %.400q", fmt.Sprint(got), fmt.Sprint(want))
	}
}

var fieldCases = []testCase{
	{
		name:    "fields-joined",
		want:    "A header field that came twice is one value for the handler, in order, a comma between (RFC 9110 section 5.3).",
		handler: viewing,
		check: func(x *trial) {
			v := x.view(x.request("GET", "/", "HTTP_X_LIST", "a", "HTTP_ACCEPT", "text/html", "HTTP_X_LIST", "b, c", "HTTP_ACCEPT", "*/*"))
			equal(x, "X-List", strings.Join(v.Header["X-List"], "|"), "a, b, c")
			equal(x, "Accept", strings.Join(v.Header["Accept"], "|"), "text/html, */*")
		},
	},
	{
		name:    "cookies-joined",
		want:    "Cookies that came in several fields are all there for the handler, a semicolon between (RFC 6265 section 5.4).",
		handler: web(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Cookies()) }),
		check: func(x *trial) {
			x.whole(x.do(x.request("GET", "/", "HTTP_COOKIE", "a=1; b=2", "HTTP_COOKIE", "c=3")), 200, "[a=1 b=2 c=3]")
		},
	},
	{
		name:    "field-names",
		want:    "A header field has its usual name, and a value of any printable bytes.",
		handler: viewing,
		check: func(x *trial) {
			v := x.view(x.request("GET", "/", "HTTP_USER_AGENT", "a \"b\" (c; d)", "HTTP_X_MADE_UP", "grüße", "HTTP_DNT", "1"))
			equal(x, "User-Agent", strings.Join(v.Header["User-Agent"], "|"), "a \"b\" (c; d)")
			equal(x, "X-Made-Up", strings.Join(v.Header["X-Made-Up"], "|"), "grüße")
			equal(x, "Dnt", strings.Join(v.Header["Dnt"], "|"), "1")
		},
	},
	{
		name:    "proxy-dropped",
		want:    "A Proxy field reaches no handler in any spelling: as HTTP_PROXY it would be taken for the environment's (CVE-2016-5385).",
		handler: viewing,
		check: func(x *trial) {
			for _, name := range []string{"HTTP_PROXY", "HTTP_proxy", "HTTP_Proxy"} {
				v := x.view(x.request("GET", "/", name, "http://evil.example", "HTTP_X_OTHER", "1"))
				equal(x, "Proxy fields", len(v.Header["Proxy"]), 0)
				equal(x, "X-Other", strings.Join(v.Header["X-Other"], "|"), "1")
			}
		},
	},
	{
		name:    "lengths-and-codings-dropped",
		want:    "HTTP_CONTENT_LENGTH, HTTP_CONTENT_TYPE and HTTP_TRANSFER_ENCODING say nothing: the front has taken a chunked body apart.",
		handler: viewing,
		check: func(x *trial) {
			v := x.view(x.post("12345", "HTTP_CONTENT_LENGTH", "3", "HTTP_CONTENT_TYPE", "text/evil", "HTTP_TRANSFER_ENCODING", "chunked",
				"CONTENT_TYPE", "text/plain"))
			equal(x, "length", v.Length, 5)
			equal(x, "Content-Type", strings.Join(v.Header["Content-Type"], "|"), "text/plain")
			equal(x, "Transfer-Encoding", len(v.Header["Transfer-Encoding"]), 0)
		},
	},
	{
		name:    "underscores",
		want:    "A field whose name holds a dot or a blank cannot pose as the one with hyphens.",
		handler: viewing,
		check: func(x *trial) {
			v := x.view(x.request("GET", "/", "HTTP_X_FORWARDED_FOR", "192.0.2.1", "HTTP_X.FORWARDED_FOR", "6.6.6.6"))
			equal(x, "X-Forwarded-For", strings.Join(v.Header["X-Forwarded-For"], "|"), "192.0.2.1")
		},
	},
}

var variableCases = []testCase{
	{
		name:    "variables-in-order",
		want:    "Variables arrive whole and in their order, also those that are no header field.",
		handler: listing,
		needs:   Variables, why: httpAlone,
		check: func(x *trial) {
			p := protocol.Pairs("V_B", "2", "V_A", "1", "V_C", "", "V_lower", "x", "V_9", "9")
			r := x.request("GET", "/")
			r.Params = append(r.Params, p...)
			x.same(x.variables(r, "V_"), p)
		},
		else_: func(x *trial) { x.same(x.variables(x.request("GET", "/", "V_A", "1"), "V_"), nil) },
	},
	{
		name:    "variables-duplicate",
		want:    "A field that came twice leaves a client once: joined, in the last one's place, or the last where it is no list.",
		handler: listing,
		check: func(x *trial) {
			x.same(x.variables(x.request("GET", "/", "HTTP_X_TWICE", "a", "HTTP_X_TWICE", "b"), "HTTP_X_TWICE"), protocol.Pairs("HTTP_X_TWICE", "a, b"))
			x.same(x.variables(x.request("GET", "/", "HTTP_REFERER", "a", "HTTP_REFERER", "b"), "HTTP_REFERER"), protocol.Pairs("HTTP_REFERER", "b"))
		},
	},
	{
		name:    "the-last-variable-counts",
		want:    "Of a variable that comes twice the last counts and leaves a client: what a front sets after its include is not passed by.",
		handler: listing,
		needs:   Variables, why: httpAlone,
		check: func(x *trial) {
			r := x.request("GET", "/", "REMOTE_USER", "mallory", "V_B", "1", "REMOTE_USER", "bob", "V_A", "1", "V_B", "2")
			x.same(x.variables(r, "REMOTE_USER"), protocol.Pairs("REMOTE_USER", "bob"))
			x.same(x.variables(r, "V_"), protocol.Pairs("V_A", "1", "V_B", "2"))
		},
		else_: func(x *trial) { x.same(x.variables(x.request("GET", "/", "REMOTE_USER", "a"), "REMOTE_USER"), nil) },
	},
	{
		name:    "a-blanked-length",
		want:    "CONTENT_LENGTH set again to nothing, as in a location for auth_request, is a request without a body.",
		handler: viewing,
		check: func(x *trial) {
			v := x.view(x.request("GET", "/", "CONTENT_LENGTH", "5", "CONTENT_LENGTH", ""))
			equal(x, "length", v.Length, 0)
		},
	},
	{
		name:    "variables-1000",
		want:    "A thousand variables arrive whole.",
		handler: listing,
		check: func(x *trial) {
			r, want := x.request("GET", "/"), protocol.Params{}
			for i := range 1000 {
				want.Add(fmt.Sprintf("HTTP_N_%04d", i), itoa(i))
			}
			r.Params = append(r.Params, want...)
			got := x.variables(r, "HTTP_N_")
			if !x.pair.has(Variables) { // a header has no order
				slices.SortFunc(got, func(a, b protocol.Param) int { return strings.Compare(a.Name, b.Name) })
			}
			x.same(got, want)
		},
	},
	{
		name:    "variables-too-many",
		want:    "More variables than the limit allows answer 431, or 400 where the transport has its own, and reach no handler.",
		limits:  &protocol.Limits{ParamCount: 50},
		handler: listing,
		needs:   Variables, why: "the number of fields is net/http's to limit, and it counts bytes alone",
		check: func(x *trial) {
			r := x.request("GET", "/")
			for i := range 60 {
				r.Params.Add("V_"+itoa(i), "x")
			}
			x.tooLarge(r)
		},
		else_: func(x *trial) { x.status(x.get(), 200) },
	},
	{
		name:    "variables-too-large",
		want:    "Variables of more bytes than the limit allows answer 431 and reach no handler.",
		limits:  &protocol.Limits{ParamBytes: 8000},
		handler: listing,
		needs:   Variables, why: "the bytes of a header are net/http's to limit: Server.MaxHeaderBytes",
		check: func(x *trial) { x.tooLarge(x.request("GET", "/", "V_LARGE", strings.Repeat("v", 9000))) },
		else_: func(x *trial) { x.status(x.get(), 200) },
	},
	{
		name:    "variables-large",
		want:    "Variables of 200,000 bytes, within the limit's default, arrive whole, or are refused by a client whose wire holds less.",
		handler: listing,
		check: func(x *trial) {
			r, want := x.request("GET", "/"), protocol.Params{}
			for i := range 10 {
				want.Add("HTTP_V_"+itoa(i), strings.Repeat(itoa(i), 20000))
			}
			r.Params = append(r.Params, want...)
			if x.pair.MaxBlock != 0 && x.pair.MaxBlock < 200000 {
				x.refused(r, protocol.ErrTooLarge)
				return
			}
			x.same(x.variables(r, "HTTP_V_"), want)
		},
	},
	{
		name:    "variables-kept",
		want:    "A handler may keep Params and their strings after it has returned, and what it kept does not change.",
		handler: keeping,
		check:   func(x *trial) { x.keeps() },
	},
}

// tooLarge checks that a request whose variables are beyond a limit is refused by a status.
func (x *trial) tooLarge(r *protocol.Request) {
	x.Helper()
	got := x.do(r)
	x.status(got, 431)
	if strings.Contains(got.body, "V_") {
		x.Errorf("the handler was called: %.100q", got.body)
	}
	x.status(x.do(x.request("GET", "/")), 200)
}

var valueCases = []testCase{
	{
		name:    "values-of-every-size",
		want:    "Values of 0, 1, 127, 128, 255, 256, 16,383 bytes arrive as they were: no length's coding has a seam.",
		handler: listing,
		check: func(x *trial) {
			for _, n := range []int{0, 1, 126, 127, 128, 129, 255, 256, 4095, 4096, 16383} {
				x.carries(strings.Repeat("v", n))
			}
		},
	},
	{
		name:    "value-65535",
		want:    "A value of 65,535 bytes arrives whole, or is refused by a client whose wire holds less.",
		handler: listing,
		check:   func(x *trial) { x.carries(strings.Repeat("v", 65535)) },
	},
	{
		name:    "value-70000",
		want:    "A value of 70,000 bytes, more than 16 bits can count, arrives whole, or is refused by a client whose wire holds less.",
		handler: listing,
		check:   func(x *trial) { x.carries(strings.Repeat("v", 70000)) },
	},
	{
		name:    "names-of-every-size",
		want:    "Names of 127, 128 and 1,000 bytes arrive as they were.",
		handler: listing,
		check: func(x *trial) {
			for _, n := range []int{127, 128, 129, 255, 256, 1000} {
				name := "HTTP_L_" + strings.Repeat("N", n-7)
				x.same(x.variables(x.request("GET", "/", name, "v"), "HTTP_L_"), protocol.Pairs(name, "v"))
			}
		},
	},
	{
		name:    "value-binary",
		want:    "A value of all bytes from 1 to 255 arrives as it was, or does not leave a client that has no place for it.",
		handler: listing,
		needs:   Bytes, why: "a header field has no place for control characters (RFC 9110 section 5.5)",
		check: func(x *trial) {
			var b []byte
			for c := 1; c < 256; c++ {
				b = append(b, byte(c))
			}
			x.same(x.variables(x.request("GET", "/", "HTTP_X_BINARY", string(b)), "HTTP_X_BINARY"), protocol.Pairs("HTTP_X_BINARY", latin1(string(b))))
		},
		else_: func(x *trial) { x.refused(x.request("GET", "/", "HTTP_X_BINARY", "a\nb"), protocol.ErrMalformed) },
	},
	{
		name:    "value-nul",
		want:    "A NUL in a value arrives where the wire can carry it; else the request does not leave the client.",
		handler: listing,
		needs:   NUL, why: "a NUL is the end of a value here, or of an environment's variable, and must not cut it",
		check: func(x *trial) {
			x.same(x.variables(x.request("GET", "/", "HTTP_X_NUL", "a\x00b"), "HTTP_X_NUL"), protocol.Pairs("HTTP_X_NUL", "a\x00b"))
		},
		else_: func(x *trial) { x.refused(x.request("GET", "/", "HTTP_X_NUL", "a\x00b"), protocol.ErrMalformed) },
	},
	{
		name:    "name-empty",
		want:    "A variable without a name is carried, dropped or refused, and never takes another one's value along.",
		handler: listing,
		check: func(x *trial) {
			r := x.request("GET", "/", "", "nameless", "HTTP_X_NEXT", "n")
			res, err := x.try(r)
			if err != nil {
				x.Logf("refused: %v", err)
				return
			}
			if got := finish(res); got.status != 400 && !strings.Contains(got.body, `["HTTP_X_NEXT","n"]`) {
				x.Errorf("%d %s", got.status, got.body)
			}
		},
	},
}

// carries checks that a value arrives, or is refused where the pair has no room for it.
func (x *trial) carries(value string) {
	x.Helper()
	r := x.request("GET", "/", "HTTP_X_VALUE", value)
	if limit := x.pair.MaxValue; limit != 0 && len(value) > limit {
		x.refused(r, protocol.ErrTooLarge)
		return
	}
	got := x.variables(r, "HTTP_X_VALUE")
	if len(got) != 1 || got[0].Value != value {
		x.Errorf("a value of %d bytes arrived as %.100q", len(value), fmt.Sprint(got))
	}
}

// keeping keeps its request's variables in a goroutine that outlives it, and tells in the end what
// it kept.
var keeping = native(func(w protocol.ResponseWriter, r *protocol.Request) {
	l := call(r)
	params := r.Params
	go func() {
		defer l.hangUp()
		l.hear()
		l.say(params.Get("HTTP_X_VALUE") + " " + itoa(len(params)))
	}()
	io.WriteString(w, itoa(len(params)))
})

func (x *trial) keeps() {
	if x.pair.scripts() {
		x.status(x.do(x.request("GET", "/", "HTTP_X_VALUE", "first")), 200)
		return
	}
	first := x.do(x.request("GET", "/", "HTTP_X_VALUE", "first"))
	l := x.answer()
	for range 20 {
		x.do(x.request("GET", "/", "HTTP_X_VALUE", strings.Repeat("other", 100)))
		x.answer().say("done")
	}
	l.say("now")
	x.hears(l, "first "+first.body)
}
