package protocoltest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/postern-gateway/postern/protocol"
)

// A view is what a net/http handler sees of a request.
type view struct {
	Method, URL, URI, Path, Query, Host, Remote, Proto string
	TLS                                                bool
	Length                                             int64
	Header                                             map[string][]string
}

// viewing answers with the handler's view of the request.
var viewing = web(func(w http.ResponseWriter, r *http.Request) {
	json.NewEncoder(w).Encode(view{
		Method: r.Method, URL: r.URL.String(), URI: r.RequestURI, Path: r.URL.Path, Query: r.URL.RawQuery, Host: r.Host,
		Remote: r.RemoteAddr, Proto: r.Proto, TLS: r.TLS != nil, Length: r.ContentLength, Header: r.Header,
	})
})

// view sends r and returns the handler's view of it.
func (x *trial) view(r *protocol.Request) (v view) {
	x.Helper()
	got := x.do(r)
	x.status(got, 200)
	if err := json.Unmarshal([]byte(got.body), &v); err != nil {
		x.Errorf("%v in %.200q", err, got.body)
	}
	return v
}

// equal checks a value under a label.
func equal[T comparable](x *trial, label string, got, want T) {
	x.Helper()
	if got != want {
		x.Errorf("%s is %.300q, want %.300q", label, fmt.Sprint(got), fmt.Sprint(want))
	}
}

const httpAlone = "plain HTTP has no place for a variable that is neither a header field nor part of the request's line"

