package rpc

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/postern-gateway/postern/internal/netio/netiotest"
)

// A pointer is an argument, or a result, that may be none: XML-RPC's nil, and JSON's null.
func TestPointersByTheBridges(t *testing.T) {
	var log netiotest.Log
	r := new(Registry)
	r.Log = log.Logger()
	r.RegisterTyped("maybe", Func1(func(_ context.Context, a *int) (*int, error) { return a, nil }), "")
	r.RegisterTyped("when", Func1(func(_ context.Context, a *time.Time) (*time.Time, error) { return a, nil }), "")
	call := func(name, param string) string {
		return `{"jsonrpc":"2.0","method":"` + name + `","params":[` + param + `],"id":1}`
	}
	const at = "<dateTime.iso8601>20260203T04:05:06</dateTime.iso8601>"
	for _, row := range []struct {
		form      uint8
		doc, want string
	}{
		{formXML, xmlCall("maybe", "<int>5</int>"), "<value><int>5</int></value>"},
		{formXML, xmlCall("maybe", "<nil/>"), "<value><nil/></value>"},
		{formXML, xmlCall("when", at), "<value>" + at + "</value>"},
		{formXML, xmlCall("when", "<nil/>"), "<value><nil/></value>"},
		{formJSON, call("maybe", "5"), `"result":5,`},
		{formJSON, call("maybe", "null"), `"result":null,`},
		{formJSON, call("when", `"2026-02-03T04:05:06Z"`), `"result":"2026-02-03T04:05:06Z",`},
		{formJSON, call("when", "null"), `"result":null,`},
	} {
		if body := answered(t, r, document(row.form, row.doc), ""); !strings.Contains(body, row.want) || log.String() != "" {
			t.Errorf("%s: %s, want %s; logged %s", row.doc, body, row.want, log.String())
		}
	}
}
