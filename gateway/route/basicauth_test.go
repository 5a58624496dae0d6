package route_test

import (
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/postern-gateway/postern/gateway/route"
	"github.com/postern-gateway/postern/protocol"
)

// basic is an Authorization field.
func basic(credentials string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(credentials))
}

// The hashes are those that openssl passwd and htpasswd make.
const passwords = `# users
sha:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=
apr1:$apr1$abcdefgh$T64oOxnD8c28.dQa.2Lty1

long:$apr1$12345678$PQySD5yDpsCiEi/y5IcWE1
none:$1$xyz$kjXWClpYD0.j9bPLUk/Ii.
sha:{SHA}AAAAAAAAAAAAAAAAAAAAAAAAAAA=
`

func TestBasicAuth(t *testing.T) {
	file := filepath.Join(t.TempDir(), "htpasswd")
	if err := os.WriteFile(file, []byte(passwords), 0o600); err != nil {
		t.Fatal(err)
	}
	pair, ofFile := "route-run = basicauth:My Realm,foo:b:a,r", "route-run = basicauth:My Realm,"+filepath.ToSlash(file)
	for _, row := range []struct {
		name, rules, authorization string
		user                       string // who passes; empty: nobody
	}{
		{"the user", pair, basic("foo:b:a,r"), "foo"},
		{"the scheme in another case", pair, "bASIC  " + base64.StdEncoding.EncodeToString([]byte("foo:b:a,r")), "foo"},
		{"another password", pair, basic("foo:b:a,"), ""},
		{"an empty password", pair, basic("foo:"), ""},
		{"another user", pair, basic("fo:b:a,r"), ""},
		{"nobody", pair, "", ""},
		{"another scheme", pair, "Bearer Zm9vOmI6YSxy", ""},
		{"no base64", pair, "Basic *", ""},
		{"no colon", pair, basic("foo"), ""},
		{"the second of two", "route-run = basicauth-next:My Realm,a:b\n" + pair, basic("foo:b:a,r"), "foo"},
		{"the first of two", "route-run = basicauth-next:My Realm,a:b\n" + pair, basic("a:b"), "a"},
		{"none of two", "route-run = basicauth-next:My Realm,a:b\n" + pair, basic("c:d"), ""},
		{"nobody of two", "route-run = basicauth-next:My Realm,a:b\nroute-run = setuser:x", "", ""},
		{"SHA", ofFile, basic("sha:password"), "sha"},
		{"SHA, a wrong one", ofFile, basic("sha:passwort"), ""},
		{"apr1", ofFile, basic("apr1:open sesame"), "apr1"},
		{"apr1, a long one", ofFile, basic("long:a longer password than sixteen bytes"), "long"},
		{"crypt's MD5, an empty one", ofFile, basic("none:"), "none"},
		{"a hash is no password", ofFile, basic("none:$1$xyz$kjXWClpYD0.j9bPLUk/Ii."), ""},
		{"nobody of the file", ofFile, basic("nobody:password"), ""},
		{"a comment is no user", ofFile, basic("# users:"), ""},
	} {
		a := get(t, tableOf(t, env, row.rules, next("REMOTE_USER")), "/", "HTTP_AUTHORIZATION", row.authorization)
		want, status := "next REMOTE_USER="+row.user, 200
		if row.user == "" {
			want, status = "Unauthorized", 401
		}
		if a.status != status || a.body != want || a.err != nil || (status == 401) != (a.header.Get("WWW-Authenticate") == `Basic realm="My Realm"`) {
			t.Errorf("%s: %+v, want %d %q", row.name, a, status, want)
		}
	}
	if a := get(t, tableOf(t, env, pair, next("REMOTE_USER")), "/", "REMOTE_USER", "me"); a.body != "next REMOTE_USER=me" {
		t.Errorf("a user that the front knows: %+v", a)
	}
	if a := get(t, tableOf(t, env, "route-run = send:x\n"+pair, nil), "/"); a.status != 200 || a.body != "x" {
		t.Errorf("an answer that has begun: %+v", a)
	}
}

// A file is read again once it has changed, and one that cannot be read lets nobody pass.
func TestBasicAuthOfAChangedFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "htpasswd")
	write := func(text string, at int64) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, time.Time{}, time.Unix(at, 0)); err != nil {
			t.Fatal(err)
		}
	}
	write(passwords, 1e9)
	table := tableOf(t, env, "route-run = basicauth:R,"+filepath.ToSlash(file), next())
	write("other:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n", 1e9+1)
	for credentials, status := range map[string]int{"other:password": 200, "sha:password": 401} {
		if a := get(t, table, "/", "HTTP_AUTHORIZATION", basic(credentials)); a.status != status || a.err != nil {
			t.Errorf("%s: %+v, want %d", credentials, a, status)
		}
	}
	write("other:{SHA}\n", 1e9+2)
	a := get(t, table, "/", "HTTP_AUTHORIZATION", basic("other:password"))
	if a.err == nil || protocol.Status(a.err) != 500 || !strings.Contains(a.err.Error(), `line 1: the password of "other" is no {SHA} hash`) {
		t.Errorf("%+v", a)
	}
}

