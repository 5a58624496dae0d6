package fetch

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An account is what is known at the end, for -w.
type account struct {
	f         *fetcher
	last      *exchange // nil: there was none
	to        at
	redirects int
	before    time.Duration // of the exchanges before the last
	connects  int
	location  string
	code      int
	message   string
}

// add notes an exchange that has begun.
func (o *account) add(x *exchange, to at) {
	if o.last != nil {
		o.last.close()
		o.before += o.last.total
	}
	o.last, o.to = x, to
	if x.conn.Load() != nil {
		o.connects++
	}
}

// writeOutVars are the variables of -w, in the order of %{json}.
var writeOutVars = map[string]func(o *account) any{
	"content_type":       func(o *account) any { return o.field("Content-Type") },
	"errormsg":           func(o *account) any { return o.message },
	"exitcode":           func(o *account) any { return o.code },
	"filename_effective": func(o *account) any { return o.file() },
	"http_code":          func(o *account) any { return o.status() },
	"http_version":       func(o *account) any { return "1.1" },
	"local_ip":           func(o *account) any { host, _ := o.address(net.Conn.LocalAddr); return host },
	"local_port":         func(o *account) any { _, port := o.address(net.Conn.LocalAddr); return port },
	"method":             func(o *account) any { return o.to.method },
	"num_connects":       func(o *account) any { return o.connects },
	"num_headers":        func(o *account) any { return o.fields() },
	"num_redirects":      func(o *account) any { return o.redirects },
	"redirect_url":       func(o *account) any { return o.redirectURL() },
	"remote_ip":          func(o *account) any { host, _ := o.address(net.Conn.RemoteAddr); return host },
	"remote_port":        func(o *account) any { _, port := o.address(net.Conn.RemoteAddr); return port },
	"response_code":      func(o *account) any { return o.status() },
	"scheme":             func(o *account) any { return strings.ToUpper(o.f.target.Backend.Protocol) },
	"size_download":      func(o *account) any { return o.exchange().bytes },
	"size_upload":        func(o *account) any { return o.exchange().uploaded.Load() },
	"speed_download":     func(o *account) any { return perSecond(o.exchange().bytes, o.exchange().total) },
	"speed_upload":       func(o *account) any { return perSecond(o.exchange().uploaded.Load(), o.exchange().total) },
	"time_connect":       func(o *account) any { return o.time(time.Duration(o.exchange().connected.Load())) },
	"time_namelookup":    func(o *account) any { return o.time(time.Duration(o.exchange().resolved.Load())) },
	"time_pretransfer":   func(o *account) any { return o.time(time.Duration(o.exchange().connected.Load())) },
	"time_redirect":      func(o *account) any { return seconds(o.before) },
	"time_starttransfer": func(o *account) any { return o.started() },
	"time_total":         func(o *account) any { return seconds(o.before + o.exchange().total) },
	"url":                func(o *account) any { return o.f.cfg.URL },
	"url_effective":      func(o *account) any { return o.f.target.Backend.String() + o.part() + o.to.uri() },
}

// WriteOutVariables are the names that -w knows, sorted.
func WriteOutVariables() []string {
	return append(slices.Sorted(maps.Keys(writeOutVars)), "header_json", "json", "onerror", "stderr", "stdout")
}

// seconds print as curl's times do.
type seconds time.Duration

func (s seconds) String() string { return strconv.FormatFloat(time.Duration(s).Seconds(), 'f', 6, 64) }

// MarshalJSON implements [json.Marshaler].
func (s seconds) MarshalJSON() ([]byte, error) { return []byte(s.String()), nil }

func perSecond(n int64, d time.Duration) int64 {
	if d <= 0 {
		return 0
	}
	return int64(float64(n) / d.Seconds())
}

func (o *account) exchange() *exchange {
	if o.last == nil {
		return &exchange{f: o.f}
	}
	return o.last
}

func (o *account) time(d time.Duration) seconds {
	if d == 0 {
		return 0
	}
	return seconds(o.before + d)
}

func (o *account) started() seconds {
	if o.exchange().res == nil {
		return 0
	}
	return seconds(o.before + o.last.headed)
}

func (o *account) header() http.Header {
	if x := o.exchange(); x.res != nil {
		return x.res.Header
	}
	return nil
}

func (o *account) field(name string) string { return o.header().Get(name) }

func (o *account) fields() (n int) {
	for _, values := range o.header() {
		n += len(values)
	}
	return n
}

// A statusCode prints as curl's does: 000 where there was none.
type statusCode int

func (s statusCode) String() string { return fmt.Sprintf("%03d", int(s)) }

func (o *account) status() statusCode {
	if x := o.exchange(); x.res != nil {
		return statusCode(x.res.Status)
	}
	return 0
}

// redirectURL is where -L would have gone to.
func (o *account) redirectURL() string {
	if o.f.cfg.Follow {
		return ""
	}
	return o.location
}

func (o *account) file() string {
	if o.f.cfg.Show.FileName {
		return fileName(o.f.target)
	}
	return o.f.cfg.Show.Output
}

func (o *account) address(of func(net.Conn) net.Addr) (host, port string) {
	c := o.exchange().conn.Load()
	if c == nil {
		return "", ""
	}
	host, port, err := net.SplitHostPort(of(c).String())
	if err != nil {
		return "", ""
	}
	return host, port
}

// part is what parts the backend from the request's path in a URL.
func (o *account) part() string {
	if o.f.target.Backend.Network == "tcp" {
		return ""
	}
	return ":"
}

func (a at) uri() string {
	if a.url == nil {
		return ""
	}
	return a.url.RequestURI()
}

// writeOut prints text, in which %{name} are variables, %header{name} fields of the answer's head,
// %% is a per cent sign, and \n, \r and \t are what they are in C.
func (o *account) writeOut(text string) {
	text = strings.NewReplacer(`\n`, "\n", `\r`, "\r", `\t`, "\t", `\\`, `\`).Replace(text)
	w := o.f.cfg.Stdout
	for text != "" {
		before, rest, ok := strings.Cut(text, "%")
		io.WriteString(w, before)
		if !ok {
			return
		}
		switch {
		case strings.HasPrefix(rest, "%"):
			io.WriteString(w, "%")
			text = rest[1:]
			continue
		case strings.HasPrefix(rest, "header{"):
			name, after, _ := strings.Cut(rest[len("header{"):], "}")
			io.WriteString(w, o.field(name))
			text = after
			continue
		case !strings.HasPrefix(rest, "{"):
			io.WriteString(w, "%")
			text = rest
			continue
		}
		name, after, _ := strings.Cut(rest[1:], "}")
		text = after
		switch name {
		case "stderr":
			w = o.f.stderr
		case "stdout":
			w = o.f.cfg.Stdout
		case "onerror": // what follows is for failures
			if o.code == 0 {
				return
			}
		default:
			io.WriteString(w, o.variable(name))
		}
	}
}

// variable is the text of a variable. One that is unknown is told, and empty.
func (o *account) variable(name string) string {
	switch name {
	case "json":
		all := make(map[string]any, len(writeOutVars))
		for name, value := range writeOutVars {
			all[name] = value(o)
		}
		return toJSON(all)
	case "header_json":
		all := make(map[string][]string)
		for name, values := range o.header() {
			all[strings.ToLower(name)] = values
		}
		return toJSON(all)
	}
	value, ok := writeOutVars[name]
	if !ok {
		o.f.warn("-w: unknown variable " + strconv.Quote(name))
		return ""
	}
	return fmt.Sprint(value(o))
}

func toJSON(v any) string {
	b, _ := json.Marshal(v) // texts and numbers: no error
	return string(b)
}
