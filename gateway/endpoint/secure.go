package endpoint

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"os"
	"slices"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// The options of schemes over TLS, as their values are kept: "cert" and "key" are for both sides.
var (
	secureListens = []string{"cert", "key", "client-ca", "client-ca-optional"}
	secureCalls   = []string{"cert", "key", "ca", "server-name", "insecure"}
)

// parseSecureOption notes an option of TLS, and reports whether it is one.
func (e *Endpoint) parseSecureOption(name, value string) bool {
	if e.row.over == "" || !slices.Contains(secureListens, name) && !slices.Contains(secureCalls, name) {
		return false
	}
	if e.secure == nil {
		e.secure = make(map[string]string)
	}
	e.secure[name] = value
	return true
}

// secureOptions are the options of TLS that e may have.
func (e *Endpoint) secureOptions() []string {
	if e.row.over == "" {
		return nil
	}
	return append(slices.Clone(secureListens), secureCalls[2:]...)
}

// checkSecure refuses the options of TLS that are not known on one side.
func (e *Endpoint) checkSecure(known []string, otherSide string) error {
	for _, name := range append(slices.Clone(secureListens), secureCalls...) {
		if _, given := e.secure[name]; given && !slices.Contains(known, name) {
			return e.errorf("option %s is for %s", name, otherSide)
		}
	}
	return nil
}

// Wire returns the name of the protocol that e speaks, over TLS or not: "fastcgi" for fastcgis.
func (e *Endpoint) Wire() string {
	if e.row.over != "" {
		return e.row.over
	}
	return e.Protocol
}

// listenTLS returns what a listener of e needs for TLS; nil, nil: it has none.
func (e *Endpoint) listenTLS() (*tls.Config, *certificate, error) {
	if e.row.over == "" {
		return nil, nil, nil
	}
	if err := e.checkSecure(secureListens, "calling"); err != nil {
		return nil, nil, err
	}
	if e.secure["cert"] == "" {
		return nil, nil, e.errorf("no certificate: write ?cert=FILE&key=FILE; the key may be in the certificate's file")
	}
	pair, err := loadCertificate(e.secure["cert"], e.secure["key"])
	if err != nil {
		return nil, nil, e.errorf("%w", err)
	}
	config := &tls.Config{GetCertificate: pair.get}
	_, optional := e.secure["client-ca-optional"]
	switch file := e.secure["client-ca"]; {
	case file != "":
		if config.ClientCAs, err = loadCA("client-ca", file); err != nil {
			return nil, nil, e.errorf("%w", err)
		}
		config.ClientAuth = tls.RequireAndVerifyClientCert
		if optional && isTrue(e.secure["client-ca-optional"]) {
			config.ClientAuth = tls.VerifyClientCertIfGiven
		}
	case optional:
		return nil, nil, e.errorf("option client-ca-optional needs client-ca=FILE")
	}
	return config, pair, nil
}

// callTLS returns what a client of e needs for TLS; nil, nil: it has none. What leaves the backend
// unchecked is told to log.
func (e *Endpoint) callTLS(log *slog.Logger) (*tls.Config, error) {
	if e.row.over == "" {
		return nil, nil
	}
	if err := e.checkSecure(secureCalls, "listening"); err != nil {
		return nil, err
	}
	config := &tls.Config{ServerName: e.serverName()}
	if file := e.secure["cert"]; file != "" {
		pair, err := loadCertificate(file, e.secure["key"])
		if err != nil {
			return nil, e.errorf("%w", err)
		}
		config.GetClientCertificate = pair.getClient
	} else if _, given := e.secure["key"]; given {
		return nil, e.errorf("option key needs cert=FILE")
	}
	if file, given := e.secure["ca"]; given {
		var err error
		if config.RootCAs, err = loadCA("ca", file); err != nil {
			return nil, e.errorf("%w", err)
		}
	}
	if v, given := e.secure["insecure"]; given && isTrue(v) {
		config.InsecureSkipVerify = true
		if log == nil {
			log = slog.Default()
		}
		log.Warn("INSECURE: whoever answers is taken for the backend, as the option insecure says: its certificate is not checked",
			"backend", e.String())
	}
	if e.Wire() == "http" {
		config.NextProtos = []string{"http/1.1"}
	}
	return config, nil
}

// serverName is the name that the backend's certificate must have.
func (e *Endpoint) serverName() string {
	if name := e.secure["server-name"]; name != "" {
		return name
	}
	if host, _, err := net.SplitHostPort(e.Address); err == nil && e.Network == "tcp" && host != "" {
		return host
	}
	return "localhost"
}

// loadCA reads the certificates that others are checked by.
func loadCA(option, file string) (*x509.CertPool, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", option, err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s: there is no certificate in %s: a file with -----BEGIN CERTIFICATE----- is meant", option, file)
	}
	return pool, nil
}

// overTLS returns a connect that speaks TLS on what it has connected to, by a handshake that may
// take limit (0: no limit).
func overTLS(connect connectFunc, config *tls.Config, limit time.Duration) connectFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		nc, err := connect(ctx, network, address)
		if err != nil {
			return nil, err
		}
		if limit > 0 {
			nc.SetDeadline(time.Now().Add(limit))
		}
		tc := tls.Client(wholeConn{nc}, config)
		if err := tc.HandshakeContext(ctx); err != nil {
			nc.Close()
			if ctx.Err() != nil {
				err = context.Cause(ctx)
			}
			return nil, &protocol.Error{Op: "TLS handshake with " + address, Kind: protocol.ErrUpstream, Err: err}
		}
		nc.SetDeadline(time.Time{})
		return tc, nil
	}
}

// withSecure adds a row for each protocol that is spoken over TLS, too: its scheme has an s more.
func withSecure(rows []row) []row {
	for _, r := range slices.Clone(rows) {
		if r.serve == nil || r.client == nil {
			continue
		}
		r.over, r.name, r.tracer = r.name, r.name+"s", nil
		if r.port != "" {
			r.port = "443"
		}
		rows = append(rows, r)
	}
	return rows
}
