package interop

import (
	"encoding/base64"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/postern-gateway/postern/protocol"
)

// authorize is an Authorizer that knows one user. Apache's mod_authnz_fcgi sends name and password
// as variables, lighttpd the header field.
func authorize(w protocol.ResponseWriter, r *protocol.Request) error {
	if r.Role != protocol.Authorizer {
		w.WriteHeader(http.StatusNotImplemented)
		return nil
	}
	alice := r.Params.Get("REMOTE_USER") == "alice" && r.Params.Get("REMOTE_PASSWD") == "secret" ||
		r.Params.Get("HTTP_AUTHORIZATION") == basic("alice", "secret")
	if !alice {
		w.Header().Set("WWW-Authenticate", `Basic realm="postern"`)
		w.WriteHeader(http.StatusUnauthorized)
		return nil
	}
	w.Header().Set("Variable-GRANTED_BY", "postern")
	w.WriteHeader(http.StatusOK)
	return nil
}

func basic(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

// The program behind the Authorizer, which says by whose leave it runs.
const who = "#!/bin/sh\nprintf 'Content-Type: text/plain\\r\\n\\r\\ngranted by %s\\n' \"$GRANTED_BY\"\n"

// Apache and lighttpd ask an Authorizer of ours, and what it grants reaches the program behind.
func TestAuthorizer(t *testing.T) {
	needFronts(t)
	for _, f := range []*front{apache(), lighttpd()} {
		t.Run(f.name, func(t *testing.T) {
			p := &pair{front: f, protocol: "fastcgi", conf: "authorizer"}
			addr := startBackend(t, p, protocol.HandlerFunc(authorize))
			script := filepath.Join(sharedDir(t), "who.cgi")
			if err := os.WriteFile(script, []byte(who), 0o755); err != nil {
				t.Fatal(err)
			}
			c := startFront(t, f, p.conf, addr, script)
			s := &site{pair: p, addr: loopback(c.Port), client: newClient()}
			t.Cleanup(s.client.CloseIdleConnections)

			for _, row := range []struct {
				text, authorization string
				status              int
				body                string // empty: any
			}{
				{"nobody", "", 401, ""},
				{"a wrong password", basic("alice", "guess"), 401, ""},
				{"alice", basic("alice", "secret"), 200, "granted by postern\n"},
				{"alice again", basic("alice", "secret"), 200, "granted by postern\n"},
			} {
				h := http.Header{}
				if row.authorization != "" {
					h.Set("Authorization", row.authorization)
				}
				r := s.do(t, call{path: "/who.cgi", header: h})
				if r.status != row.status || row.body != "" && string(r.body) != row.body {
					t.Errorf("%s: want %d %q, got %d %q", row.text, row.status, row.body, r.status, r.body)
				}
			}
		})
	}
}
