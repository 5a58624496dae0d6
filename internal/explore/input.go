package explore

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/postern-gateway/postern/protocol"
)

// A Field is a header field.
type Field struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// An Input is a request and the answer to it.
type Input struct {
	Method  string  `json:"method"`
	Path    string  `json:"path"`  // as it is written in a URL, from its slash on
	Query   string  `json:"query"` // without the question mark
	Headers []Field `json:"headers"`
	Body    string  `json:"body"`
	Answer  Answer  `json:"answer"`
}

// An Answer is what the handler says.
type Answer struct {
	Status  int     `json:"status"`
	Headers []Field `json:"headers"`
	Body    string  `json:"body"`
}

// maxText is how long a body and the other texts together may be, in bytes: so that a page can show
// them.
const maxText = 4 << 10

// Example returns the Input that the page begins with.
func Example() Input {
	return Input{
		Method:  "POST",
		Path:    "/guests",
		Query:   "lang=en",
		Headers: []Field{{"Host", "example.org"}, {"User-Agent", "curl/8.5.0"}, {"Content-Type", "text/plain"}},
		Body:    "Ada Lovelace",
		Answer: Answer{
			Status:  http.StatusCreated,
			Headers: []Field{{"Content-Type", "text/plain"}},
			Body:    "Hello, Ada!\n",
		},
	}
}

// check returns an error that tells the page's user what to change.
func (in *Input) check() error {
	texts := len(in.Method) + len(in.Path) + len(in.Query)
	for _, f := range append(in.Headers[:len(in.Headers):len(in.Headers)], in.Answer.Headers...) {
		texts += len(f.Name) + len(f.Value)
		switch {
		case !httpguts.ValidHeaderFieldName(f.Name):
			return fmt.Errorf("header name %q: write letters, digits and hyphens", f.Name)
		case !httpguts.ValidHeaderFieldValue(f.Value):
			return fmt.Errorf("header %s: a line break or a control character cannot be in a value", f.Name)
		}
	}
	switch {
	case !httpguts.ValidHeaderFieldName(in.Method): // both are tokens
		return fmt.Errorf("method %q: write a word such as GET", in.Method)
	case in.Method == http.MethodConnect:
		return errors.New("method CONNECT: it asks a proxy for a tunnel, and is no request of a backend's")
	case !strings.HasPrefix(in.Path, "/"):
		return errors.New("the path begins with a slash")
	case strings.Contains(in.Path, "?"):
		return errors.New("the path has a question mark: what follows is the query, which has a field of its own; as a part of the path write %3F")
	case in.count("Host") > 1:
		return errors.New("header Host: a request has one Host, and servers refuse two")
	case strings.ContainsFunc(in.Path+in.Query, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '#' }):
		return errors.New("path and query: write a space as %20, and other characters likewise")
	case in.Answer.Status < 200 || in.Answer.Status > 599:
		return fmt.Errorf("status %d: write one from 200 to 599", in.Answer.Status)
	case texts > maxText || len(in.Body) > maxText || len(in.Answer.Body) > maxText:
		return fmt.Errorf("too much to show: a body, and the other texts together, have at most %d bytes", maxText)
	}
	if err := in.checkAnswer(); err != nil {
		return err
	}
	_, err := url.PathUnescape(in.Path)
	return err
}

// count returns how often the request has a header field.
func (in *Input) count(name string) (n int) {
	for _, f := range in.Headers {
		if strings.EqualFold(f.Name, name) {
			n++
		}
	}
	return n
}

// checkAnswer returns an error of an answer that no handler can give: it would be a 500.
func (in *Input) checkAnswer() error {
	a := &in.Answer
	bodyless := a.Status == http.StatusNoContent || a.Status == http.StatusNotModified
	if bodyless && a.Body != "" && in.Method != http.MethodHead {
		return fmt.Errorf("status %d has no body: leave that of the answer empty", a.Status)
	}
	for _, f := range a.Headers {
		if strings.EqualFold(f.Name, "Content-Length") && !bodyless && in.Method != http.MethodHead && f.Value != strconv.Itoa(len(a.Body)) {
			return fmt.Errorf("Content-Length of the answer: its body has %d bytes; without the field they are counted", len(a.Body))
		}
	}
	return nil
}

// params returns the variables that a front makes of the request (RFC 3875 section 4.1).
func (in *Input) params() protocol.Params {
	path, _ := url.PathUnescape(in.Path)
	uri := in.Path
	if in.Query != "" {
		uri += "?" + in.Query
	}
	name, port := in.server()
	p := protocol.Pairs("REQUEST_METHOD", in.Method, "REQUEST_URI", uri, "SCRIPT_NAME", "", "PATH_INFO", path, "QUERY_STRING", in.Query,
		"SERVER_PROTOCOL", "HTTP/1.1", "GATEWAY_INTERFACE", "CGI/1.1", "SERVER_SOFTWARE", "Postern", "REQUEST_SCHEME", "http",
		"SERVER_NAME", name, "SERVER_PORT", port, "REMOTE_ADDR", "192.0.2.7")
	if in.Body != "" {
		p.Add("CONTENT_LENGTH", strconv.Itoa(len(in.Body)))
	}
	for _, f := range in.Headers {
		if name := variableOf(f.Name); name != "CONTENT_LENGTH" { // told by the body
			p.Add(name, f.Value)
		}
	}
	return p.Unique()
}

// server returns the name and the port by which the client calls the server (RFC 3875 sections
// 4.1.14 and 4.1.15).
func (in *Input) server() (name, port string) {
	for _, f := range in.Headers {
		if strings.EqualFold(f.Name, "Host") {
			u := url.URL{Host: f.Value}
			name, port = strings.TrimSuffix(f.Value, ":"+u.Port()), u.Port()
		}
	}
	return name, cmp.Or(port, "80")
}

// variableOf is the variable that carries a header field (RFC 3875 section 4.1.18).
func variableOf(field string) string {
	name := strings.ToUpper(strings.ReplaceAll(field, "-", "_"))
	if name == "CONTENT_TYPE" || name == "CONTENT_LENGTH" {
		return name
	}
	return "HTTP_" + name
}

// request returns the request as a client sends it.
func (in *Input) request() *protocol.Request {
	return &protocol.Request{Params: in.params(), Body: strings.NewReader(in.Body), ContentLength: int64(len(in.Body))}
}
