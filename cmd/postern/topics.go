package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/internal/suggest"
)

// helpCommand is "postern help". Unlike cobra's it takes a topic that is not there for a mistake.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND|TOPIC]",
		Short: "Explain a command, or a topic",
		Long:  "Help explains a command, as the command's --help does, or a topic.",
		ValidArgsFunction: func(c *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			of, _, err := c.Root().Find(args)
			if err != nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return explained(of), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(c *cobra.Command, args []string) error {
			of, rest, err := c.Root().Find(args)
			if err != nil || len(rest) > 0 {
				unknown := fmt.Errorf("there is no help on %q", strings.Join(args, " "))
				if meant := suggest.Nearest(args[len(args)-1], explained(of)...); meant != "" {
					return usage(fmt.Errorf("%w: did you mean %s?", unknown, meant))
				}
				return usage(fmt.Errorf("%w: there is some on %s", unknown, strings.Join(explained(of), ", ")))
			}
			of.InitDefaultHelpFlag()
			of.InitDefaultVersionFlag()
			return of.Help()
		},
	}
}

// explained are the commands and topics below c.
func explained(c *cobra.Command) (names []string) {
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() || sub.IsAdditionalHelpTopicCommand() {
			names = append(names, sub.Name())
		}
	}
	return names
}

// protocolsTopic is what postern help protocols prints.
func protocolsTopic() *cobra.Command {
	return &cobra.Command{
		Use:   "protocols",
		Short: "Each protocol's URLs, their options, and what a front calls it",
		Long: `A URL says where to listen (--listen) and whom to call (--to). Quote one that has a ? or a &: a shell takes them for its own.

` + schemeLines() + `
A scheme with // goes over TCP, or over a Unix socket:
  fastcgi://127.0.0.1:9000                  TCP; without a host, as in fastcgi://:9000, every interface
  fastcgi+unix:/run/app.sock                a Unix socket; "@name" is one of Linux's abstract ones
  fastcgi+fd:3                              to listen: a socket that systemd or another program has opened

Options to listen:
  allow=10.0.0.0/8,::1                      who may connect by TCP, addresses and networks, or * for all; loopback unless it is said
  mode=0660  owner=www-data  group=33       of a Unix socket

Options to call:
` + optionLines() + `
Options over TLS:
  cert=FILE  key=FILE                       to listen, the certificate and its key; to call, the client's own
  client-ca=FILE  client-ca-optional=FILE   to listen: clients must have a certificate by these, or may
  ca=FILE  server-name=NAME  insecure       to call: whom to trust, by which name, or whoever answers

Sizes are bytes, or 64k, 10M, 1G. Durations are seconds, or 450ms, 30s, 1m30s, 2h. none is no limit.

In a front's configuration:
` + frontLines,
	}
}

// schemeTexts say what URLs of a scheme are.
var schemeTexts = map[string][2]string{
	"auto":    {"auto://127.0.0.1:9000", "any of the protocols, told apart by a connection's first bytes"},
	"cgi":     {"cgi:/usr/lib/cgi-bin/", "CGI programs: a tree of them, with the slash, or one, cgi:/srv/app.cgi"},
	"fastcgi": {"fastcgi://127.0.0.1:9000", "FastCGI, as php-fpm speaks it"},
	"files":   {"files:/srv/www/", "the files of a directory tree"},
	"http":    {"http://127.0.0.1:8080", "HTTP: to listen also HTTP/2, to call HTTP/1.1"},
	"php":     {"'php:/srv/wiki/?fpm=URL'", "a site of PHP scripts, which php-fpm at URL runs, and of files"},
	"scgi":    {"scgi://127.0.0.1:4000", "SCGI"},
	"uwsgi":   {"uwsgi://127.0.0.1:3031", "uwsgi, as uWSGI speaks it"},
}

// schemeLines are a line for each scheme.
func schemeLines() string {
	var b strings.Builder
	for _, s := range endpoint.Schemes() {
		text := schemeTexts[s.Name]
		if s.Over != "" {
			text = [2]string{strings.Replace(schemeTexts[s.Over][0], s.Over, s.Name, 1), "the same over TLS"}
		}
		for _, only := range []struct {
			is   bool
			text string
		}{{!s.Listens, "; to call"}, {!s.Calls, "; to listen"}} {
			if only.is {
				text[1] += only.text
			}
		}
		fmt.Fprintf(&b, "  %-42s%s\n", text[0], text[1])
	}
	fmt.Fprintf(&b, "  %-42s%s\n", "demo:", "the built-in backend of postern serve: to call")
	return b.String()
}

