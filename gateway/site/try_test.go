package site

import (
	"strings"
	"testing"
)

func TestTry(t *testing.T) {
	root := wiki(t)
	for _, tt := range []struct{ list, path, query, want string }{
		{"FILE,FILE/,/index.php", "/style.css", "", "file /style.css"},
		{"FILE,FILE/,/index.php", "/doku.php/x", "", "script /doku.php|/x"},
		{"FILE,FILE/,/index.php", "/both/", "", "script /both/index.php|"},
		{"FILE,FILE/,/index.php", "/both", "", "Moved Permanently /both/"},
		{"FILE,FILE/,/index.php", "/some/page", "a=b", "script /index.php|?a=b"},
		{"FILE,FILE/,/index.php", "/empty/", "", "script /index.php|"},
		{"FILE,FILE/,/index.php", "/.git/config", "", "script /index.php|"},
		{"FILE,FILE/,/index.php", "/out.txt", "", "script /index.php|"},
		{"FILE,FILE/,/index.php", "/UPPER.PHP", "", "script /index.php|"},
		{"FILE,FILE/,/index.php", "/image.jpg/x.php", "", "script /index.php|"},
		{"FILE,FILE/,/index.php", "/../outside.php", "", bad},
		{"FILE, FILE/, /index.php?q=PATH", "/some/page", "", "script /index.php|?q=some%2Fpage"},
		{"FILE,/index.php?q=PATH&x", "/a b&c=d", "e=f", "script /index.php|?q=a+b%26c%3Dd&x&e=f"},
		{"FILE,/index.php/PATH", "/some/page", "a=b", "script /index.php|/some/page?a=b"},
		{"FILE,/index.php", "/", "", "script /index.php|"},
		{"FILE,/index.php", "/both", "", "script /index.php|"},
		{"FILE,FILE/,/page.html", "/some/page", "a=b", "file /page.html"},
		{"FILE,FILE/,/static/", "/some/page", "", "file /static/index.html"},
		{"FILE,FILE.html,=404", "/page", "", "file /page.html"},
		{"FILE,FILE.php,=404", "/doku", "a=b", "script /doku.php|?a=b"},
		{"FILE.html,FILE", "/image.jpg", "", "file /image.jpg"},
		{"FILE,FILE.html,=404", "/static/", "", none},
		{"/cache/PATH.html,FILE,/index.php", "/page", "", "file /cache/page.html"},
		{"/cache/PATH.html,FILE,/index.php", "/style.css", "", "file /style.css"},
		{"FILE,=410", "/nothing", "", "Gone"},
		{"FILE,=503", "/nothing", "", "Service Unavailable"},
		{"FILE,FILE/", "/nothing", "", none},
		{"FILE", "/both/", "", "file /both/"},
		{"FILE,/nothing.php", "/nothing", "", none},
		{"FILE,/out.php", "/nothing", "", none},
		{"FILE,/UPPER.PHP", "/nothing", "", none},
	} {
		try, err := ParseTry(tt.list)
		if err != nil {
			t.Fatal(err)
		}
		if got := answered(t, &PHP{Root: root, Try: try}, "GET", "PATH_INFO", tt.path, "QUERY_STRING", tt.query); got != tt.want {
			t.Errorf("%s: %s: want %q, got %q", tt.list, tt.path, tt.want, got)
		}
	}
}

func TestParseTryRefuses(t *testing.T) {
	for list, want := range map[string]string{
		"":                             `"": write FILE`,
		"FILE,":                        `"": write FILE`,
		"index.php":                    `"index.php": write FILE`,
		"$uri":                         `"$uri": write FILE`,
		"FILE,/index.php?$args":        `"/index.php?$args": write FILE for $uri, and nothing for $args`,
		"FILE,/index.php$is_args$args": "write FILE for $uri",
		"FILE,/index.php?q=$uri":       "write FILE for $uri",
		"FILE FILE/ /index.php":        `"FILE FILE/ /index.php": write commas between what is tried`,
		"FILE,FILE/ /index.php?q=PATH": `"FILE/ /index.php?q=PATH": write commas`,
		"FILE,FILE/ =404":              `"FILE/ =404": write commas`,
		"=404 FILE":                    "from 400 to 599",
		"FILE,=404,/x":                 "the last thing",
		"=abc":                         "from 400 to 599",
		"=200":                         "from 400 to 599",
		"FILE,/../x":                   `".."`,
		"FILE,/a\\b":                   "backslash",
		"FILE,@backend":                `"@backend": write FILE`,
	} {
		if _, err := ParseTry(list); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: want %q, got %v", list, want, err)
		}
	}
}

func TestDeny(t *testing.T) {
	root := wiki(t)
	for _, tt := range []struct{ list, path, want string }{
		{"/data/", "/data/secret.txt", refusal},
		{"/data/", "/data/secret.php", refusal},
		{"/data/", "/data/secret.php/x", refusal},
		{"/data/", "/data/nothing", refusal},
		{"/data/", "/data/", refusal},
		{"/data/", "/data", refusal},
		{"/data", "/data/secret.txt", refusal},
		{"/data/", "//data//secret.txt", refusal},
		{"/data/", "/DATA/secret.txt", refusal},
		{"/data/", "/data./secret.txt", refusal},
		{"/data/", "/data /secret.txt", refusal},
		{"/data/", "/shown/secret.php", refusal},
		{"/data/", "/shown/secret.txt", refusal},
		{"/data/", "/secret.txt", refusal},
		{"secret.php", "/shown/secret.txt", "file /shown/secret.txt"},
		{"/data/", "/database", "script /index.php|"},
		{"/data/", "/lib/data/x", "script /index.php|"},
		{"/data/", "/style.css", "file /style.css"},
		{"/data/,/lib/exe/", "/lib/exe/css.php", refusal},
		{"/data/, /lib/exe/", "/lib/images/a b.png", "file /lib/images/a b.png"},
		{"/*/exe", "/lib/exe/css.php", refusal},
		{"/*/exe", "/lib/images/a b.png", "file /lib/images/a b.png"},
		{"*.sql", "/dump.sql", refusal},
		{"*.sql", "/sub/dump.SQL", refusal},
		{"*.sql", "/style.css", "file /style.css"},
		{"secret.*", "/data/secret.php/x", refusal},
		{"lib/exe", "/lib/exe/css.php", refusal},
		{"/both/*.php", "/both/", refusal},
		{"/both/*.php", "/both", refusal},
		{"/both/*.php", "/both/index.html", "file /both/index.html"},
		{"/index.php", "/nothing", refusal},
	} {
		deny, err := ParseDeny(tt.list)
		if err != nil {
			t.Fatal(err)
		}
		try, err := ParseTry("FILE,FILE/,/index.php")
		if err != nil {
			t.Fatal(err)
		}
		if got := answered(t, &PHP{Root: root, Deny: deny, Try: try}, "GET", "PATH_INFO", tt.path); got != tt.want {
			t.Errorf("%s: %s: want %q, got %q", tt.list, tt.path, tt.want, got)
		}
	}
	for _, list := range []string{"", "/", "/data/,", "/a//b", "[", "/x/[a-"} {
		if _, err := ParseDeny(list); err == nil {
			t.Errorf("%q: no error", list)
		}
	}
}
