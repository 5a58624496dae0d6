package cgi

import (
	"errors"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/protocol"
)

// What no handler sees is answered, and is told by Serve.
func TestServeTellsWhatIsRefused(t *testing.T) {
	for _, row := range []struct {
		text    string
		environ []string
		lim     protocol.Limits
		status  string
		want    string
	}{
		{"a length that is none", []string{"REQUEST_METHOD=POST", "CONTENT_LENGTH=x"}, protocol.Limits{}, "400", "malformed: CONTENT_LENGTH"},
		{"no method", []string{"CONTENT_LENGTH=0"}, protocol.Limits{}, "400", "cgi: read params: malformed: no REQUEST_METHOD"},
		{"too many variables", []string{"REQUEST_METHOD=GET", "A=b"}, protocol.Limits{ParamCount: 1}, "431", "cgi: read environment: too large: 2 > 1 variables"},
		{"a body that is too long", []string{"REQUEST_METHOD=POST", "CONTENT_LENGTH=5"}, protocol.Limits{Body: 4}, "413", "cgi: read body: too large: 5 > 4 bytes"},
	} {
		observed := 0
		p := &Program{Limits: &row.lim, Observe: func(*protocol.Request, protocol.Summary) { observed++ }}
		out, err := scripted(p, protocol.HandlerFunc(func(protocol.ResponseWriter, *protocol.Request) error {
			t.Errorf("%s: the handler is called", row.text)
			return nil
		}), row.environ, "hello")
		if !strings.HasPrefix(out, "Status: "+row.status+" ") || err == nil || !strings.Contains(err.Error(), row.want) || observed != 1 {
			t.Errorf("%s: %q, %v, observed %d times\nwant %s, %q", row.text, out, err, observed, row.status, row.want)
		}
	}
}

// A failure of the handler that has become an error page is told by that, and by the log.
func TestServeAfterAnErrorPage(t *testing.T) {
	out, err := scripted(new(Program), protocol.HandlerFunc(func(protocol.ResponseWriter, *protocol.Request) error {
		return errors.New("no disk")
	}), []string{"REQUEST_METHOD=GET"}, "")
	if !strings.HasPrefix(out, "Status: 500 ") || err != nil {
		t.Errorf("%q, %v", out, err)
	}
}
