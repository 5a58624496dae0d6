package protocol

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What goes where is asked of one table, by every protocol and for both directions.
func TestWithheld(t *testing.T) {
	all := map[string]Destination{"handler": ToHandler, "backend": ToBackend, "http": ToHTTPBackend, "script": ToEnvironment, "stranger": ToStranger,
		"own": FromEnvironment}
	for _, row := range []struct {
		name string
		from []string // the destinations that it is withheld from
	}{
		{"HTTP_PROXY", []string{"backend", "handler", "http", "own", "script", "stranger"}},
		{"http_proxy", []string{"backend", "handler", "http", "own", "script", "stranger"}},
		{"HTTP_CONTENT_LENGTH", []string{"backend", "handler", "http", "script", "stranger"}},
		{"HTTP_CONNECTION", []string{"http", "script", "stranger"}},
		{"HTTP_TRAILER", []string{"handler", "http", "script", "stranger"}},
		{"HTTP_EXPECT", []string{"http"}},
		{"HTTP_AUTHORIZATION", []string{"stranger"}},
		{"HTTP_X_MADE_UP", nil}, {"HTTP_", nil}, {"", nil}, {"QUERY_STRING", nil}, {"REMOTE_USER", nil}, {"GIT_PROJECT_ROOT", nil},
		{"SCRIPT_NAME", []string{"script", "stranger"}}, // the host sets it
		{"REMOTE_IDENT", []string{"script", "stranger"}},
		{"LD_PRELOAD", []string{"script", "stranger"}}, {"PATH", []string{"script", "stranger"}}, {"PERL5OPT", []string{"script", "stranger"}},
	} {
		var from []string
		for name, to := range all {
			if Withheld(row.name, to) {
				from = append(from, name)
			}
		}
		slices.Sort(from)
		if diff := cmp.Diff(row.from, from); diff != "" {
			t.Errorf("%s: %s", row.name, diff)
		}
	}
	for name, want := range map[string]bool{"REMOTE_USER": true, "HTTPS": true, "QUERY_STRING": false, "HTTP_X": false} {
		if WithheldEmpty(name, ToStranger) != want || WithheldEmpty(name, ToBackend) {
			t.Errorf("%s, empty", name)
		}
	}
}

// Whatever answers, the client gets no field of the connection that the answer came by.
func TestWithheldFieldsOfAResponse(t *testing.T) {
	got := slices.Sorted(WithheldFields(ToClient))
	want := []string{"Connection", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, name := range []string{"Content-Type", "Content-Length", "Location", "Proxy-Authenticate", "Status"} {
		if WithheldField(name, ToClient) {
			t.Errorf("%s does not reach the client", name)
		}
	}
}

func TestParamsTo(t *testing.T) {
	p := Pairs("A", "1", "HTTP_PROXY", "x", "HTTP_B", "2", "http_proxy", "x", "LD_PRELOAD", "y")
	if diff := cmp.Diff(Pairs("A", "1", "HTTP_B", "2", "LD_PRELOAD", "y"), p.To(ToBackend)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(Pairs("A", "1", "HTTP_B", "2"), p.To(ToEnvironment)); diff != "" {
		t.Error(diff)
	}
	if all := p[:1]; &all.To(ToBackend)[0] != &p[0] {
		t.Error("a copy, though all go")
	}
}
