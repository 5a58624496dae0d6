package main

import (
	"errors"

	"github.com/spf13/cobra"
)

func routeCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "route",
		Short: "Rules before a backend: what they can say, and which of them a request meets",
		Long: `Rules are those of uWSGI's internal routing, and are tried in their order: postern serve --routes FILE --route RULE. A
rule is a line: an option, a condition, a space and an action.

  route = ^/foo/(.*) rpc:hello $1 ${REMOTE_ADDR}

Options:
  route REGEXP ACTION         the path matches; route-host, route-uri, route-qs, route-remote-addr, route-remote-user,
                              route-user-agent and route-referer likewise
  route-if TEST ACTION        equal:${REQUEST_METHOD};POST, startswith: endswith: contains: regexp: TEXT;PATTERN, empty:TEXT,
                              exists: isfile: isdir: isexec: islink: FILE, ishigher: islower: N;M, ipv4in: ipv6in: ADDRESS;NETWORK;
                              route-if-not: it is not met
  route-run ACTION            always
  route-label LABEL           where goto:LABEL goes on, which an earlier rule says

Actions, each with its colon:
  last: break: break:403 Forbidden return:404 goto:LABEL     which rule is next, or none
  rpc:FUNCTION ARGUMENT...       a function answers; FUNCTION@HOST:PORT is one of another uwsgi server. rpcnext: adds to the
                                 answer, rpcraw: is a whole HTTP response, rpcvar:VAR sets a variable, rpcret: says what is next
  uwsgi: fastcgi: scgi: http: cgi:    send the request on: fastcgi:127.0.0.1:9000, uwsgi:/run/app.sock, http://127.0.0.1:8080
  static:/srv/www/$1  redirect:URL  redirect-permanent:URL  send:TEXT  status:404
  basicauth:REALM,USER:PASSWORD  basicauth:REALM,HTPASSWD-FILE  basicauth-next:  fixpathinfo:  clearheaders:404
  rewrite:/PATH?QUERY  rewrite-last:  addvar:NAME=TEXT  addheader:NAME: TEXT  setheader:  delheader:NAME  log:TEXT

Texts:
  $1 to $9       the groups of the regular expression
  ${VAR}         a variable of the request; ${cookie[NAME]} ${qs[NAME]} ${base64[VAR]} ${hex[VAR]} ${upper[VAR]}
                 ${lower[VAR]} ${mime[VAR]} ${time[unix]} ${httptime[60]} ${uwsgi[uuid]}

Regular expressions are Go's (RE2): they have no (?=...) and no \1, which uWSGI's have.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(routeCheckCommand())
	return c
}

// A routeCheckConfig is what the command line of route check says.
type routeCheckConfig struct {
	serve   serveConfig
	target  string
	method  string
	headers []string
	vars    []string
	answers []string
	run     bool
}

func routeCheckCommand() *cobra.Command {
	var cfg routeCheckConfig
	c := &cobra.Command{
		Use:   "check --routes FILE [flags] URL",
		Short: "Explain which rules a request meets, and what each does",
		Long: `Check tries the rules for one request, and says of each whether it was met, what its action did, and what came next.

Without --run no function is called and nothing is sent on: functions are taken to say "next", or what --answer says.`,
		Example: `  postern route check --routes rules.ini '/foo?a=b'
  postern route check --routes rules.ini --answer 'auth=break 403 Forbidden' -H 'User-Agent: curl' http://www.example.com/
  postern route check --route '^/foo rpc:echo ${REQUEST_URI}' --to 'demo:?rpc=1' --run /foo`,
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case len(args) != 1:
				return usage(errors.New("one request is meant: say postern route check --routes FILE URL, for example /foo?a=b"))
			case len(cfg.serve.rules) == 0:
				return usage(errors.New("no rules: say --routes FILE or --route RULE"))
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			cfg.target = args[0]
			return cfg.check(c.Context(), c.OutOrStdout())
		},
	}
	f := c.Flags()
	cfg.serve.rules.addFlags(f)
	f.StringArrayVarP(&cfg.serve.upstreams.to, "to", "t", nil, "the backend behind the rules, or one of several: it is called with --run, and has the functions of 'demo:?rpc=1'")
	f.StringVarP(&cfg.method, "method", "X", "GET", "the request's method")
	f.StringArrayVarP(&cfg.headers, "header", "H", nil, "a `field` of the request's header, as in 'User-Agent: curl' (repeatable)")
	f.StringArrayVar(&cfg.vars, "var", nil, "a variable of the request, `NAME=VALUE`, in the place of what the URL and the header tell (repeatable)")
	f.StringArrayVar(&cfg.answers, "answer", nil, "what a function says, `FUNCTION=TEXT` or FUNCTION@HOST:PORT=TEXT (repeatable)")
	f.BoolVar(&cfg.run, "run", false, "call functions and send requests on, as the server would")
	return c
}
