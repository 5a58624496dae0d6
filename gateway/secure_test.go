package gateway_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/internal/certtest"
	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/scgi"
)

// told says what a handler of net/http, and the variables, tell of TLS.
func told(w http.ResponseWriter, hr *http.Request) {
	r := protocol.RequestFromContext(hr.Context())
	peer := ""
	if hr.TLS != nil && len(hr.TLS.PeerCertificates) > 0 {
		peer = hr.TLS.PeerCertificates[0].Subject.CommonName
	}
	fmt.Fprintf(w, "%s tls=%t peer=%q %s %s\n", hr.Proto, hr.TLS != nil && hr.TLS.Version != 0, peer, r.Params.Get("REQUEST_SCHEME"), r.Params.Get("HTTPS"))
	for name, value := range r.Params.All() {
		if strings.HasPrefix(name, "SSL_") {
			fmt.Fprintf(w, "%s=%s\n", name, value)
		}
	}
}

// webClient is a client of net/http's for one server, by HTTP/1.1 or HTTP/2 alone.
func webClient(t *testing.T, addr net.Addr, config *tls.Config, two bool) *http.Client {
	tr := &http.Transport{TLSClientConfig: config, Protocols: new(http.Protocols)}
	tr.Protocols.SetHTTP1(!two)
	tr.Protocols.SetHTTP2(two && config != nil)
	tr.Protocols.SetUnencryptedHTTP2(two && config == nil)
	tr.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, addr.Network(), addr.String())
	}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}
}

func getWeb(t *testing.T, c *http.Client, url string) string {
	t.Helper()
	res, err := c.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Error(err)
	}
	return string(body)
}

// serveWeb serves h by HTTP on what wrap makes of a listener.
func serveWeb(t *testing.T, s *gateway.Server, wrap func(net.Listener) net.Listener) net.Addr {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.ServeHTTP(wrap(l)) }()
	t.Cleanup(func() {
		s.Close()
		<-ended
	})
	return l.Addr()
}

func over(config *tls.Config) func(net.Listener) net.Listener {
	return func(l net.Listener) net.Listener { return &gateway.Listener{Listener: l, TLS: config} }
}

// A listener of tls.NewListener, and one whose server is told of TLS, are served alike.
func TestHTTPOverTLS(t *testing.T) {
	ca := certtest.New(t)
	for _, row := range []struct {
		name string
		next []string
		wrap func(*tls.Config) func(net.Listener) net.Listener
		two  bool // HTTP/2 can be had
	}{
		{"tls.NewListener", []string{"h2", "http/1.1"}, newListener, true},
		{"tls.NewListener without ALPN", nil, newListener, false},
		{"Listener.TLS", nil, over, true},
		{"Listener.TLS without h2", []string{"http/1.1"}, over, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			config := ca.Server(t)
			config.NextProtos = row.next
			addr := serveWeb(t, &gateway.Server{Handler: protocol.FromHTTP(http.HandlerFunc(told))}, row.wrap(config))
			for _, two := range []bool{false, true} {
				if two && !row.two {
					continue
				}
				want := map[bool]string{false: "HTTP/1.1", true: "HTTP/2.0"}[two] + ` tls=true peer="" https on`
				got := getWeb(t, webClient(t, addr, ca.Client(), two), "https://localhost/")
				for _, text := range []string{want, "SSL_PROTOCOL=TLSv1.3\n", "SSL_CIPHER=TLS_", "SSL_TLS_SNI=localhost\n", "SSL_CLIENT_VERIFY=NONE\n"} {
					if !strings.Contains(got, text) {
						t.Errorf("got %q, want %q in it", got, text)
					}
				}
			}
		})
	}
}

func newListener(config *tls.Config) func(net.Listener) net.Listener {
	return func(l net.Listener) net.Listener { return tls.NewListener(l, config) }
}

// What a client's certificate says is told by mod_ssl's names, and by no header. A field that comes
// twice takes nothing of TLS away from a handler of net/http.
func TestClientCertificate(t *testing.T) {
	ca := certtest.New(t)
	config := ca.Server(t)
	config.ClientCAs, config.ClientAuth = ca.Pool, tls.RequireAndVerifyClientCert
	addr := serveWeb(t, &gateway.Server{Handler: protocol.FromHTTP(http.HandlerFunc(told))}, over(config))
	with := ca.Client()
	with.Certificates = []tls.Certificate{ca.Issue(t, pkix.Name{CommonName: "Bob", Organization: []string{"Acme, Inc"}, OrganizationalUnit: []string{"a", "b"}, Country: []string{"DE"}})}
	for _, two := range []bool{false, true} {
		hr, _ := http.NewRequest("GET", "https://localhost/", nil)
		hr.Header["X-Twice"] = []string{"a", "b"}
		hr.Header["Ssl-Client-S-Dn"], hr.Header["SSL_CLIENT_S_DN"] = []string{"CN=Eve"}, []string{"CN=Eve"}
		res, err := webClient(t, addr, with, two).Do(hr)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		for _, want := range []string{`peer="Bob"`, "SSL_CLIENT_VERIFY=SUCCESS\n", "SSL_CLIENT_M_SERIAL=C0FFEE\n", "SSL_CLIENT_M_VERSION=3\n",
			"SSL_CLIENT_S_DN=CN=Bob,OU=", "SSL_CLIENT_S_DN_CN=Bob\n", "SSL_CLIENT_S_DN_OU_1=", "SSL_CLIENT_S_DN_O=Acme, Inc\n", `O=Acme\, Inc,C=DE`,
			"SSL_CLIENT_I_DN=CN=Test CA\n", "SSL_CLIENT_I_DN_CN=Test CA\n", "SSL_CLIENT_V_START=", " GMT\n", "SSL_CLIENT_V_REMAIN=1\n",
			"SSL_CLIENT_A_KEY=id-ecPublicKey\n", "SSL_CLIENT_A_SIG=ecdsa-with-SHA256\n", "SSL_CLIENT_SAN_DNS_0=localhost\n",
			"SSL_CLIENT_CERT=-----BEGIN CERTIFICATE-----\n"} {
			if !strings.Contains(string(body), want) {
				t.Errorf("%s: got %s, want %q in it", res.Proto, body, want)
			}
		}
		if strings.Contains(string(body), "Eve") {
			t.Errorf("%s: a header is taken for a certificate: %s", res.Proto, body)
		}
	}
	if res, err := webClient(t, addr, ca.Client(), false).Get("https://localhost/"); err == nil {
		res.Body.Close()
		t.Error("a client without a certificate is served")
	}
}

