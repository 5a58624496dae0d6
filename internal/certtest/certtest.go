// Package certtest makes certificates for tests.
package certtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A CA issues certificates.
type CA struct {
	Pool *x509.CertPool // its own certificate
	PEM  []byte         // likewise

	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// New makes a CA.
func New(tb testing.TB) *CA {
	tb.Helper()
	template := &x509.Certificate{Subject: pkix.Name{CommonName: "Test CA"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, key := sign(tb, template, template, nil)
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		tb.Fatal(err)
	}
	ca := &CA{Pool: x509.NewCertPool(), PEM: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), cert: cert, key: key}
	ca.Pool.AddCert(cert)
	return ca
}

// Issue makes a certificate for localhost and 127.0.0.1, with that subject.
func (ca *CA) Issue(tb testing.TB, subject pkix.Name) tls.Certificate {
	tb.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(0xC0FFEE), Subject: subject, DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
	der, key := sign(tb, template, ca.cert, ca.key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// Server is the configuration of a server with a certificate of ca's.
func (ca *CA) Server(tb testing.TB) *tls.Config {
	tb.Helper()
	return &tls.Config{Certificates: []tls.Certificate{ca.Issue(tb, pkix.Name{CommonName: "localhost"})}}
}

// Client is the configuration of a client that trusts ca. Its handshakes cost little.
func (ca *CA) Client() *tls.Config {
	return &tls.Config{RootCAs: ca.Pool, ServerName: "localhost", CurvePreferences: []tls.CurveID{tls.X25519}, ClientSessionCache: tls.NewLRUClientSessionCache(0)}
}

// sign makes a certificate with a key of its own, signed by parent's key, or by itself.
func sign(tb testing.TB, template, parent *x509.Certificate, by *ecdsa.PrivateKey) (der []byte, key *ecdsa.PrivateKey) {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	if by == nil {
		by = key
	}
	if template.SerialNumber == nil {
		template.SerialNumber = big.NewInt(1)
	}
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(48*time.Hour)
	if der, err = x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, by); err != nil {
		tb.Fatal(err)
	}
	return der, key
}

// Write writes a certificate and its key to name.pem and name.key in dir, and returns these files.
func Write(tb testing.TB, dir, name string, c tls.Certificate) (cert, key string) {
	tb.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		tb.Fatal(err)
	}
	cert, key = filepath.Join(dir, name+".pem"), filepath.Join(dir, name+".key")
	write(tb, cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]}))
	write(tb, key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	return cert, key
}

// WriteCA writes ca's certificate to ca.pem in dir, and returns the file.
func (ca *CA) WriteCA(tb testing.TB, dir string) string {
	tb.Helper()
	file := filepath.Join(dir, "ca.pem")
	write(tb, file, ca.PEM)
	return file
}

func write(tb testing.TB, file string, text []byte) {
	tb.Helper()
	if err := os.WriteFile(file, text, 0o600); err != nil {
		tb.Fatal(err)
	}
}
