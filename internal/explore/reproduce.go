package explore

import (
	"fmt"
	"strconv"
	"strings"
)

// A Recipe is how to have the same conversation without the page.
type Recipe struct {
	Wire  string `json:"wire"`
	Serve string `json:"serve"`           // a shell's lines
	Ask   string `json:"ask"`             // the request, for what arrives
	Watch string `json:"watch,omitempty"` // the same conversation as it goes over the wire
	Front string `json:"front"`           // nginx's lines, or how else a front is told
	Go    string `json:"go"`              // a program that sends the request
}

// recipeTexts are what the recipes of the protocols do not share.
var recipeTexts = []struct {
	wire, listen, front string
	tap                 string // where to listen in the backend's place
}{
	{"cgi", "http://127.0.0.1:8080", "# Apache httpd, with mod_cgid; nginx runs no CGI programs\nScriptAlias \"/guests\" \"/usr/local/bin/postern\"", ""},
	{"fastcgi", "fastcgi://127.0.0.1:9000", "location / {\n\tinclude fastcgi_params;\n\tfastcgi_pass 127.0.0.1:9000;\n}", "fastcgi://127.0.0.1:9001"},
	{"scgi", "scgi://127.0.0.1:4000", "location / {\n\tinclude scgi_params;\n\tscgi_pass 127.0.0.1:4000;\n}", "scgi://127.0.0.1:4001"},
	{"uwsgi", "uwsgi://127.0.0.1:3031", "location / {\n\tinclude uwsgi_params;\n\tuwsgi_pass 127.0.0.1:3031;\n}", "uwsgi://127.0.0.1:3032"},
	{"http", "http://127.0.0.1:8080", "location / {\n\tproxy_http_version 1.1;\n\tproxy_pass http://127.0.0.1:8080;\n}", "http://127.0.0.1:8081"},
}

// Recipes returns a Recipe a protocol.
func Recipes(in Input) (list []Recipe, err error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	for _, t := range recipeTexts {
		r := Recipe{Wire: t.wire, Front: t.front}
		switch t.wire {
		case "cgi": // needs no server
			r.Serve = "postern serve --listen " + t.listen + " --to cgi:$(command -v postern)"
			r.Ask = in.ask("postern get -i", `"cgi:$(command -v postern)":`)
		case "http":
			r.Ask = in.ask("curl -i", t.listen)
		default:
			r.Ask = in.ask("postern get -i --wire", t.listen)
		}
		if t.wire != "cgi" {
			r.Serve = "postern serve --listen " + t.listen + " --to demo:"
			r.Watch = "postern tap --listen " + t.tap + " --to " + t.listen + " --wire"
		}
		r.Go = in.program(t.wire, t.listen)
		list = append(list, r)
	}
	return list, nil
}

// ask is the request as a command line of curl or of postern get, whose flags are curl's, but for
// its path: at /vars the demo shows what arrived. base is as the shell is to have it.
func (in *Input) ask(command, base string) string {
	var s strings.Builder
	s.WriteString(command)
	if in.Method == "HEAD" && in.Body == "" {
		s.WriteString(" -I")
	} else if in.Method != "GET" || in.Body != "" {
		s.WriteString(" -X " + shellQuoted(in.Method))
	}
	for _, f := range in.Headers {
		s.WriteString(" -H " + shellQuoted(f.Name+": "+f.Value))
	}
	if in.Body != "" {
		s.WriteString(" --data-binary " + shellQuoted(in.Body))
	}
	target := "/vars"
	if in.Query != "" {
		target += "?" + in.Query
	}
	if strings.HasPrefix(base, `"`) {
		return s.String() + " " + base + shellQuoted(target)
	}
	return s.String() + " " + shellQuoted(base+target)
}

// shellQuoted is text as one word of a shell.
func shellQuoted(text string) string {
	plain := func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:", r))
	}
	if text != "" && strings.IndexFunc(text, plain) < 0 {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// program is a Go program that sends the request.
func (in *Input) program(wire, listen string) string {
	if wire == "cgi" {
		listen = "cgi:/usr/local/bin/postern"
	}
	var params strings.Builder
	for name, value := range in.params().All() {
		fmt.Fprintf(&params, "\t\t%q, %q,\n", name, value)
	}
	return `package main

import (
	"context"
	"io"
	"log"
	"os"
	"strings"

	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/protocol"
)

func main() {
	client, err := endpoint.NewClient(` + strconv.Quote(listen) + `, nil)
	if err != nil {
		log.Fatal(err)
	}
	body := ` + strconv.Quote(in.Body) + `
	params := protocol.Pairs(
` + params.String() + `	)
	r := &protocol.Request{Params: params, Body: strings.NewReader(body), ContentLength: int64(len(body))}
	res, err := client.RoundTrip(context.Background(), r)
	if err != nil {
		log.Fatal(err)
	}
	defer res.Body.Close()
	log.Println(res.Status, res.Header)
	io.Copy(os.Stdout, res.Body)
}
`
}
