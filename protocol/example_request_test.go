package protocol_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"

	"github.com/postern-gateway/postern/protocol"
)

func ExampleParams() {
	p := protocol.Pairs("REQUEST_METHOD", "GET", "HTTP_X_TAG", "a", "HTTP_X_TAG", "b")
	p.Set("REQUEST_METHOD", "HEAD")
	p.Add("REQUEST_URI", "/")
	for name, value := range p.All() {
		fmt.Println(name, value)
	}
	_, ok := p.Lookup("HTTPS")
	fmt.Println(p.Get("HTTP_X_TAG"), ok)
	// Output:
	// REQUEST_METHOD HEAD
	// HTTP_X_TAG a
	// HTTP_X_TAG b
	// REQUEST_URI /
	// b false
}

func ExampleParam() {
	p := protocol.Params{{Name: "REQUEST_METHOD", Value: "GET"}}
	fmt.Println(p[0].Name, p[0].Value)
	// Output: REQUEST_METHOD GET
}

func ExamplePairs() {
	fmt.Println(protocol.Pairs("REQUEST_METHOD", "GET", "REQUEST_URI", "/"))
	// Output: [{REQUEST_METHOD GET} {REQUEST_URI /}]
}

func ExampleParams_ContentLength() {
	n, ok, err := protocol.Pairs("CONTENT_LENGTH", "27").ContentLength()
	fmt.Println(n, ok, err)
	_, _, err = protocol.Pairs("CONTENT_LENGTH", "5abc").ContentLength()
	fmt.Println(err)
	// Output:
	// 27 true <nil>
	// read params: malformed: CONTENT_LENGTH "5abc"
}

func ExampleRequest() {
	r := &protocol.Request{
		Params: protocol.Pairs(
			"REQUEST_METHOD", "POST", "REQUEST_URI", "/a%20b?c=d", "HTTP_HOST", "example.org", "HTTPS", "on",
			"REMOTE_ADDR", "2001:db8::1", "REMOTE_PORT", "4711", "HTTP_X_TAG", "a", "HTTP_X_TAG", "b"),
		Body:          strings.NewReader("hello"),
		ContentLength: 5,
	}
	u, err := r.URL()
	fmt.Println(r.Method(), r.Scheme(), r.Host(), u.Path, err)
	fmt.Println(r.RemoteAddr(), r.Header())
	// Output:
	// POST https example.org /a b <nil>
	// [2001:db8::1]:4711 map[X-Tag:[a, b]]
}

func ExampleRequest_HTTP() {
	r := &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "GET", "REQUEST_URI", "/p?q=1", "HTTP_COOKIE", "a=1", "HTTP_COOKIE", "b=2")}
	hr, err := r.HTTP()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(hr.Method, hr.URL.Path, hr.FormValue("q"), hr.Cookies())
	// Output: GET /p 1 [a=1 b=2]
}

func ExampleNewRequest() {
	hr := httptest.NewRequest("GET", "/p?q=1", nil)
	hr.Header = http.Header{"X-Tag": {"a", "b"}, "X_Tag": {"forged"}, "Proxy": {"forged"}}
	for name, value := range protocol.NewRequest(hr).Params.All() {
		if strings.HasPrefix(name, "HTTP_") || strings.HasPrefix(name, "REQUEST_") {
			fmt.Println(name, value)
		}
	}
	// Output:
	// REQUEST_METHOD GET
	// REQUEST_URI /p?q=1
	// REQUEST_SCHEME http
	// HTTP_HOST example.com
	// HTTP_X_TAG a, b
}

func ExampleRole() {
	fmt.Println(protocol.Responder, protocol.Authorizer, protocol.Filter)
	// Output: responder authorizer filter
}

func ExampleError() {
	err := fmt.Errorf("while serving: %w", &protocol.Error{
		Protocol: "fastcgi", Op: "read params", Kind: protocol.ErrTooLarge, Detail: protocol.Exceeds(70000, 65536, "bytes"),
	})
	fmt.Println(err)
	fmt.Println(errors.Is(err, protocol.ErrTooLarge), protocol.Status(err))
	// Output:
	// while serving: fastcgi: read params: too large: 70000 > 65536 bytes
	// true 413
}

func ExampleExceeds() {
	fmt.Println(protocol.Exceeds(70000, 65536, "bytes"))
	// Output: 70000 > 65536 bytes
}

func ExampleKindOf() {
	fmt.Println(protocol.KindOf(404), protocol.KindOf(500))
	// Output: not found upstream
}

func ExampleClip() {
	fmt.Println(protocol.Clip(strings.Repeat("long ", 1000)))
	// Output: long long long long long long long long long long long long long long long long ...
}

func ExampleStatus() {
	fmt.Println(protocol.Status(protocol.ErrUnsupported), protocol.Status(io.ErrUnexpectedEOF), protocol.Status(errors.New("any other")))
	fmt.Println(protocol.Status(&protocol.Error{Kind: protocol.ErrUpstream, Err: context.DeadlineExceeded}))
	// Output:
	// 501 400 500
	// 504
}

func ExampleLimits() {
	// a body of 1 MiB at most, any number of variables; the rest as it is
	lim := &protocol.Limits{Body: 1 << 20, ParamCount: -1}
	r := lim.Resolve()
	fmt.Println(r.Body, r.ParamBytes, r.HeadTimeout)
	// Output: 1048576 204800 30s
}

func ExampleBufferUnknownLength() {
	r := &protocol.Request{Body: io.MultiReader(strings.NewReader("of "), strings.NewReader("unknown length")), ContentLength: -1}
	measured, done, err := protocol.BufferUnknownLength(r, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer done()
	fmt.Println(measured.ContentLength, measured.Params)
	// Output: 17 [{CONTENT_LENGTH 17}]
}

func ExampleSpool() {
	s := &protocol.Spool{Memory: 4, File: 100} // four bytes in memory, a hundred in a file
	defer s.Close()
	fmt.Fprint(s, "more than four bytes")
	fmt.Println(s.Len())
	io.Copy(os.Stdout, s)
	// Output:
	// 20
	// more than four bytes
}

// What a client sent in header fields that are for the next hop, or that name a variable of the
// server, goes to a handler but not to everybody else.
func ExampleDestination() {
	p := protocol.Pairs("REQUEST_METHOD", "GET", "HTTP_PROXY", "http://evil.example", "HTTP_AUTHORIZATION", "Basic bWU6eA==")
	for _, d := range []protocol.Destination{protocol.ToBackend, protocol.ToEnvironment, protocol.ToStranger} {
		var names []string
		for _, v := range p.To(d) {
			names = append(names, v.Name)
		}
		fmt.Println(names)
	}
	// Output:
	// [REQUEST_METHOD HTTP_AUTHORIZATION]
	// [REQUEST_METHOD HTTP_AUTHORIZATION]
	// [REQUEST_METHOD]
}

// Servers that share a Budget are bounded together.
func ExampleBudget() {
	var shared protocol.Budget
	lim := &protocol.Limits{Budget: &shared, TotalMemory: 64 << 20}
	fmt.Println(lim.Resolve().TotalMemory, shared.HoldMemory(1000), shared.HoldMemory(-1000))
	// Output: 67108864 1000 0
}
