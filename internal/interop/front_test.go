package interop

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"text/template"
	"time"
)

// A front is a web server: how it is started in the foreground.
type front struct {
	name string                // also its folder in testdata
	argv func(c conf) []string // program and arguments
	env  func(c conf) []string // in addition to ours; may be nil
	// how its configuration writes a Unix socket; nil: our backend is on TCP
	unix func(path string) string
}

// conf is what a configuration template can say.
type conf struct {
	Dir         string // a folder for all that the front writes
	File        string // the configuration itself
	Log         string // the file that stdout and stderr go to
	Port        int    // HTTP on loopback
	TLSPort     int    // HTTPS on loopback
	Cert        string // certificate and key, PEM, in one file
	Backend     string // where Postern listens, as this front writes it
	Host        string // Backend's two parts, where it is TCP
	BackendPort string
	Program     string // the CGI script
	ProgramDir  string // where it lies
	Root        bool   // the test runs as root
}

// startFront starts f with its frame and the pair's part of the configuration, and returns once it
// accepts.
func startFront(t *testing.T, f *front, snippet string, backend net.Addr, program string) conf {
	t.Helper()
	c := conf{Dir: sharedDir(t), Program: program, ProgramDir: filepath.Dir(program), Root: os.Getuid() == 0}
	c.Cert = filepath.Join(c.Dir, "cert.pem")
	c.File = filepath.Join(c.Dir, "front.conf")
	c.Log = filepath.Join(c.Dir, "front.log")
	writeCertificate(t, c.Cert)
	if backend != nil {
		c.Backend = backend.String()
		c.Host, c.BackendPort, _ = net.SplitHostPort(c.Backend)
		if backend.Network() == "unix" {
			c.Backend = f.unix(c.Backend)
		}
	}
	// A port that was free may be taken when the front gets to it: try again then.
	var err error
	for range 5 {
		if err = tryFront(t, f, snippet, &c); !errors.Is(err, errEnded) {
			break
		}
	}
	if err != nil {
		t.Fatalf("%s: %v", f.name, err)
	}
	return c
}

var errEnded = errors.New("ended before it accepted")

func tryFront(t *testing.T, f *front, snippet string, c *conf) error {
	c.Port, c.TLSPort = freePorts(t)
	if err := render(f.name, snippet, *c); err != nil {
		return err
	}
	var env []string
	if f.env != nil {
		env = f.env(*c)
	}
	p, err := startProcess(c.Log, env, f.argv(*c)...)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for _, port := range []int{c.Port, c.TLSPort} {
		if err := p.waitAccepts(ctx, net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err != nil {
			return errors.Join(fmt.Errorf("%w; its log:\n%s", err, p.said()), p.stop())
		}
	}
	p.stopAtEnd(t)
	return nil
}

// waitAccepts returns once addr accepts, or p has ended.
func (p *process) waitAccepts(ctx context.Context, addr string) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		c, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
		if err == nil {
			return c.Close()
		}
		select {
		case <-p.done:
			return fmt.Errorf("%w: %v", errEnded, p.err)
		case <-ctx.Done():
			return fmt.Errorf("does not accept on %s: %w", addr, err)
		case <-tick.C:
		}
	}
}

// render writes the configuration: the front's frame with the snippet in its place.
func render(name, snippet string, c conf) error {
	dir := filepath.Join("testdata", name)
	t, err := template.ParseFiles(filepath.Join(dir, "frame.conf"))
	if err != nil {
		return err
	}
	b, err := os.ReadFile(filepath.Join(dir, snippet+".conf"))
	if err != nil {
		return err
	}
	if _, err := t.New("snippet").Parse(string(b)); err != nil {
		return err
	}
	var text strings.Builder
	if err := t.Execute(&text, c); err != nil {
		return err
	}
	return os.WriteFile(c.File, []byte(text.String()), 0o644)
}

// sharedDir is a temporary folder that the front's own user can enter too.
func sharedDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// freePorts returns two ports of loopback that nobody listens on at this moment.
func freePorts(t *testing.T) (a, b int) {
	t.Helper()
	var ports [2]int
	for i := range ports {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		ports[i] = l.Addr().(*net.TCPAddr).Port
	}
	return ports[0], ports[1]
}

// writeCertificate makes a certificate for 127.0.0.1 and writes it and its key to one file, as
// every front can read it.
func writeCertificate(t *testing.T, path string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour),
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
		DNSNames:     []string{"localhost"},
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	b := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})
	b = append(b, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})...)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}
