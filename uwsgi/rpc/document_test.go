package rpc

import (
	"strings"
	"testing"

	"github.com/postern-gateway/postern/internal/netio/netiotest"
)

// Where a document begins and ends, and what its bytes are.
func TestDocuments(t *testing.T) {
	const (
		bom   = "\ufeff"
		xml   = "<methodCall><methodName>hello</methodName></methodCall>"
		json  = `{"jsonrpc":"2.0","method":"hello","id":1}`
		hello = "Hello World"
		more  = "<int>-32700</int>"
	)
	for _, row := range []struct {
		text      string
		form      uint8
		doc, want string
	}{
		{"a byte order mark", formXML, bom + xml, hello},
		{"a byte order mark", formJSON, bom + json, hello},
		{"white behind the end", formXML, xml + "\n<!-- a -->\n", hello},
		{"white behind the end", formXML, xmlCall("hello") + "\n", hello},
		{"white behind the end", formJSON, json + "\n", hello},
		{"another call behind the end", formXML, xmlCall("hello") + xml, more},
		{"an element behind the end", formXML, xml + "<a/>", more},
		{"text behind the end", formXML, xml + "x", more},
		{"something cut behind the end", formXML, xml + "<a", more},
		{"a document type behind the end", formXML, xml + "<!DOCTYPE a>", more},
		{"another call behind the end", formJSON, json + json, "-32700"},
		{"no UTF-8", formJSON, strings.Replace(json, "hello", "hel\xff", 1), "the document is not UTF-8"},
		{"no UTF-8 in an id", formJSON, strings.Replace(json, "1}", "\"\xff\"}", 1), "the document is not UTF-8"},
	} {
		var log netiotest.Log
		if body := answered(t, bridgedFunctions(&log), document(row.form, row.doc), ""); !strings.Contains(body, row.want) {
			t.Errorf("%s: %s, want %s", row.text, body, row.want)
		}
	}
}