var requestCases = []testCase{
	{
		name:    "method",
		want:    "Every method passes, known or not.",
		handler: viewing,
		check: func(x *trial) {
			for _, m := range []string{"GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND", "M-SEARCH", "get"} {
				equal(x, "method", x.view(x.request(m, "/")).Method, m)
			}
		},
	},
	{
		name:    "method-malformed",
		want:    "A method that is no token answers 400, or does not leave the client.",
		handler: viewing,
		needs:   Variables, why: "an HTTP client puts the method on the request's line, and refuses one that would break it",
		check: func(x *trial) {
			for _, m := range []string{"GE T", "GET\t", "GET/", "\x7f"} {
				x.status(x.do(x.request(m, "/")), 400)
			}
		},
		else_: func(x *trial) { x.refused(x.request("GE T", "/"), protocol.ErrMalformed) },
	},
	{
		name:    "protocol-and-peer",
		want:    "A request knows by which protocol it came, and from which peer.",
		handler: native(func(w protocol.ResponseWriter, r *protocol.Request) { fmt.Fprint(w, r.Protocol != "", r.Role) }),
		check:   func(x *trial) { x.whole(x.get(), 200, "true responder") },
	},
	{
		name:    "host",
		want:    "The host that the client asked for, with its port, is the handler's.",
		handler: viewing,
		check: func(x *trial) {
			for _, host := range []string{"example.org", "example.org:8080", "[2001:db8::1]:8443", "192.0.2.1"} {
				r := x.request("GET", "/")
				r.Params.Set("HTTP_HOST", host)
				v := x.view(r)
				equal(x, "host", v.Host, host)
				equal(x, "Host fields", len(v.Header["Host"]), 0)
			}
		},
	},
	{
		name:    "remote-address",
		want:    "The client's address and port are what the front tells, IPv6 in brackets.",
		handler: viewing,
		needs:   Variables, why: httpAlone + ": the address is the connection's own",
		check: func(x *trial) {
			for _, row := range [][3]string{
				{"192.0.2.7", "4711", "192.0.2.7:4711"}, {"2001:db8::7", "4711", "[2001:db8::7]:4711"}, {"192.0.2.7", "", "192.0.2.7:0"},
			} {
				r := x.request("GET", "/")
				r.Params.Set("REMOTE_ADDR", row[0])
				r.Params.Set("REMOTE_PORT", row[1])
				equal(x, "remote address", x.view(r).Remote, row[2])
			}
		},
		else_: func(x *trial) {
			if v := x.view(x.request("GET", "/")); strings.HasPrefix(v.Remote, "192.0.2.7") {
				x.Errorf("the client could tell a remote address of its choice: %s", v.Remote)
			}
		},
	},
	{
		name:    "https",
		want:    "HTTPS=on or REQUEST_SCHEME=https, in any case, is a request with TLS; off and nothing are not.",
		handler: viewing,
		needs:   Variables, why: httpAlone + ": TLS is the connection's own",
		check: func(x *trial) {
			for _, row := range []struct {
				name, value string
				tls         bool
			}{
				{"HTTPS", "on", true}, {"HTTPS", "ON", true}, {"HTTPS", "1", true}, {"HTTPS", "off", false}, {"HTTPS", "", false},
				{"REQUEST_SCHEME", "https", true}, {"REQUEST_SCHEME", "http", false}, {"X_NOTHING", "https", false},
			} {
				equal(x, row.name+"="+row.value, x.view(x.request("GET", "/", row.name, row.value)).TLS, row.tls)
			}
		},
		else_: func(x *trial) { equal(x, "TLS", x.view(x.request("GET", "/", "HTTPS", "on")).TLS, x.pair.Secure) },
	},
	{
		name:    "server-protocol",
		want:    "SERVER_PROTOCOL is the client's protocol for the handler.",
		handler: viewing,
		needs:   Variables, why: httpAlone + ": the version is the connection's own",
		check: func(x *trial) {
			for _, row := range [][2]string{{"HTTP/1.0", "HTTP/1.0"}, {"HTTP/2.0", "HTTP/2.0"}, {"HTTP/2", "HTTP/2.0"}, {"INCLUDED", "HTTP/1.1"}} {
				r := x.request("GET", "/")
				r.Params.Set("SERVER_PROTOCOL", row[0])
				equal(x, "protocol", x.view(r).Proto, row[1])
			}
		},
		else_: func(x *trial) { equal(x, "protocol", x.view(x.request("GET", "/")).Proto, "HTTP/1.1") },
	},
	{
		name: "no-body",
		want: "A request without a body has one that ends at once, and a length of 0, also with the empty CONTENT_LENGTH that nginx sends.",
		handler: native(func(w protocol.ResponseWriter, r *protocol.Request) {
			b, err := io.ReadAll(r.Body)
			fmt.Fprint(w, len(b), " ", text(err), " ", r.ContentLength)
		}),
		check: func(x *trial) {
			x.whole(x.get(), 200, "0 none 0")
			x.whole(x.do(x.request("GET", "/", "CONTENT_LENGTH", "", "CONTENT_TYPE", "")), 200, "0 none 0")
			x.whole(x.do(x.post("")), 200, "0 none 0")
		},
	},
	{
		name:    "length-made",
		want:    "The client tells the length of the body that it sends, whatever the variables say of it.",
		handler: echoing,
		check: func(x *trial) {
			x.whole(x.do(x.post("12345")), 200, "5:12345")
			x.whole(x.do(x.post("12345", "CONTENT_LENGTH", "5")), 200, "5:12345")
			x.whole(x.do(x.post("12345", "CONTENT_LENGTH", "")), 200, "5:12345")
			x.whole(x.do(x.post("12345", "CONTENT_LENGTH", "3")), 200, "5:12345")
			x.whole(x.do(x.post("12345", "CONTENT_LENGTH", "700")), 200, "5:12345")
		},
	},
	{
		name: "request-ids",
		want: "An id that the front gives each request comes back with its own answer, request after request.",
		handler: native(func(w protocol.ResponseWriter, r *protocol.Request) {
			io.WriteString(w, r.Params.Get("HTTP_X_REQUEST_ID"))
		}),
		check: func(x *trial) {
			for i := range x.times(20) {
				id := fmt.Sprintf("id-%d-%08x", i, uint32(i)*2654435761)
				x.whole(x.do(x.request("GET", "/", "HTTP_X_REQUEST_ID", id)), 200, id)
			}
		},
	},
}

// echoing answers with the body's declared length, a colon, and the body.
var echoing = failing(func(w protocol.ResponseWriter, r *protocol.Request) error {
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	io.WriteString(w, strconv.FormatInt(r.ContentLength, 10)+":")
	w.Write(b)
	return nil
})

