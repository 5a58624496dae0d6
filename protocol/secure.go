package protocol

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// appendSecure adds the variables that tell of a client's TLS, under the names that Apache's
// mod_ssl gives them. Of its certificate there are some only if it has sent one.
func appendSecure(p Params, s *tls.ConnectionState) Params {
	if s.Version == 0 { // a front has ended it, and tells by itself
		return p
	}
	c := cipherOf(s.CipherSuite)
	resumed := "Initial"
	if s.DidResume {
		resumed = "Resumed"
	}
	p = append(p, Param{"SSL_PROTOCOL", tlsVersion(s.Version)}, Param{"SSL_CIPHER", c.name},
		Param{"SSL_CIPHER_USEKEYSIZE", c.used}, Param{"SSL_CIPHER_ALGKEYSIZE", c.possible}, Param{"SSL_SESSION_RESUMED", resumed})
	if s.ServerName != "" {
		p.Add("SSL_TLS_SNI", s.ServerName)
	}
	if len(s.PeerCertificates) == 0 {
		p.Add("SSL_CLIENT_VERIFY", "NONE")
		return p
	}
	verify := "GENEROUS" // nobody has checked it
	if len(s.VerifiedChains) > 0 {
		verify = "SUCCESS"
	}
	p.Add("SSL_CLIENT_VERIFY", verify)
	return appendCertificate(p, s.PeerCertificates[0])
}

// appendCertificate adds what a client's certificate says.
func appendCertificate(p Params, c *x509.Certificate) Params {
	const form = "Jan _2 15:04:05 2006 GMT"
	left := max(int(time.Until(c.NotAfter)/(24*time.Hour)), 0)
	p = append(p, Param{"SSL_CLIENT_M_VERSION", strconv.Itoa(c.Version)}, Param{"SSL_CLIENT_M_SERIAL", serial(c)},
		Param{"SSL_CLIENT_V_START", c.NotBefore.UTC().Format(form)}, Param{"SSL_CLIENT_V_END", c.NotAfter.UTC().Format(form)},
		Param{"SSL_CLIENT_V_REMAIN", strconv.Itoa(left)}, Param{"SSL_CLIENT_A_KEY", keyName(c.PublicKeyAlgorithm)},
		Param{"SSL_CLIENT_A_SIG", signatureName(c.SignatureAlgorithm)})
	p = appendName(p, "SSL_CLIENT_S_DN", c.RawSubject)
	p = appendName(p, "SSL_CLIENT_I_DN", c.RawIssuer)
	for i, name := range c.DNSNames {
		p.Add("SSL_CLIENT_SAN_DNS_"+strconv.Itoa(i), name)
	}
	for i, name := range c.EmailAddresses {
		p.Add("SSL_CLIENT_SAN_Email_"+strconv.Itoa(i), name)
	}
	p.Add("SSL_CLIENT_CERT", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})))
	return p
}

// serial is a certificate's number in hexadecimal, of whole bytes.
func serial(c *x509.Certificate) string {
	if c.SerialNumber.Sign() == 0 {
		return "00"
	}
	return fmt.Sprintf("%X", c.SerialNumber.Bytes())
}

// tlsVersion is "TLSv1.3", or "TLSv1" for 1.0.
func tlsVersion(v uint16) string {
	return strings.TrimSuffix(strings.Replace(tls.VersionName(v), "TLS ", "TLSv", 1), ".0")
}

func keyName(a x509.PublicKeyAlgorithm) string {
	switch a {
	case x509.RSA:
		return "rsaEncryption"
	case x509.ECDSA:
		return "id-ecPublicKey"
	case x509.Ed25519:
		return "ED25519"
	}
	return a.String()
}

// signatureNames are OpenSSL's.
var signatureNames = map[x509.SignatureAlgorithm]string{
	x509.SHA1WithRSA: "sha1WithRSAEncryption", x509.SHA256WithRSA: "sha256WithRSAEncryption",
	x509.SHA384WithRSA: "sha384WithRSAEncryption", x509.SHA512WithRSA: "sha512WithRSAEncryption",
	x509.SHA256WithRSAPSS: "rsassaPss", x509.SHA384WithRSAPSS: "rsassaPss", x509.SHA512WithRSAPSS: "rsassaPss",
	x509.ECDSAWithSHA1: "ecdsa-with-SHA1", x509.ECDSAWithSHA256: "ecdsa-with-SHA256",
	x509.ECDSAWithSHA384: "ecdsa-with-SHA384", x509.ECDSAWithSHA512: "ecdsa-with-SHA512", x509.PureEd25519: "ED25519",
}

func signatureName(a x509.SignatureAlgorithm) string {
	if name := signatureNames[a]; name != "" {
		return name
	}
	return a.String()
}
