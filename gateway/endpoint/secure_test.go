package endpoint_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509/pkix"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/internal/certtest"
	"github.com/postern-gateway/postern/protocol"
)

// A secureSite has a CA, and the files of a certificate.
type secureSite struct {
	ca            *certtest.CA
	dir           string
	cert, key, in string // in holds the CA's own
}

func newSecureSite(t *testing.T) *secureSite {
	s := &secureSite{ca: certtest.New(t), dir: t.TempDir()}
	s.cert, s.key = certtest.Write(t, s.dir, "server", s.ca.Issue(t, pkix.Name{CommonName: "one"}))
	s.in = s.ca.WriteCA(t, s.dir)
	return s
}

// serveAt serves h at a URL until the test ends.
func serveAt(t *testing.T, s *gateway.Server, url string) *endpoint.Listener {
	t.Helper()
	l, err := endpoint.Listen(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- l.Serve(s) }()
	t.Cleanup(func() {
		s.Close()
		<-ended
	})
	return l
}

var saysScheme = protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
	_, err := io.WriteString(w, r.Params.Get("REQUEST_SCHEME")+" "+r.Params.Get("SSL_CLIENT_S_DN_CN")+" "+r.Params.Get("X"))
	return err
})

// askURL sends a request by the client of a URL.
func askURL(t *testing.T, url string, o *endpoint.ClientOptions) (string, error) {
	t.Helper()
	c, err := endpoint.NewClient(url, o)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	res, err := c.RoundTrip(t.Context(), &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "GET", "REQUEST_URI", "/", "PATH_INFO", "/", "REQUEST_SCHEME", "https", "X", "y")})
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return string(body), err
}

// Each protocol over TLS, between our own two sides, on TCP and on a Unix socket; the backend asks
// for a certificate.
func TestSchemesOverTLS(t *testing.T) {
	site := newSecureSite(t)
	server := "?cert=" + url.QueryEscape(site.cert) + "&key=" + site.key + "&client-ca=" + site.in
	cert, key := certtest.Write(t, site.dir, "client", site.ca.Issue(t, pkix.Name{CommonName: "Bob"}))
	for scheme, want := range map[string]string{"https": "https Bob ", "fastcgis": "https  y", "scgis": "https  y", "uwsgis": "https  y"} {
		for _, at := range []string{"://127.0.0.1:0", "+unix:" + filepath.Join(site.dir, scheme)} {
			l := serveAt(t, &gateway.Server{Handler: saysScheme}, scheme+at+server)
			got, err := askURL(t, l.URL()+"?ca="+site.in+"&cert="+cert+"&key="+key, nil)
			if got != want || err != nil {
				t.Errorf("%s: got %q, %v, want %q", l.URL(), got, err, want)
			}
			if _, err := askURL(t, l.URL()+"?ca="+site.in, nil); err == nil {
				t.Errorf("%s: a client without a certificate is served", l.URL())
			}
		}
	}
}

