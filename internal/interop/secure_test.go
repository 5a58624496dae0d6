package interop

import (
	"context"
	"crypto/tls"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"text/template"
	"time"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/internal/certtest"
	"github.com/postern-gateway/postern/protocol"
)

// A secureConf is what the configurations of testdata/secure can say.
type secureConf struct {
	Dir  string // a folder for all that the fronts write
	Root bool   // the test runs as root

	CA, Cert, Key, Both string // the CA, and a client's certificate and key, also in one file

	HTTPS, UWSGI, FastCGI, SCGI, H2C string // where Postern listens

	Nginx, HAProxy, StunnelFastCGI, StunnelSCGI int // ports of loopback
}

// tellTLS answers with what there is to tell of TLS, or is cut.
var tellTLS = protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
	p := &r.Params
	fmt.Fprintf(w, "%s %s %s client=%s %s\n", r.Protocol, p.Get("SERVER_PROTOCOL"), p.Get("REQUEST_SCHEME"), p.Get("SSL_CLIENT_S_DN"), p.Get("SSL_PROTOCOL"))
	if strings.HasSuffix(r.RequestURI(), "/cut") {
		w.(http.Flusher).Flush()
		return errors.New("cut")
	}
	_, err := io.Copy(w, r.Body)
	return err
})

// startSecure starts Postern over TLS, each scheme asking for a certificate, and the fronts before
// it.
func startSecure(t *testing.T) *secureConf {
	t.Helper()
	ca := certtest.New(t)
	c := &secureConf{Dir: sharedDir(t), Root: os.Getuid() == 0}
	c.CA = ca.WriteCA(t, c.Dir)
	c.Cert, c.Key = certtest.Write(t, c.Dir, "front", ca.Issue(t, pkix.Name{CommonName: "front"}))
	c.Both = filepath.Join(c.Dir, "both.pem")
	var both []byte
	for _, file := range []string{c.Cert, c.Key} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		both = append(both, text...)
	}
	if err := os.WriteFile(c.Both, both, 0o600); err != nil {
		t.Fatal(err)
	}
	cert, key := certtest.Write(t, c.Dir, "postern", ca.Issue(t, pkix.Name{CommonName: "postern"}))
	var ls []*endpoint.Listener
	for scheme, at := range map[string]*string{"https": &c.HTTPS, "uwsgis": &c.UWSGI, "fastcgis": &c.FastCGI, "scgis": &c.SCGI, "http": &c.H2C} {
		url := scheme + "://127.0.0.1:0"
		if scheme != "http" {
			url += "?cert=" + cert + "&key=" + key + "&client-ca=" + c.CA
		}
		l, err := endpoint.Listen(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		*at = l.Addr().String()
		ls = append(ls, l)
	}
	runServer(t, &gateway.Server{Handler: tellTLS, Log: backendLog(t)}, ls...)
	c.Nginx, c.HAProxy = freePorts(t)
	c.StunnelFastCGI, c.StunnelSCGI = freePorts(t)
	c.start(t, "stunnel", c.StunnelSCGI, "stunnel")
	c.start(t, "nginx", c.Nginx, "nginx", "-e", "stderr", "-p", c.Dir, "-c")
	c.start(t, "haproxy", c.HAProxy, "haproxy", "-db", "-f")
	return c
}

