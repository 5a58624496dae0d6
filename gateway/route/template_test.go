package route_test

import (
	"net/http"
	"os"
	"regexp"
	"strconv"
	"testing"
	"testing/synctest"
	"time"
)

// Each row is a text of a rule, whose regular expression has two groups, and what it is for the
// request of get for "/a/b?q=1%202&q=3&r" with a few variables.
func TestTexts(t *testing.T) {
	for _, row := range []struct{ name, text, want string }{
		{"nothing in it", "plain", "plain"},
		{"groups", "$1-$2-$0", "a-b-/a/b"},
		{"a digit behind a group", "$10", "a0"},
		{"a variable", "<${PATH_INFO}>", "</a/b>"},
		{"one that is not there", "<${NOBODY}>", "<>"},
		{"one with odd signs in its name", "<${NO-BODY x}>", "<>"},
		{"several", "${REQUEST_METHOD}${PATH_INFO}$1", "GET/a/ba"},
		{"a brace that is not closed", "a${PATH_INFO", "a${PATH_INFO"},
		{"a dollar at the end", "a$", "a$"},
		{"a dollar before a letter", "$x", "$x"},
		{"two dollars", "$$", "$$"},
		{"two dollars before a brace", "$${PATH_INFO}", "$${PATH_INFO}"},
		{"two dollars before a group", "$$1", "$$1"},
		{"the version", "postern %V%x", "postern 1.0%x"},
		{"a cookie", "${cookie[b]}", "2=3"},
		{"one that is not there", "<${cookie[c]}>", "<>"},
		{"an item of the query", "${qs[q]}", "1%202"},
		{"one without a value", "<${qs[r]}>", "<>"},
		{"one that is not there", "<${qs[s]}>", "<>"},
		{"base64", "${base64[PATH_INFO]}", "L2EvYg=="},
		{"hex", "${hex[PATH_INFO]}", "2F612F62"},
		{"upper", "${upper[PATH_INFO]}", "/A/B"},
		{"lower", "${lower[REQUEST_METHOD]}", "get"},
		{"a type", "${mime[FILE]}", "image/png"},
		{"a type that nobody knows", "<${mime[PATH_INFO]}>", "<>"},
		{"a process", "${uwsgi[pid]}", strconv.Itoa(os.Getpid())},
		{"a worker", "${uwsgi[wid]}", "1"},

		// One pass: what is put in is never looked at again.
		{"a variable's value with a variable in it", "${EVIL}", "${DOCUMENT_ROOT}$1"},
		{"one beside what would close it", "${HALF}${DOCUMENT_ROOT}", "${/srv/secret"},
		{"a cookie with one in it", "${cookie[e]}", "${DOCUMENT_ROOT}"},
		{"a name that is made of parts", "${$1}", ""},
	} {
		table := tableOf(t, env, "route = ^/(.)/(.)$ send:"+row.text, nil)
		a := get(t, table, "/a/b?q=1%202&q=3&r", "HTTP_COOKIE", "a=1; b=2=3;e=${DOCUMENT_ROOT}", "FILE", "/x.png",
			"EVIL", "${DOCUMENT_ROOT}$1", "HALF", "${")
		if a.body != row.want || a.err != nil {
			t.Errorf("%s: %q is %q, %v; want %q", row.name, row.text, a.body, a.err, row.want)
		}
	}
}

// A URL can name a server's variable, and does not get its value: uWSGI expands twice.
func TestOnePass(t *testing.T) {
	for uri, want := range map[string]string{
		"/rpc2/${DOCUMENT_ROOT}":  "pre-${DOCUMENT_ROOT}",
		"/rpc2/$1${cookie[a]}$$2": "pre-$1${cookie[a]}$$2",
		"/rpc2/%V":                "pre-%V",
	} {
		for _, rule := range []string{"route = ^/rpc2/(.*)$ rpc:echo pre-$1", "route-if = regexp:${PATH_INFO};^/rpc2/(.*)$ rpc:echo pre-$1",
			"route = ^/rpc2/(.*)$ addvar:A=$1\nroute-run = rpcvar:B echo pre-${A}\nroute-run = send:${B}"} {
			if a := get(t, tableOf(t, env, rule, nil), uri); a.body != want || a.err != nil {
				t.Errorf("%s: %s: %q, %v; want %q", rule, uri, a.body, a.err, want)
			}
		}
	}
}

// A group that took no part is empty.
func TestNoGroup(t *testing.T) {
	if a := get(t, tableOf(t, env, "route = ^/(a)?(b)? send:<$1$2>", nil), "/b"); a.body != "<b>" {
		t.Errorf("%q", a.body)
	}
}

func TestTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		for text, want := range map[string]string{
			"${time[unix]}":    strconv.FormatInt(now.Unix(), 10),
			"${time[micros]}":  strconv.FormatInt(now.UnixMicro(), 10),
			"${httptime[60]}":  now.Add(time.Minute).UTC().Format(http.TimeFormat),
			"${httptime[-60]}": now.Add(-time.Minute).UTC().Format(http.TimeFormat),
			"${httptime[]}":    now.UTC().Format(http.TimeFormat),
		} {
			if a := get(t, tableOf(t, env, "route-run = send:"+text, nil), "/"); a.body != want {
				t.Errorf("%s: %q, want %q", text, a.body, want)
			}
		}
	})
}

func TestUUID(t *testing.T) {
	table := tableOf(t, env, "route-run = send:${uwsgi[uuid]}", nil)
	first, second := get(t, table, "/").body, get(t, table, "/").body
	if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(first) || first == second {
		t.Errorf("%q, %q", first, second)
	}
}
