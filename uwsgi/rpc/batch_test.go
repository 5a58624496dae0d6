package rpc

import (
	"context"
	"log/slog"
	"strings"
	"testing"
)

// The results of one document are held until all are there, and together are no longer than one may
// be: a document of 254 calls does not take 254 times as much.
func TestResultsOfADocument(t *testing.T) {
	called := 0
	r := new(Registry)
	r.MaxStream, r.Log = 10, slog.New(slog.DiscardHandler)
	r.Register("six", func(context.Context, [][]byte) ([]byte, error) {
		called++
		return []byte("abcdef"), nil
	})
	one := "<value><struct><member><name>methodName</name><value>six</value></member><member><name>params</name><value><array><data/></array></value></member></struct></value>"
	xml := xmlCall("system.multicall", "<array><data>"+strings.Repeat(one, 5)+"</data></array>")
	call := `{"jsonrpc":"2.0","method":"six","id":1}`
	json := "[" + strings.Repeat(call+",", 4) + call + "]"
	for form, doc := range map[uint8]string{formXML: xml, formJSON: json} {
		called = 0
		body := answered(t, r, document(form, doc), "")
		if n := strings.Count(body, "12 &gt; 10 bytes of results that are held in memory") +
			strings.Count(body, `12 \u003e 10 bytes of results that are held in memory`); called != 2 || n != 3 || strings.Count(body, "abcdef") != 2 {
			t.Errorf("modifier2 %d: called %d times, %d failures: %s", form, called, n, body)
		}
	}
	// what is not answered is not held
	called = 0
	if body := answered(t, r, document(formJSON, "["+strings.Repeat(`{"jsonrpc":"2.0","method":"six"},`, 5)+call+"]"), ""); called != 6 || !strings.Contains(body, "abcdef") {
		t.Errorf("called %d times: %s", called, body)
	}
}