// What cannot be checked is an error at the start, which quotes no hash.
func TestHtpasswdIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"a:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\nb:$2y$05$secretsecret": `line 2: the password of "b" is bcrypt, which cannot be checked: write it again by htpasswd -m`,
		"b:$5$secret$secret": `is crypt's SHA-256`,
		"b:$6$secret$secret": `is crypt's SHA-512`,
		"b:$y$secret":        `is yescrypt`,
		"b:secretsecrets":    `is of a form that is not known here, or crypt's DES`,
		"b:":                 `is of a form that is not known here`,
		"b:{SHA}secret":      `is no {SHA} hash of 20 bytes`,
		"b:{SSHA}secret":     `is a salted SHA`,
		"b:$apr1$secret":     `is no whole $apr1$ hash`,
		"b:$1$secret$secret": `is no whole $1$ hash`,
		"\n#\nsecret":        `line 3 is not USER:HASH`,
		":{SHA}secret":       `line 1 is not USER:HASH`,
	} {
		if _, err := route.Htpasswd(text); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// A password is in no text that a rule has for people.
func TestPasswordIsNotTold(t *testing.T) {
	rules, err := env.Parse("rules", "route = ^/ basicauth:R,foo:secret")
	if err != nil {
		t.Fatal(err)
	}
	if want := "route = ^/ basicauth:R,foo:***"; rules[0].Text != want {
		t.Errorf("%q, want %q", rules[0].Text, want)
	}
	table, err := route.New(next(), rules...)
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	table.Log = slog.New(slog.NewTextHandler(&said, nil))
	for _, password := range []string{"secret", "secret too"} {
		r := &protocol.Request{Params: protocol.Pairs("PATH_INFO", "/", "HTTP_AUTHORIZATION", basic("foo:"+password))}
		if err := table.Explain(httptest.NewRecorder(), r, func(s route.Step) { fmt.Fprintf(&said, "%+v %s", s, s.Rule.Text) }); err != nil {
			t.Error(err)
		}
	}
	if strings.Contains(said.String(), "secret") || !strings.Contains(said.String(), `the user is "foo"`) {
		t.Errorf("%s", said.String())
	}
}

// A rule that is mistyped is told by its place and its first word: a password is in no error, and
// in no option that is left out.
func TestMistypedPasswordIsNotTold(t *testing.T) {
	env := &route.Environment{Ignored: func(_ route.Position, option string) { t.Errorf("%s is left out", option) }}
	for rule, want := range map[string]string{
		"basicauth:R,foo:secret":                     `f:1:1: "basicauth" is no rule: write OPTION = CONDITION ACTION`,
		"^/ basicauth:R,foo:secret":                  `f:1:1: "^/" is no rule`,
		"^/ basicauth:R,foo:secret=":                 `f:1:1: "^/" is no option of a rule`,
		"basicauth:R,foo:secret=":                    `f:1:1: "basicauth" is no option of a rule`,
		"route ^/ basicauth:R,foo:secret":            `f:1:1: "route" is no rule`,
		"route ^/ basicauth:R,foo:secret=":           `f:1:1: a = is missing after route: write OPTION = CONDITION ACTION`,
		"route-run: basicauth:R,foo:secret=":         `f:1:1: a = is missing after route-run`,
		"rout ^/ basicauth:R,foo:secret=":            `f:1:1: "rout" is no option of a rule`,
		"final-route ^/ basicauth:R,foo:secret=":     `f:1:1: final-route: rules are for requests alone`,
		"route = basicauth:R,foo:secret":             `f:1:9: route has no condition: write one and a space before basicauth, or route-run`,
		"route = basicauth:R,foo:my secret":          `f:1:9: route has no condition`,
		"route = basicauth-next:My R,foo:my secret":  `f:1:9: route has no condition`,
		"route = basicauth:R,foo:(secret secret:":    `f:1:9: route has no condition`,
		"route-if = basicauth:R,foo:secret last:":    `f:1:12: route-if has no condition`,
		"route-if = basicauth,R,foo,secret last:":    `f:1:12: "basicauth" is no condition`,
		"route-if-not = auth,R,foo secret":           `f:1:16: "auth" is no condition`,
		"route-run = basicauth R,foo:secret":         `f:1:13: "basicauth" wants its colon at once: write basicauth:ARGUMENTS`,
		"route-run = basicauth=R,foo:secret":         `f:1:13: "basicauth" wants its colon at once`,
		"route = ^/ basicauth :R,foo:secret":         `f:1:12: "basicauth" wants its colon at once`,
		"route-run = basicauth R,foo@secret":         `f:1:13: "basicauth" is no action`,
		"route-run = basicauth,R,secret":             `f:1:13: "basicauth" is no action`,
		"route-run = basic-auth:R,foo:secret":        `f:1:13: unknown action "basic-auth"`,
		"route-run = basicauth:R foo:secret":         `f:1:23: basicauth has no users`,
		"route-run = basicauth:foo:\"secret\",R":     `f:1:23: "foo" cannot be a realm`,
		"route-run = addheader:Authorization secret": `f:1:23: "Authorization" is no header field`,
		"route-run = addvar:PASSWORD secret":         `f:1:20: "PASSWORD" is no assignment`,
	} {
		_, err := env.Parse("f", rule)
		if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v, want %s", rule, err, want)
		}
	}
}

// Whatever a file of users holds and a client sends: nobody passes with a hash that is not checked.
func FuzzHtpasswd(f *testing.F) {
	f.Add(passwords, "sha", "password")
	f.Add("b:$apr1$$0123456789abcdef012345", "b", "")
	f.Add("a:b:c\n", "a", "b:c")
	f.Fuzz(func(t *testing.T, text, user, password string) {
		admits, err := route.Htpasswd(text)
		if err != nil {
			return
		}
		known, err := admits(user, password)
		if err != nil || known && !strings.Contains(text, user+":{SHA}") && !strings.Contains(text, user+":$") {
			t.Errorf("%v, %v", known, err)
		}
	})
}
