package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/internal/fetch"
	"github.com/postern-gateway/postern/protocol"
)

const getLong = `Get asks a backend for one answer, by any protocol, as curl does by HTTP. Flags that curl has mean what they mean there.

URL is 'fastcgi://HOST:PORT/PATH?QUERY', and so scgi, uwsgi, http; 'fastcgi+unix:SOCKET:/PATH?QUERY', where a colon parts the
socket's path from the request's, as in nginx; cgi:PROGRAM:/PATH, or cgi:DIRECTORY/:/NAME, a program that is started.
The path is sent as it is written; braces and brackets mean nothing. Quote a URL that has a ? or an &.

php-fpm runs the file that SCRIPT_FILENAME names: --script says it. SCRIPT_NAME and PATH_INFO follow from the URL's path if
the file's name is in it, else the script gets every path, as an index.php does. -p sets any other variable.
Without --script the path is PATH_INFO, as applications of WSGI, Rack and Perl have it.

The answer goes to standard output, what a backend writes to its error stream to standard error.
-i prints the head with its fields sorted. --wire shows every message of both directions, decoded, with offsets and bytes.
-L follows Location as long as it names the same host; no other host is dialled, as the URL's backend alone was meant.

--repeat, --duration, --parallel and --rate make a load of the request, and print how it was answered: with --rate a latency
counts from when a request was due, so that a backend that stops for a moment shows in each request it held up.

Exit status, as curl's: 0 the answer is whole; 2 bad usage; 3 bad URL; 6 no address for the host; 7 cannot connect; 8 the answer
is none of this protocol; 18 an incomplete answer; 22 a status of 400 or more, with -f; 23 the answer cannot be written; 26 a file
of the request cannot be read; 28 the time is over; 35 no TLS came about; 47 too many redirects; 52 the peer closed without a
byte; 55 the request cannot be sent; 56 the connection failed; 60 its certificate is not trusted; 65 what came
by standard input would have to be sent again; 130 after SIGINT.
A load ends with that of its first failure.`

const getExample = `  php-fpm's status page, and what goes over the wire for it:
    postern get fastcgi+unix:/run/php/php-fpm.sock:/status --script /status --wire
  a script, with a path after it and a query:
    postern get 'fastcgi://127.0.0.1:9000/index.php/page?lang=en' --script /srv/www/index.php
  a form with a file, to uWSGI:
    postern get uwsgi://127.0.0.1:3031/upload -F photo=@cat.jpeg -F 'title=A cat'
  JSON to an application by SCGI, with head and variables shown:
    postern get -v scgi+unix:/run/app.sock:/api --json '{"name":"Ada"}'
  a CGI program, without a server:
    postern get cgi:/usr/lib/cgi-bin/x.cgi:/path
  may this request pass? An authorizer of FastCGI is asked:
    postern get -i fastcgi://127.0.0.1:9000/private --role authorizer -p REMOTE_USER=ada
  status and time, for a script:
    postern get -s -o /dev/null -w '%{http_code} %{time_total}\n' http://127.0.0.1:8080/
  1000 requests, 10 at a time:
    postern get fastcgi://127.0.0.1:9000/ --repeat 1000 --parallel 10`

// A getConfig is the command line of get.
type getConfig struct {
	fetch.Config
	role     string
	insecure bool
}

func getCommand() *cobra.Command {
	var cfg getConfig
	c := &cobra.Command{
		Use:               "get [flags] URL",
		Short:             "Ask a backend by any protocol, as curl does by HTTP",
		Long:              getLong,
		Example:           getExample,
		ValidArgsFunction: oneURL(toCall),
		Args: func(_ *cobra.Command, args []string) error {
			switch len(args) {
			case 0:
				return usage(errors.New("no URL: say postern get URL, for example postern get fastcgi+unix:/run/php/php-fpm.sock:/status --script /status"))
			case 1:
				return nil
			}
			return usage(fmt.Errorf("%d URLs: say one, and quote one that has a space, a ? or an &", len(args)))
		},
		RunE: func(c *cobra.Command, args []string) error {
			cfg.URL = args[0]
			cfg.Stdin, cfg.Stdout, cfg.Stderr = c.InOrStdin(), c.OutOrStdout(), c.ErrOrStderr()
			return cfg.run(c.Context())
		},
	}
	f := c.Flags()
	f.SortFlags = false
	cfg.addMessageFlags(f)
	cfg.addVariableFlags(f)
	cfg.addAnswerFlags(f)
	cfg.addLoadFlags(f)
	return c
}

