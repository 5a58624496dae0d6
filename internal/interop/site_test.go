package interop

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A site is a pair that runs, as a case sees it: a web server to ask, and the handler behind it to
// watch.
type site struct {
	*pair
	addr     string // host:port of plain HTTP
	tlsAddr  string
	viaHTTP  bool      // the net/http handler is to answer, not the native one
	exercise *exercise // nil where the handler is in another process
	client   *http.Client
}

// patience bounds whatever a case waits for. It is no measure: nothing comes near it unless
// something hangs.
const patience = 30 * time.Second

func newClient() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			// the front's certificate is the test's own
			TLSClientConfig:     &tls.Config{InsecureSkipVerify: true},
			DisableCompression:  true,
			MaxIdleConnsPerHost: 4,
			// sooner than any front's: a POST on a connection that ends is not sent again
			IdleConnTimeout: time.Second,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// A call is one request of a case.
type call struct {
	method string // GET unless there is a body, then POST
	path   string // with the query
	body   io.Reader
	header http.Header
	tls    bool
}

// A reply is a response that arrived whole, or how far it got.
type reply struct {
	status int
	header http.Header
	body   []byte
	err    error // why the body is not whole
}

func (s *site) request(ctx context.Context, c call) (*http.Request, error) {
	if c.method == "" {
		c.method = http.MethodGet
		if c.body != nil {
			c.method = http.MethodPost
		}
	}
	url := "http://" + s.addr + c.path
	if c.tls {
		url = "https://" + s.tlsAddr + c.path
	}
	r, err := http.NewRequestWithContext(ctx, c.method, url, c.body)
	if err != nil {
		return nil, err
	}
	for name, values := range c.header {
		r.Header[name] = values
	}
	if s.viaHTTP {
		r.Header.Set(viaHTTP, "1")
	}
	return r, nil
}

// try sends c and reads the whole response. The error is one of the head.
func (s *site) try(ctx context.Context, c call) (*reply, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r, err := s.request(ctx, c)
	if err != nil {
		return nil, err
	}
	resp, err := s.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return &reply{resp.StatusCode, resp.Header, body, err}, nil
}

// do is try for a response that must arrive whole.
func (s *site) do(t *testing.T, c call) *reply {
	t.Helper()
	r, err := s.try(t.Context(), c)
	if err == nil {
		err = r.err
	}
	if err != nil {
		t.Fatalf("%s %s: %v", c.method, c.path, err)
	}
	return r
}

// get is do for a path alone, and for status 200.
func (s *site) get(t *testing.T, path string) *reply {
	t.Helper()
	return s.do(t, call{path: path}).want(t, http.StatusOK)
}

func (r *reply) want(t *testing.T, status int) *reply {
	t.Helper()
	if r.status != status {
		t.Fatalf("status: want %d, got %d with body %.200q", status, r.status, r.body)
	}
	return r
}

func (r *reply) wantBody(t *testing.T, want string) *reply {
	t.Helper()
	if string(r.body) != want {
		t.Fatalf("body: want %d bytes %.200q, got %d bytes %.200q", len(want), want, len(r.body), r.body)
	}
	return r
}

// seen asks /t/request and returns what the handler found.
func (s *site) seen(t *testing.T, c call) seen {
	t.Helper()
	if c.path == "" {
		c.path = "/t/request"
	}
	var v seen
	decode(t, s.do(t, c).want(t, http.StatusOK).body, &v)
	return v
}

// vars asks /vars and returns the variables in order.
func (s *site) vars(t *testing.T, c call) [][2]string {
	t.Helper()
	var v [][2]string
	decode(t, s.do(t, c).want(t, http.StatusOK).body, &v)
	return v
}

func decode(t *testing.T, b []byte, v any) {
	t.Helper()
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatalf("%v in %.200q", err, b)
	}
}

// values are those of every variable of a name, in order.
func values(vars [][2]string, name string) []string {
	var v []string
	for _, pair := range vars {
		if pair[0] == name {
			v = append(v, pair[1])
		}
	}
	return v
}

// raw sends a request's head by hand and returns the connection.
func (s *site) raw(t *testing.T, method, path string, fields ...string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if s.viaHTTP {
		fields = append(fields, viaHTTP+": 1")
	}
	head := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\n%s\r\n\r\n", method, path, s.addr,
		strings.Join(append(fields, "Connection: close"), "\r\n"))
	if _, err := io.WriteString(c, head); err != nil {
		t.Fatal(err)
	}
	return c
}

// sumOf is what /t/sum answers to b.
func sumOf(b []byte) string {
	s, _ := sum(bytes.NewReader(b))
	return s
}

func hex(n int) string { return strconv.FormatInt(int64(n), 16) }