// start starts a front, and returns once it accepts on a port.
func (c *secureConf) start(t *testing.T, name string, port int, argv ...string) {
	t.Helper()
	text, err := template.ParseFiles(filepath.Join("testdata", "secure", name+".conf"))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(c.Dir, name+".conf")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := text.Execute(f, c); err != nil {
		t.Fatal(err)
	}
	p, err := startProcess(filepath.Join(c.Dir, name+".log"), nil, append(argv, file)...)
	if err != nil {
		t.Fatal(err)
	}
	p.stopAtEnd(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := p.waitAccepts(ctx, loopback(port)); err != nil {
		t.Fatalf("%v; its log:\n%s", err, p.said())
	}
}

// TestSecureFronts has the fronts speak each protocol to Postern over TLS.
func TestSecureFronts(t *testing.T) {
	needFronts(t)
	c := startSecure(t)
	client := &http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
	for _, row := range []struct{ name, url, want string }{
		{"nginx's suwsgi", loopback(c.Nginx) + "/uwsgi", "uwsgi HTTP/1.1 http client= \n"},
		{"nginx's proxy_pass https", loopback(c.Nginx) + "/https", "http HTTP/1.1 https client=CN=front TLSv1.2\n"},
		{"nginx's fastcgi_pass by stunnel", loopback(c.Nginx) + "/fastcgi", "fastcgi HTTP/1.1 http client= \n"},
		{"nginx's scgi_pass by stunnel", loopback(c.Nginx) + "/scgi", "scgi HTTP/1.1 http client= \n"},
		{"HAProxy's fcgi over ssl", loopback(c.HAProxy) + "/fastcgi", "fastcgi HTTP/1.1  client= \n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			sent := strings.Repeat("0123456789", 20_000)
			res, err := client.Post("http://"+row.url, "text/plain", strings.NewReader(sent))
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(res.Body)
			res.Body.Close()
			if err != nil || string(got) != row.want+sent {
				t.Errorf("%d bytes, %v, that begin with %.80q, want %q", len(got), err, got, row.want)
			}
			if res, err = client.Get("http://" + row.url + "/cut"); err != nil {
				return // nothing of it came
			}
			got, err = io.ReadAll(res.Body)
			res.Body.Close()
			if err == nil && res.StatusCode == http.StatusOK {
				t.Errorf("a cut response looks whole: %q", got)
			}
		})
	}
}

// TestSecureCurl has curl call an https:// and an http:// listener.
func TestSecureCurl(t *testing.T) {
	needFronts(t)
	c := startSecure(t)
	trusted := []string{"--cacert", c.CA, "--cert", c.Cert, "--key", c.Key}
	for _, row := range []struct {
		name, url, want string
		args            []string
	}{
		{"HTTP/2", "https://" + c.HTTPS, "http HTTP/2.0 https client=CN=front TLSv1.3\n", append([]string{"--http2"}, trusted...)},
		{"HTTP/1.1", "https://" + c.HTTPS, "http HTTP/1.1 https client=CN=front TLSv1.3\n", append([]string{"--http1.1"}, trusted...)},
		{"TLS 1.2", "https://" + c.HTTPS, "http HTTP/2.0 https client=CN=front TLSv1.2\n", append([]string{"--tls-max", "1.2"}, trusted...)},
		{"no certificate", "https://" + c.HTTPS, "exit status", []string{"--cacert", c.CA}},
		{"no trust", "https://" + c.HTTPS, "exit status 60", nil},
		{"a cut response", "https://" + c.HTTPS + "/cut", "exit status", append([]string{"--http1.1"}, trusted...)},
		{"a cut response of HTTP/1.0", "https://" + c.HTTPS + "/cut", "exit status", append([]string{"--http1.0"}, trusted...)},
		{"prior knowledge", "http://" + c.H2C, "http HTTP/2.0 http client= \n", []string{"--http2-prior-knowledge"}},
		{"an upgrade that is not made", "http://" + c.H2C, "http HTTP/1.1 http client= \n", []string{"--http2"}},
		{"HTTP to an https port", "http://" + c.HTTPS, "Client sent an HTTP request to an HTTPS server.\n", nil},
		{"TLS to an http port", "https://" + c.H2C, "exit status 35", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			out, err := exec.CommandContext(ctx, "curl", append(row.args, "-sS", "--noproxy", "*", row.url)...).Output()
			got := string(out)
			if err != nil {
				got = err.Error()
			}
			if !strings.HasPrefix(got, row.want) {
				t.Errorf("got %q, %v, want %q", got, err, row.want)
			}
		})
	}
}

// TestSecureBackend has Postern call nginx over TLS.
func TestSecureBackend(t *testing.T) {
	needFronts(t)
	f := nginx()
	c := startFront(t, f, "../secure/backend", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9}, "")
	s := behindPostern(t, "https://"+loopback(c.TLSPort)+"?ca="+c.Cert, nil)
	for range 3 {
		res, err := s.client.Get("http://" + s.addr + "/")
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || !strings.HasPrefix(string(got), "nginx TLSv1.") {
			t.Errorf("got %d %q, %v", res.StatusCode, got, err)
		}
	}
	if text := s.log.text(); strings.Contains(text, "beyond a response") {
		t.Errorf("an end that TLS announced is taken for surplus:\n%s", text)
	}
	var d net.Dialer
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	nc, err := d.DialContext(ctx, "tcp", loopback(c.TLSPort))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if err := tls.Client(nc, &tls.Config{ServerName: "localhost"}).HandshakeContext(ctx); err == nil {
		t.Error("the system trusts the test's certificate")
	}
}