// optionTexts say what the options are, but for those of cgi.
var optionTexts = map[string]string{
	"connect-timeout":    "how long one attempt to connect may take, 10s unless it is said",
	"deny":               "paths and names that are never served, as in /data/,*.sql",
	"fail-timeout":       "how long a backend that failed is left out, and failures count, 10s unless it is said",
	"first-byte-timeout": "how long the response's first byte may take, 60s unless it is said",
	"follow-links":       "links are followed out of the directory",
	"fpm":                "the URL of what runs the scripts",
	"hidden":             "what begins with a dot is served, too",
	"idle-timeout":       "how long a connection is kept idle",
	"index":              "the file that stands for its directory",
	"keep":               "so many idle connections are kept for further requests",
	"listing":            "a directory without an index is listed",
	"max-age":            "a connection carries no further requests after this time; none unless it is said",
	"max-conns":          "so many requests at once go to this backend; more wait",
	"max-fails":          "so many failures leave a backend out for a while, 1 unless it is said",
	"max-open":           "so many connections are open at once; requests beyond it wait; none unless it is said",
	"max-requests":       "so many requests are carried by a connection; none unless it is said",
	"mount":              "the backend stands at this path: SCRIPT_NAME is that, PATH_INFO what follows",
	"mux":                "so many requests at once on a connection, where the backend says that it can",
	"param":              "NAME=VALUE, a variable that each request gets",
	"php-root":           "where php-fpm sees the directory",
	"precompressed":      "0: files that lie compressed beside others are left alone",
	"probe":              "how often the backend is looked after",
	"probe-by":           "how: connect, values (FastCGI's GET_VALUES), or the path of a GET",
	"probe-fall":         "so many probes must fail for it to be down, 3 unless it is said",
	"probe-rise":         "so many must succeed for it to be up again, 2 unless it is said",
	"probe-timeout":      "how long a probe may take, 2s unless it is said",
	"read-timeout":       "how long the next byte of a response may take, 60s unless it is said",
	"resend":             "a request is sent again whose kept connection turns out to be closed",
	"resolve":            "all addresses of a host's name are used, and looked for again that often",
	"slow-start":         "how long it takes until a backend that is back has its whole weight",
	"total-timeout":      "how long a request may take in all; none unless it is said",
	"try":                "what is looked for, as by nginx's try_files: FILE,FILE/,/index.php",
	"weight":             "so many requests for each one of a backend with weight 1",
	"backup":             "it is asked only where no other backend is up",
	"x-accel-redirect":   "/PATH=DIRECTORY that the backend may name files of, as for nginx",
	"x-sendfile":         "a directory that the backend may name files of",
}

// optionLines are a line for each option that some scheme has, and one for those of cgi.
func optionLines() string {
	var names, ofCGI []string
	of := map[string][]string{}
	for _, s := range endpoint.Schemes() {
		switch {
		case s.Name == "cgi":
			ofCGI = s.Options
			continue
		case s.Over != "":
			continue
		}
		for _, o := range s.Options {
			if of[o] == nil {
				names = append(names, o)
			}
			of[o] = append(of[o], s.Name)
		}
	}
	slices.Sort(names)
	var b strings.Builder
	for _, o := range names {
		fmt.Fprintf(&b, "  %-20s %s (%s)\n", o+"=", optionTexts[o], strings.Join(of[o], ", "))
	}
	b.WriteString("Options of cgi:\n  " + strings.ReplaceAll(columns(ofCGI, 100), "\n", "\n  ") + "\n")
	return b.String()
}

const frontLines = `             nginx          Apache httpd                 lighttpd                        HAProxy      Caddy
  fastcgi    fastcgi_pass   ProxyPass "fcgi://..."       fastcgi.server                  proto fcgi   transport fastcgi
  scgi       scgi_pass      ProxyPass "scgi://..."       scgi.server                     -            -
  uwsgi      uwsgi_pass     ProxyPass "uwsgi://..."      scgi.protocol = "uwsgi"         -            -
  http       proxy_pass     ProxyPass "http://..."       proxy.server                    server       reverse_proxy
  cgi        -              ScriptAlias, by mod_cgid     cgi.assign                      -            -

nginx needs include fastcgi_params; (scgi_params, uwsgi_params) beside it: without it a request has no variables.`
