package endpoint

import (
	"cmp"
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// A certificate is one with its key, from files that are read again when they have changed.
type certificate struct {
	cert, key string // the files

	mu   sync.Mutex
	log  *slog.Logger // nil: slog.Default
	pair *tls.Certificate
	seen [2]fileState // of the files, when they were last read
	next time.Time    // when to look at them again
}

// A fileState tells whether a file has changed.
type fileState struct {
	modified time.Time
	size     int64
}

// certificateLook is how long a look at the files holds.
const certificateLook = time.Second

// loadCertificate reads a certificate and its key; an empty key is in the certificate's file.
func loadCertificate(cert, key string) (*certificate, error) {
	c := &certificate{cert: cert, key: cmp.Or(key, cert)}
	c.seen, c.next = c.state(), time.Now().Add(certificateLook)
	pair, err := c.load()
	c.pair = pair
	return c, err
}

// load reads the files.
func (c *certificate) load() (*tls.Certificate, error) {
	for _, file := range []string{c.cert, c.key} {
		if _, err := os.Stat(file); err != nil {
			return nil, err
		}
	}
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return nil, fmt.Errorf("certificate %s with key %s: %w", c.cert, c.key, err)
	}
	return &pair, nil
}

func (c *certificate) state() (s [2]fileState) {
	for i, file := range []string{c.cert, c.key} {
		if info, err := os.Stat(file); err == nil {
			s[i] = fileState{info.ModTime(), info.Size()}
		}
	}
	return s
}

// logTo sets where broken files are told of.
func (c *certificate) logTo(log *slog.Logger) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.log = log
}

// current returns the pair of the files, or the last one that was whole.
func (c *certificate) current() *tls.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if now.Before(c.next) {
		return c.pair
	}
	c.next = now.Add(certificateLook)
	s := c.state()
	if s == c.seen {
		return c.pair
	}
	c.seen = s
	log := c.log
	if log == nil {
		log = slog.Default()
	}
	pair, err := c.load()
	if err != nil {
		log.Error("the new certificate cannot be used: the old one stays", "err", err)
		return c.pair
	}
	log.Info("the certificate was read again", "file", c.cert)
	c.pair = pair
	return pair
}

// get is GetCertificate of a [tls.Config].
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.current(), nil }

// getClient is GetClientCertificate of a [tls.Config].
func (c *certificate) getClient(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
	return c.current(), nil
}
