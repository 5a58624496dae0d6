package protocol

import (
	"crypto/tls"
	"crypto/x509/pkix"
	"encoding/asn1"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Cipher suites have OpenSSL's names, as mod_ssl tells them.
func TestCipherNames(t *testing.T) {
	for id, want := range map[uint16]cipher{
		tls.TLS_AES_256_GCM_SHA384:                        {"TLS_AES_256_GCM_SHA384", "256", "256"},
		tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256:         {"ECDHE-RSA-AES128-GCM-SHA256", "128", "128"},
		tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384:       {"ECDHE-ECDSA-AES256-GCM-SHA384", "256", "256"},
		tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256:   {"ECDHE-RSA-CHACHA20-POLY1305", "256", "256"},
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256:       {"ECDHE-ECDSA-AES128-SHA256", "128", "128"},
		tls.TLS_RSA_WITH_AES_256_CBC_SHA:                  {"AES256-SHA", "256", "256"},
		tls.TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA:           {"ECDHE-RSA-DES-CBC3-SHA", "112", "168"},
		tls.TLS_RSA_WITH_RC4_128_SHA:                      {"RC4-SHA", "128", "128"},
		tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: {"ECDHE-ECDSA-CHACHA20-POLY1305", "256", "256"},
	} {
		if got := cipherOf(id); got != want {
			t.Errorf("%#x: %v, want %v", id, got, want)
		}
	}
	for version, want := range map[uint16]string{tls.VersionTLS10: "TLSv1", tls.VersionTLS12: "TLSv1.2", tls.VersionTLS13: "TLSv1.3"} {
		if got := tlsVersion(version); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// A distinguished name is told as RFC 2253 has it, and its parts by mod_ssl's names: none of them
// can end a line, or look like another part.
func TestDistinguishedNames(t *testing.T) {
	name := pkix.RDNSequence{
		{{Type: asn1.ObjectIdentifier{2, 5, 4, 6}, Value: "DE"}},
		{{Type: asn1.ObjectIdentifier{2, 5, 4, 11}, Value: "a"}},
		{{Type: asn1.ObjectIdentifier{2, 5, 4, 11}, Value: " b,CN=Eve\n"}},
		{{Type: asn1.ObjectIdentifier{1, 2, 3}, Value: "x"}},
		{{Type: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}, Value: "b@example.org"}},
		{{Type: asn1.ObjectIdentifier{2, 5, 4, 3}, Value: "Bob"}},
	}
	raw, err := asn1.Marshal(name)
	if err != nil {
		t.Fatal(err)
	}
	want := Pairs("DN", `CN=Bob,emailAddress=b@example.org,1.2.3=x,OU=\ b\,CN=Eve\0A,OU=a,C=DE`,
		"DN_C", "DE", "DN_OU", "a", "DN_OU_1", " b,CN=Eve\n", "DN_Email", "b@example.org", "DN_CN", "Bob")
	if diff := cmp.Diff(want, appendName(nil, "DN", raw)); diff != "" {
		t.Error(diff)
	}
}