// What a client does not trust is an error that says so, and that nothing was sent. With insecure
// it is a warning.
func TestUntrustedBackend(t *testing.T) {
	site := newSecureSite(t)
	l := serveAt(t, &gateway.Server{Handler: saysScheme}, "https://127.0.0.1:0?cert="+site.cert+"&key="+site.key)
	for query, want := range map[string]string{
		"": "TLS handshake with 127.0.0.1:", "?ca=" + site.in + "&server-name=other.example": "certificate is valid for localhost, not other.example",
	} {
		_, err := askURL(t, l.URL()+query, nil)
		e, ok := errors.AsType[*protocol.Error](err)
		if !ok || !strings.Contains(err.Error(), want) || !errors.Is(err, protocol.ErrUpstream) || !e.NotSent {
			t.Errorf("%s: %v", query, err)
		}
	}
	var log bytes.Buffer
	got, err := askURL(t, l.URL()+"?insecure", &endpoint.ClientOptions{Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil || got != "https  " {
		t.Errorf("insecure: %q, %v", got, err)
	}
	if !strings.Contains(log.String(), "level=WARN msg=\"INSECURE") {
		t.Errorf("insecure is logged as %q", log.String())
	}
}

// A response that ends without close_notify is cut, also where its end is told by nothing else.
func TestCutBackendOverTLS(t *testing.T) {
	ca := certtest.New(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for whole := false; ; whole = true {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			tc := tls.Server(nc, ca.Server(t))
			tc.Read(make([]byte, 4096))
			io.WriteString(tc, "Status: 200 OK\r\n\r\nhello")
			if whole {
				tc.Close()
			}
			nc.(*net.TCPConn).CloseWrite()
			io.Copy(io.Discard, nc)
			nc.Close()
		}
	}()
	url := "scgis://" + l.Addr().String() + "?ca=" + ca.WriteCA(t, t.TempDir())
	if got, err := askURL(t, url, nil); err == nil || !strings.Contains(err.Error(), "cut") {
		t.Errorf("a cut response: %q, %v", got, err)
	}
	if got, err := askURL(t, url, nil); err != nil || got != "hello" {
		t.Errorf("a whole response: %q, %v", got, err)
	}
}

// A certificate is read again when its files have changed. A broken one is told of once, and the
// old one stays.
func TestCertificateIsReadAgain(t *testing.T) {
	site := newSecureSite(t)
	var log bytes.Buffer
	s := &gateway.Server{Handler: saysScheme, Log: slog.New(slog.NewTextHandler(&log, nil))}
	l := serveAt(t, s, "https://127.0.0.1:0?cert="+site.cert+"&key="+site.key)
	want := func(name string) {
		t.Helper()
		l.LookAgain()
		c, err := tls.Dial("tcp", l.Addr().String(), site.ca.Client())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if got := c.ConnectionState().PeerCertificates[0].Subject.CommonName; got != name {
			t.Errorf("the certificate of %s, want that of %s", got, name)
		}
	}
	want("one")
	later := time.Now().Add(time.Hour)
	if err := os.WriteFile(site.key, []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	want("one")
	want("one")
	certtest.Write(t, site.dir, "server", site.ca.Issue(t, pkix.Name{CommonName: "two"}))
	os.Chtimes(site.cert, later, later)
	want("two")
	s.Close()
	if n := strings.Count(log.String(), "the new certificate cannot be used: the old one stays"); n != 1 {
		t.Errorf("%d lines of a broken certificate:\n%s", n, log.String())
	}
}

// What is wrong with files and options is one line, at the start.
func TestBadTLSOptions(t *testing.T) {
	site := newSecureSite(t)
	_, other := certtest.Write(t, site.dir, "other", site.ca.Issue(t, pkix.Name{}))
	given := "cert=" + site.cert + "&key=" + site.key
	for _, row := range []struct{ url, want string }{
		{"https://127.0.0.1:0", "no certificate: write ?cert=FILE&key=FILE"},
		{"https://127.0.0.1:0?cert=/nonexistent.pem", "/nonexistent.pem: no such file"},
		{"https://127.0.0.1:0?cert=" + site.cert, "private key"},
		{"scgis://127.0.0.1:0?cert=" + site.cert + "&key=" + other, "private key does not match public key"},
		{"https://127.0.0.1:0?" + given + "&client-ca=/nonexistent.pem", "client-ca: open /nonexistent.pem"},
		{"https://127.0.0.1:0?" + given + "&client-ca=" + site.key, "client-ca: there is no certificate in " + site.key},
		{"https://127.0.0.1:0?" + given + "&ca=" + site.in, "option ca is for calling"},
		{"https://127.0.0.1:0?" + given + "&client-ca-optional", "client-ca-optional needs client-ca=FILE"},
		{"http://127.0.0.1:0?" + given, `unknown option "cert": known here are allow`},
	} {
		_, err := endpoint.Listen(t.Context(), row.url)
		if err == nil {
			t.Errorf("%s: no error", row.url)
			continue
		}
		checkLine(t, row.url, err, row.want)
	}
	for _, row := range []struct{ url, want string }{
		{"https://127.0.0.1:1?ca=/nonexistent.pem", "ca: open /nonexistent.pem"},
		{"uwsgis://127.0.0.1:1?ca=" + site.key, "ca: there is no certificate in"},
		{"https://127.0.0.1:1?client-ca=" + site.in, "option client-ca is for listening"},
		{"https://127.0.0.1:1?key=" + site.key, "option key needs cert=FILE"},
		{"https://127.0.0.1:1?" + "cert=" + site.cert + "&key=" + other, "private key does not match public key"},
	} {
		_, err := endpoint.NewClient(row.url, nil)
		if err == nil {
			t.Errorf("%s: no error", row.url)
			continue
		}
		checkLine(t, row.url, err, row.want)
	}
}
