package fetch

import (
	"encoding/base64"
	"io"
	"net/http"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/postern-gateway/postern/protocol"
)

// A Message says what is sent. Its zero value is a GET.
type Message struct {
	Method string // empty: as the body wants it
	Head   bool   // HEAD
	Query  bool   // Data is sent as a query

	// At most one of these is the body.
	Data   []Datum
	Form   []FormField
	Upload string // a file that is PUT, "-" for standard input

	// "Name: value"; "Name:" leaves the field out, "Name;" has it empty; "@FILE" reads some
	Fields    []string
	UserAgent string
	Referer   string
	User      string   // "name:password"
	Cookies   []string // "name=value; name=value"

	// What HTTP has not.
	Params []string // variables, "NAME=value"; "NAME" leaves it out
	// SCRIPT_FILENAME; SCRIPT_NAME and PATH_INFO follow from it and the path
	Script    string
	Role      protocol.Role // of FastCGI
	Stream    string        // the file that a filter filters
	Modifier1 uint8         // of uwsgi
	Modifier2 uint8
}

// A draft is what the requests of one Message have in common.
type draft struct {
	m      *Message
	target *Target
	method string
	header http.Header // without Host
	host   string
	// HTTP_HOST is left out
	hostless bool
	body     *payload                  // nil: there is none
	length   int64                     // of body
	open     func() (io.Reader, error) // opens body
	close    func()                    // gives back what body has taken; nil: nothing
	query    string
}

// check returns an error for what contradicts itself.
func (m *Message) check(t *Target) error {
	overHTTP := t.Backend.Wire() == "http"
	posts := len(m.Data) > 0 && !m.Query
	switch {
	case posts && len(m.Form) > 0:
		return usage("-d and -F are two bodies: say one of them")
	case m.Upload != "" && (posts || len(m.Form) > 0):
		return usage("-T and -d or -F are two bodies: say one of them")
	case m.Head && (posts || len(m.Form) > 0 || m.Upload != ""):
		return usage("-I asks for a head, which has no body to send: leave out -I, or say -G with -d")
	case m.Query && len(m.Form) > 0:
		return usage("-G is for -d: a form of -F is a body")
	case overHTTP && (len(m.Params) > 0 || m.Script != ""):
		return usage("-p and --script are variables, which " + t.Backend.Protocol + " has none of: say -H for a field of the header")
	case m.Role != protocol.Responder && t.Backend.Wire() != "fastcgi":
		return usage("--role is FastCGI's: " + t.Backend.Protocol + " knows responders alone")
	case m.Stream != "" && m.Role != protocol.Filter:
		return usage("--stream is for --role filter")
	case m.Role == protocol.Filter && m.Stream == "":
		return usage("--role filter filters a file: say --stream FILE")
	case m.User != "" && !strings.Contains(m.User, ":"):
		return usage("-u: write NAME:PASSWORD, or NAME: for an empty one; nobody is asked for it")
	case m.Method != "" && !httpguts.ValidHeaderFieldName(m.Method):
		return usage("-X " + strconv.Quote(m.Method) + ": a method is one word, as in PUT")
	}
	for _, p := range m.Params {
		if p == "" || p[0] == '=' {
			return usage("-p " + strconv.Quote(p) + ": write NAME=VALUE")
		}
	}
	for _, cookie := range m.Cookies {
		if !strings.Contains(cookie, "=") {
			return usage("-b " + cookie + ": write NAME=VALUE; files of cookies are not read")
		}
	}
	return nil
}

// draft reads m as far as it is the same for each request.
func (m *Message) draft(t *Target, stdin io.Reader) (*draft, error) {
	if err := m.check(t); err != nil {
		return nil, err
	}
	d := &draft{m: m, target: t, method: http.MethodGet}
	mediaType, err := d.readBody(stdin)
	if err != nil {
		return nil, err
	}
	if m.Head {
		d.method = http.MethodHead
	}
	if m.Method != "" {
		d.method = m.Method
	}
	if err := d.setHeader(mediaType, stdin); err != nil {
		return nil, err
	}
	return d, d.takeIn()
}

// readBody sets method, body and query, and returns the body's media type.
func (d *draft) readBody(stdin io.Reader) (mediaType string, err error) {
	m := d.m
	switch {
	case len(m.Form) > 0:
		d.method = http.MethodPost
		d.body, mediaType, err = formBody(m.Form, stdin)
	case m.Upload != "":
		d.method = http.MethodPut
		d.body = &payload{stdin: stdin, segments: []segment{{file: m.Upload}}}
	case len(m.Data) > 0:
		if d.body, err = m.dataBody(stdin); err == nil && m.Query {
			d.query, err = d.body.query()
			d.body = nil
			break
		}
		d.method, mediaType = http.MethodPost, "application/x-www-form-urlencoded"
		if m.Data[0].Kind == DataJSON {
			mediaType = "application/json"
		}
	}
	if err == nil && d.body != nil {
		d.length, err = d.body.length()
	}
	return mediaType, err
}

// setHeader makes the header.
func (d *draft) setHeader(mediaType string, stdin io.Reader) error {
	m := d.m
	h := http.Header{"User-Agent": {"postern"}, "Accept": {"*/*"}}
	for name, value := range map[string]string{"User-Agent": m.UserAgent, "Referer": m.Referer, "Cookie": strings.Join(m.Cookies, ";"), "Content-Type": mediaType} {
		if value != "" {
			h.Set(name, value)
		}
	}
	if mediaType == "application/json" {
		h.Set("Accept", mediaType)
	}
	if m.User != "" {
		h.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(m.User)))
	}
	fields, err := m.fields(stdin)
	if err != nil {
		return err
	}
	own := make(http.Header)
	for _, f := range fields {
		name, value, ok := strings.Cut(f, ":")
		if !ok {
			if name, ok = strings.CutSuffix(f, ";"); !ok {
				return usage("-H " + f + ": write it as 'Name: value'")
			}
			own.Add(name, "")
			continue
		}
		if value = strings.Trim(value, " \t"); value == "" {
			if strings.EqualFold(name, "Host") && d.target.Backend.Wire() == "http" {
				return usage("-H Host: HTTP/1.1 wants one: leave it out, or say which")
			}
			d.hostless = d.hostless || strings.EqualFold(name, "Host")
			h.Del(name)
			continue
		}
		own.Add(name, value)
	}
	for name, values := range own {
		if wrong := protocol.BadField(name, values); wrong != "" {
			return usage("-H: " + wrong)
		}
		h[name] = values
	}
	if d.host = h.Get("Host"); d.host == "" {
		d.host = d.target.Host
	}
	h.Del("Host")
	d.header = h
	return nil
}

// fields are Fields, with those of files.
func (m *Message) fields(stdin io.Reader) (all []string, err error) {
	for _, f := range m.Fields {
		file, isFile := strings.CutPrefix(f, "@")
		if !isFile {
			all = append(all, f)
			continue
		}
		b, err := readAll(file, stdin)
		if err != nil {
			return nil, readFailed(err)
		}
		for line := range strings.Lines(string(b)) {
			if line = strings.TrimRight(line, "\r\n"); line != "" {
				all = append(all, line)
			}
		}
	}
	return all, nil
}
