package suggest_test

import (
	"testing"

	"github.com/postern-gateway/postern/internal/suggest"
)

func TestNearest(t *testing.T) {
	known := []string{"listen", "to", "option", "fastcgi", "scgi", "cgi", "http", "max-conns", "serve"}
	for typed, want := range map[string]string{
		"lisen": "listen", "listne": "listen", "litsen": "listen", "LISTEN": "listen", "options": "option", "sevre": "serve",
		"fastgci": "fastcgi", "sgci": "scgi", "htp": "http", "maxconns": "max-conns", "": "", "x": "", "gopher": "", "ajp": "", "t": "to",
		"listening": "", "fcg": "",
	} {
		if got := suggest.Nearest(typed, known...); got != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
}
