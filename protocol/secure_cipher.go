package protocol

import (
	"crypto/tls"
	"strings"
)

// A cipher is a cipher suite as mod_ssl tells it: OpenSSL's name, and the bits of its key that are
// used and possible.
type cipher struct{ name, used, possible string }

// ciphers are those that package tls knows.
var ciphers = func() map[uint16]cipher {
	m := make(map[uint16]cipher)
	for _, list := range [][]*tls.CipherSuite{tls.CipherSuites(), tls.InsecureCipherSuites()} {
		for _, suite := range list {
			m[suite.ID] = newCipher(suite.Name)
		}
	}
	return m
}()

func cipherOf(id uint16) cipher {
	if c, ok := ciphers[id]; ok {
		return c
	}
	return cipher{name: tls.CipherSuiteName(id)}
}

// opensslNames turn a name of the registry, without TLS_ and the underscores, into OpenSSL's.
var opensslNames = strings.NewReplacer(
	"RSA-WITH-AES-128-CBC-SHA", "AES128-SHA", "RSA-WITH-AES-256-CBC-SHA", "AES256-SHA",
	"RSA-WITH-AES-128-GCM", "AES128-GCM", "RSA-WITH-AES-256-GCM", "AES256-GCM",
	"RSA-WITH-3DES-EDE-CBC", "DES-CBC3", "RSA-WITH-RC4-128", "RC4")

// newCipher finds out about a suite by its name: those of TLS 1.3 keep it.
func newCipher(name string) cipher {
	c := cipher{name: name, used: "128", possible: "128"}
	switch {
	case strings.Contains(name, "256_") || strings.Contains(name, "CHACHA20"):
		c.used, c.possible = "256", "256"
	case strings.Contains(name, "3DES"):
		c.used, c.possible = "112", "168"
	}
	if !strings.Contains(name, "_WITH_") {
		return c
	}
	name = strings.ReplaceAll(strings.TrimPrefix(name, "TLS_"), "_", "-")
	exchange := ""
	for _, prefix := range []string{"ECDHE-RSA-", "ECDHE-ECDSA-"} {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			exchange, name = prefix, "RSA-"+rest
		}
	}
	name = strings.Replace(name, "CHACHA20-POLY1305-SHA256", "CHACHA20-POLY1305", 1)
	name = strings.TrimPrefix(opensslNames.Replace(name), "RSA-WITH-")
	c.name = exchange + name
	return c
}
