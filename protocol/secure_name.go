package protocol

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// attributeNames are OpenSSL's short names of a distinguished name's attributes.
var attributeNames = map[string]string{
	"2.5.4.3": "CN", "2.5.4.4": "SN", "2.5.4.5": "serialNumber", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST",
	"2.5.4.9": "street", "2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.12": "title", "2.5.4.17": "postalCode", "2.5.4.42": "GN",
	"2.5.4.43": "initials", "0.9.2342.19200300.100.1.1": "UID", "0.9.2342.19200300.100.1.25": "DC",
	"1.2.840.113549.1.9.1": "emailAddress",
}

// modSSLNames are those that mod_ssl has a variable for, and how it calls it.
var modSSLNames = map[string]string{
	"CN": "CN", "C": "C", "ST": "ST", "L": "L", "O": "O", "OU": "OU", "title": "T", "initials": "I", "GN": "G", "SN": "S",
	"UID": "UID", "DC": "DC", "emailAddress": "Email",
}

// appendName adds a distinguished name as a whole (RFC 2253), and its attributes: the second OU is
// _OU_1.
func appendName(p Params, variable string, raw []byte) Params {
	var name pkix.RDNSequence
	if _, err := asn1.Unmarshal(raw, &name); err != nil {
		return p
	}
	count := make(map[string]int)
	text := ""
	var parts Params
	for _, set := range name {
		for i, a := range set {
			key, value, ok := attribute(a)
			switch {
			case i > 0: // in one set
				text = key + "=" + escapeName(value) + "+" + text
			case text == "":
				text = key + "=" + escapeName(value)
			default:
				text = key + "=" + escapeName(value) + "," + text
			}
			short, known := modSSLNames[key]
			if !ok || !known {
				continue
			}
			if n := count[short]; n > 0 {
				parts.Add(variable+"_"+short+"_"+strconv.Itoa(n), value)
			} else {
				parts.Add(variable+"_"+short, value)
			}
			count[short]++
		}
	}
	p.Add(variable, text)
	return append(p, parts...)
}

// attribute returns an attribute's name and its value. ok says that the value is a text; else it is
// in hexadecimal, as RFC 2253 section 2.4 has it.
func attribute(a pkix.AttributeTypeAndValue) (name, value string, ok bool) {
	oid := a.Type.String()
	name = oid
	if short := attributeNames[oid]; short != "" {
		name = short
	}
	if text, isText := a.Value.(string); isText {
		return name, text, true
	}
	der, err := asn1.Marshal(a.Value)
	if err != nil {
		return name, fmt.Sprint(a.Value), false
	}
	return name, "#" + hex.EncodeToString(der), false
}

// escapeName escapes a value of a distinguished name (RFC 2253 section 2.4). What would end a line
// is escaped, too.
func escapeName(value string) string {
	var b strings.Builder
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case strings.IndexByte(`,+"\<>;`, c) >= 0, c == '#' && i == 0, c == ' ' && (i == 0 || i == len(value)-1):
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c == 0x7f:
			fmt.Fprintf(&b, `\%02X`, c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}