var urlCases = []testCase{
	{
		name:    "url-encodings",
		want:    "REQUEST_URI reaches the handler as the client sent it: encoded slashes, spaces, plus signs, UTF-8 and all.",
		handler: viewing,
		check: func(x *trial) {
			for _, row := range [][3]string{ // REQUEST_URI, path, query
				{"/", "/", ""},
				{"/a/b?c=d&e", "/a/b", "c=d&e"},
				{"/a%2Fb%20c", "/a/b c", ""},
				{"/a+b?x=1+2%203", "/a+b", "x=1+2%203"},
				{"/gr%C3%BC%C3%9Fe?q=%C3%BC", "/grüße", "q=%C3%BC"},
				{"/a//b/../c/./", "/a//b/../c/./", ""},
				{"//double", "//double", ""},
				{"/a;p=1,2:3@4!$&'()*=~-_.", "/a;p=1,2:3@4!$&'()*=~-_.", ""},
				{"/?", "/", ""},
				{"/?a?b/c", "/", "a?b/c"},
				{"/%0d%0a", "/\r\n", ""},
			} {
				r := x.request("GET", row[0])
				// what PATH_INFO says is a front's decoding, and may have lost something
				r.Params.Set("PATH_INFO", "/ignored")
				v := x.view(r)
				equal(x, "RequestURI of "+row[0], v.URI, row[0])
				equal(x, "URL of "+row[0], v.URL, row[0])
				equal(x, "path of "+row[0], v.Path, row[1])
				equal(x, "query of "+row[0], v.Query, row[2])
			}
		},
	},
	{
		name:    "url-long",
		want:    "A target of 8,000 bytes arrives whole.",
		handler: viewing,
		check: func(x *trial) {
			uri := "/" + strings.Repeat("p", 3000) + "?" + strings.Repeat("q", 5000)
			equal(x, "RequestURI", x.view(x.request("GET", uri)).URI, uri)
		},
	},
	{
		name:    "url-from-path",
		want:    "Without REQUEST_URI the URL is made of SCRIPT_NAME, PATH_INFO, which are decoded, and QUERY_STRING, which is not.",
		handler: viewing,
		check: func(x *trial) {
			r := x.request("GET", "/ignored")
			r.Params.Del("REQUEST_URI")
			r.Params.Set("SCRIPT_NAME", "/app dir")
			r.Params.Set("PATH_INFO", "/ü?")
			r.Params.Set("QUERY_STRING", "a=%20")
			v := x.view(r)
			equal(x, "path", v.Path, "/app dir/ü?")
			equal(x, "query", v.Query, "a=%20")
			equal(x, "RequestURI", v.URI, "/app%20dir/%C3%BC%3F?a=%20")
		},
	},
	{
		name:    "url-malformed",
		want:    "A REQUEST_URI that is no URI answers 400, or does not leave the client.",
		handler: viewing,
		needs:   Variables, why: "an HTTP client puts the URL on the request's line, and refuses one that would break it",
		check: func(x *trial) {
			for _, uri := range []string{"/%zz", "/%", "/a%4", "no-slash", "/a\x7fb"} {
				r := x.request("GET", "/")
				r.Params.Set("REQUEST_URI", uri)
				x.status(x.do(r), 400)
			}
		},
		else_: func(x *trial) { x.refused(x.request("GET", "/%zz"), protocol.ErrMalformed) },
	},
	{
		name:    "url-nul",
		want:    "An encoded NUL in a path reaches the handler decoded, or is refused where the path is decoded for an environment.",
		handler: viewing,
		check: func(x *trial) {
			r := x.request("GET", "/a%00b")
			r.Params.Del("PATH_INFO")
			if x.pair.scripts() || x.pair.Chain && !x.pair.has(NUL) {
				if got := x.end(r); got.err == nil && got.status != 400 && !strings.Contains(got.body, `"/a\u0000b"`) {
					x.Errorf("%d %s", got.status, got.body)
				}
				return
			}
			equal(x, "path", x.view(r).Path, "/a\x00b")
		},
	},
	{
		name:    "url-asterisk",
		want:    "OPTIONS * keeps its target, or is refused where every request is for a script.",
		handler: viewing,
		check: func(x *trial) {
			r := x.request("OPTIONS", "*")
			r.Params.Set("PATH_INFO", "")
			if x.pair.scripts() {
				x.refused(r, protocol.ErrNotFound) // it names no script
				return
			}
			v := x.view(r)
			equal(x, "RequestURI", v.URI, "*")
			equal(x, "path", v.Path, "*")
		},
	},
}