// addMessageFlags adds the flags that curl has for what is sent.
func (cfg *getConfig) addMessageFlags(f *pflag.FlagSet) {
	m := &cfg.Message
	f.StringVarP(&m.Method, "request", "X", "", "the `method`")
	f.BoolVarP(&m.Head, "head", "I", false, "ask for the head alone, by HEAD")
	for _, d := range []struct {
		name, short, usage string
		kind               fetch.DataKind
	}{
		{"data", "d", "POST this; @`FILE` is a file without its line ends, @- standard input (repeatable: joined by &)", fetch.DataText},
		{"data-binary", "", "the same, of a `FILE` every byte", fetch.DataBinary},
		{"data-raw", "", "the same, where @ means nothing", fetch.DataRaw},
		{"data-urlencode", "", "the same, encoded: `CONTENT`, NAME=CONTENT, @FILE or NAME@FILE", fetch.DataURLEncode},
		{"json", "", "POST `JSON`, or @FILE, with the types that say so", fetch.DataJSON},
	} {
		f.VarP(&dataFlag{d.kind, &m.Data}, d.name, d.short, d.usage)
	}
	f.BoolVarP(&m.Query, "get", "G", false, "send the data of -d as a query")
	f.VarP(&formFlag{false, &m.Form}, "form", "F", "POST a form: `NAME=VALUE`, NAME=@FILE or NAME=<FILE, with ;type= and ;filename= (repeatable)")
	f.Var(&formFlag{true, &m.Form}, "form-string", "the same, where @, < and ; mean nothing: `NAME=VALUE`")
	f.StringVarP(&m.Upload, "upload-file", "T", "", "PUT this `FILE`; - is standard input")
	f.StringArrayVarP(&m.Fields, "header", "H", nil, "send this field: `'Name: value'`, 'Name:' for none, 'Name;' for an empty one, @FILE (repeatable)")
	f.StringVarP(&m.UserAgent, "user-agent", "A", "", "User-Agent is this `name`")
	f.StringVarP(&m.Referer, "referer", "e", "", "Referer is this `URL`")
	f.StringVarP(&m.User, "user", "u", "", "Authorization by Basic, of `NAME:PASSWORD`")
	f.StringArrayVarP(&m.Cookies, "cookie", "b", nil, "send these cookies: `'NAME=VALUE; NAME=VALUE'` (repeatable)")
}

// addVariableFlags adds the flags for what HTTP has not.
func (cfg *getConfig) addVariableFlags(f *pflag.FlagSet) {
	m := &cfg.Message
	f.StringArrayVarP(&m.Params, "param", "p", nil, "set a variable: `NAME=VALUE`; NAME alone leaves it out (repeatable)")
	f.StringVar(&m.Script, "script", "", "the `FILE` that the backend is to run: SCRIPT_FILENAME, and with it SCRIPT_NAME and PATH_INFO")
	f.StringVar(&cfg.role, "role", "responder", "of FastCGI: responder, authorizer or filter")
	f.StringVar(&m.Stream, "stream", "", "the `FILE` that a filter filters")
	f.Uint8Var(&m.Modifier1, "modifier1", 0, "of uwsgi")
	f.Uint8Var(&m.Modifier2, "modifier2", 0, "of uwsgi")
	f.StringArrayVar(&cfg.Options, "option", nil, "set this `name=value` of the backend, as serve --option does (repeatable)")
	f.BoolVarP(&cfg.insecure, "insecure", "k", false, "over TLS, take every certificate of the backend")
}

// addAnswerFlags adds the flags for what becomes of the answer.
func (cfg *getConfig) addAnswerFlags(f *pflag.FlagSet) {
	s := &cfg.Show
	f.BoolVarP(&s.Include, "include", "i", false, "print the head, too")
	f.StringVarP(&s.Output, "output", "o", "", "write the answer to this `FILE`; - is standard output")
	f.BoolVarP(&s.FileName, "remote-name", "O", false, "write the answer to a file that is named as the URL's path ends")
	f.BoolVarP(&s.Silent, "silent", "s", false, "print no errors and notes")
	f.BoolVarP(&s.Errors, "show-error", "S", false, "with -s, print errors all the same")
	f.BoolVarP(&s.Fail, "fail", "f", false, "a status of 400 or more is an error, and its body is not printed")
	f.BoolVar(&s.FailBody, "fail-with-body", false, "the same, and its body is printed")
	f.BoolVarP(&cfg.Follow, "location", "L", false, "follow redirects within the backend")
	countFlag(f, &cfg.MaxRedirects, "max-redirs", fetch.DefaultMaxRedirects, "so many, or none for no limit", -1)
	f.VarP(newDuration(&cfg.MaxTime, 0, 0), "max-time", "m", "for all: seconds, or a duration such as 500ms, or none")
	durationFlag(f, &cfg.ConnectTimeout, "connect-timeout", 5*time.Minute, "to connect: seconds, or a duration, or none", 0)
	f.BoolVarP(&s.Verbose, "verbose", "v", false, "print variables and heads to standard error")
	f.BoolVar(&s.Wire, "wire", false, "print every message, decoded, with its bytes, to standard error")
	f.StringVarP(&s.WriteOut, "write-out", "w", "", "print this `format` at the end: '%{http_code} %{time_total}\\n' and the like, %{json} for all; @FILE has one")
}

