package route_test

import (
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/gateway/route"
	"github.com/postern-gateway/postern/protocol"
)

// Whatever the rules: what cannot be used has a place in the text, and what can be used ends, for
// any request. No file is read.
func FuzzRules(f *testing.F) {
	for _, rules := range []string{
		"route = ^/foo rpc:echo ${REQUEST_URI} $0",
		"route-if = equal:${PATH_INFO};/bad break:500 Internal Server Error",
		"route-if-not = re:${qs[a]};^(.)$ send:$1",
		"route-host = (.*) goto:$1\nroute-run = last:\nroute-label = a.test\nroute-run = addheader:A: ${cookie[b]}",
		"route-uri = ^/(.*)\\? rewrite:/x/$1?y=$1\nroute-run = redirect:$1${PATH_INFO}",
		"route-run = rpcnext:echo@n a\nroute-run = rpcblob:echo@n b\nroute-run = rpcraw:hello",
		"route-run = rpcvar:X hello\nroute-run = rpcret:echo goto ${X}\nroute-run = status:404\nroute-run = break:",
		"[uwsgi]\n; c\n# d\nroute = (?!a) last:",
		"route = $1 log:${time[unix]}${httptime[5]}${base64[A]}%V",
		"route-run = clearheaders:201 $x\nroute-run = fixpathinfo:",
		"route-if = ipv4in:${REMOTE_ADDR};10.0.0.0/8 setuser:${hex[REMOTE_ADDR]}",
	} {
		f.Add(rules, "/a/b?c=d", "a.test")
	}
	f.Add("route = ^(.*)$ rewrite:$1", "/%zz${PATH_INFO}\x00\r\n", "\xff")
	f.Fuzz(func(t *testing.T, rules, uri, host string) {
		for _, file := range []string{"static:", "exists:", "isfile:", "isdir:", "islink:", "isexec:", "basicauth"} {
			if strings.Contains(rules, file) {
				return // that looks at the files of this machine
			}
		}
		list, err := env.Parse("f", rules)
		var table *route.Table
		if err == nil {
			table, err = route.New(next(), list...)
		}
		if err != nil {
			bad, ok := errors.AsType[*route.Error](err)
			if !ok || bad.At.Line < 1 || bad.At.Line > strings.Count(rules, "\n")+1 || bad.At.Column < 1 || bad.At.Column > len(rules)+1 {
				t.Fatalf("%v", err)
			}
			return
		}
		table.Log = slog.New(slog.DiscardHandler)
		path, query, _ := strings.Cut(uri, "?")
		serve(table, &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "GET", "REQUEST_URI", uri, "PATH_INFO", path,
			"QUERY_STRING", query, "HTTP_HOST", host, "HTTP_COOKIE", query, "REMOTE_ADDR", "192.0.2.7")})
	})
}