// What speaks no TLS where that is meant is told so, in a line and, by HTTP, in an answer.
func TestPlainOnTLS(t *testing.T) {
	ca := certtest.New(t)
	log, logger := newLog()
	s := &gateway.Server{Handler: sayingText("never"), Log: logger}
	addr := serveWeb(t, s, over(ca.Server(t)))
	c := dial(t, addr)
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: h\r\n\r\n")
	if got, _ := io.ReadAll(c); !strings.Contains(string(got), "Client sent an HTTP request to an HTTPS server.") {
		t.Errorf("answered %q", got)
	}
	log.await(t, "HTTP without TLS on a listener of TLS: the peer is to speak TLS, or the listener's scheme to be http://")
	c = dial(t, addr)
	io.WriteString(c, "\x01\x01\x00\x01\x00\x08\x00\x00\x00\x01")
	io.ReadAll(c)
	log.await(t, "FastCGI without TLS on a listener of TLS")
}

func sayingText(text string) protocol.Handler {
	return protocol.HandlerFunc(func(w protocol.ResponseWriter, _ *protocol.Request) error {
		_, err := io.WriteString(w, text)
		return err
	})
}

var errNoNotify = errors.New("no close_notify")

// A strict connection makes an end that TLS has not announced an error of its own.
type strict struct{ net.Conn }

func (c strict) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err == io.EOF {
		err = errNoNotify
	}
	return n, err
}

// A cut response ends without close_notify, a whole one with it.
func TestCloseNotify(t *testing.T) {
	ca := certtest.New(t)
	cutting := protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		io.WriteString(w, "part")
		w.(http.Flusher).Flush()
		if r.Params.Get("PATH_INFO") == "/cut" {
			return errors.New("cut")
		}
		return nil
	})
	web := serveWeb(t, &gateway.Server{Handler: cutting}, over(ca.Server(t)))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	stream := &gateway.Server{Handler: cutting}
	ended := make(chan error, 1)
	go func() { ended <- stream.Serve(tls.NewListener(l, ca.Server(t)), scgi.Protocol{}) }()
	defer func() { stream.Close(); <-ended }()
	for name, row := range map[string]struct {
		addr    net.Addr
		request string
	}{
		"HTTP/1.1": {web, "GET %s HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"},
		"HTTP/1.0": {web, "GET %s HTTP/1.0\r\nHost: h\r\n\r\n"},
		"SCGI":     {l.Addr(), ""},
	} {
		for _, path := range []string{"/all", "/cut"} {
			request := fmt.Sprintf(row.request, path)
			if row.request == "" {
				head := "CONTENT_LENGTH\x000\x00SCGI\x001\x00REQUEST_METHOD\x00GET\x00PATH_INFO\x00" + path + "\x00SERVER_SOFTWARE\x00test\x00"
				request = fmt.Sprintf("%d:%s,", len(head), head)
			}
			tc := tls.Client(strict{dial(t, row.addr)}, ca.Client())
			io.WriteString(tc, request)
			_, err := io.ReadAll(bufio.NewReader(tc))
			if cut := path == "/cut"; cut != (err != nil) {
				t.Errorf("%s %s: read to its end with %v", name, path, err)
			}
		}
	}
}

// The allow-list and MaxConns hold for TLS, and a shutdown waits for no handshake.
func TestTLSConnectionsAreBounded(t *testing.T) {
	ca := certtest.New(t)
	log, logger := newLog()
	s := &gateway.Server{Handler: sayingText("x"), Log: logger, Allow: gateway.AllowList{netip.MustParsePrefix("192.0.2.1/32")}}
	c := dial(t, serveWeb(t, s, over(ca.Server(t))))
	if err := tls.Client(c, ca.Client()).Handshake(); err == nil {
		t.Error("a forbidden peer has a handshake")
	}
	log.await(t, "forbidden peer")

	s = &gateway.Server{Handler: sayingText("x"), MaxConns: 1}
	addr := serveWeb(t, s, over(ca.Server(t)))
	first := dial(t, addr)
	io.WriteString(first, "\x16\x03") // of a handshake that never is whole
	second := tls.Client(dial(t, addr), ca.Client())
	served := make(chan error, 1)
	go func() { served <- second.Handshake() }()
	for s.Stats().Conns == 0 {
	}
	select {
	case err := <-served:
		t.Errorf("a second connection is served: %v", err)
	default:
	}
	first.Close()
	if err := <-served; err != nil {
		t.Error(err)
	}
	stalled := dial(t, serveWeb(t, new(gateway.Server), over(ca.Server(t))))
	io.WriteString(stalled, "\x16\x03")
	second.Close()
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}