func (cfg *getConfig) addLoadFlags(f *pflag.FlagSet) {
	l := &cfg.Load
	countFlag(f, &l.Requests, "repeat", 0, "send `N` requests, and print how they were answered")
	durationFlag(f, &l.Duration, "duration", 0, "send requests for so many seconds, or a duration")
	countFlag(f, &l.Parallel, "parallel", 1, "`N` requests at once")
	rateFlag(f, &l.Rate, "rate", "`R` requests a second, whether or not those before are answered, or none: as fast as they are")
}

// run asks. SIGINT ends it at once.
func (cfg *getConfig) run(ctx context.Context) error {
	if err := cfg.resolve(); err != nil {
		return err
	}
	ctx, stop := untilInterrupt(ctx)
	defer stop()
	err := fetch.Run(ctx, &cfg.Config)
	if e, ok := errors.AsType[*fetch.Error](err); ok && cfg.Show.Silent && !cfg.Show.Errors {
		return &fetch.Error{Code: e.Code}
	}
	return err
}

// resolve reads what a flag does not read by itself.
func (cfg *getConfig) resolve() error {
	roles := map[string]protocol.Role{"responder": protocol.Responder, "authorizer": protocol.Authorizer, "filter": protocol.Filter}
	role, ok := roles[cfg.role]
	switch {
	case !ok:
		return usage(fmt.Errorf("--role %s: say responder, authorizer or filter", cfg.role))
	case cfg.MaxTime < 0 || cfg.ConnectTimeout < 0:
		return usage(errors.New("--max-time and --connect-timeout are not negative: say none for no limit"))
	case cfg.Load.Requests < 0 || cfg.Load.Duration < 0 || cfg.Load.Parallel < 1 || !(cfg.Load.Rate >= 0) || math.IsInf(cfg.Load.Rate, 0):
		return usage(errors.New("--repeat, --duration, --parallel and --rate are not negative, and --parallel is at least 1"))
	}
	cfg.Message.Role = role
	if scheme, _, _ := strings.Cut(cfg.URL, ":"); cfg.insecure && overTLS(scheme) {
		cfg.Options = append(cfg.Options, "insecure=true")
	}
	cfg.Load.Progress = !cfg.Show.Silent && isTerminal(cfg.Stderr)
	if file, ok := strings.CutPrefix(cfg.Show.WriteOut, "@"); ok {
		b, err := cfg.readFormat(file)
		if err != nil {
			return usage(fmt.Errorf("-w: %w", err))
		}
		cfg.Show.WriteOut = string(b)
	}
	return nil
}

// readFormat reads the file of -w.
func (cfg *getConfig) readFormat(file string) ([]byte, error) {
	if file == "-" {
		return io.ReadAll(cfg.Stdin)
	}
	return os.ReadFile(file)
}

// overTLS reports whether a URL's scheme, "https" or "scgis+unix", is a protocol's over TLS.
func overTLS(scheme string) bool {
	name, _, _ := strings.Cut(scheme, "+")
	return slices.ContainsFunc(endpoint.Schemes(), func(s endpoint.Scheme) bool { return s.Name == name && s.Over != "" })
}

// A dataFlag adds a piece of data: pieces of all kinds have one order.
type dataFlag struct {
	kind fetch.DataKind
	to   *[]fetch.Datum
}

// Set implements [pflag.Value].
func (d *dataFlag) Set(text string) error {
	*d.to = append(*d.to, fetch.Datum{Kind: d.kind, Text: text})
	return nil
}

func (*dataFlag) String() string { return "" }

// Type implements [pflag.Value].
func (*dataFlag) Type() string { return "data" }

// A formFlag adds a field of a form.
type formFlag struct {
	raw bool
	to  *[]fetch.FormField
}

// Set implements [pflag.Value].
func (f *formFlag) Set(text string) error {
	*f.to = append(*f.to, fetch.FormField{Text: text, Raw: f.raw})
	return nil
}

func (*formFlag) String() string { return "" }

// Type implements [pflag.Value].
func (*formFlag) Type() string { return "field" }
