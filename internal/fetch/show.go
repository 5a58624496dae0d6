package fetch

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/postern-gateway/postern/protocol"
)

// fileName is the last part of a URL's path, as it is written there.
func fileName(t *Target) string {
	if name := path.Base(t.URL.EscapedPath()); name != "." && name != "/" {
		return name
	}
	return ""
}

// headOf is the head of an answer as HTTP writes one. Its fields are sorted.
func headOf(res *protocol.Response) []byte {
	var b bytes.Buffer
	b.WriteString(statusLine(res) + "\r\n")
	for _, line := range fieldLines(res.Header) {
		b.WriteString(line + "\r\n")
	}
	b.WriteString("\r\n")
	return b.Bytes()
}

func statusLine(res *protocol.Response) string {
	if text := http.StatusText(res.Status); text != "" {
		return "HTTP/1.1 " + strconv.Itoa(res.Status) + " " + text
	}
	if own := res.Header.Get("Status"); own != "" { // "299 Mostly Fine"
		return "HTTP/1.1 " + own
	}
	return "HTTP/1.1 " + strconv.Itoa(res.Status) + " "
}

func fieldLines(h http.Header) (lines []string) {
	for _, name := range slices.Sorted(maps.Keys(h)) {
		for _, value := range h[name] {
			lines = append(lines, name+": "+value)
		}
	}
	return lines
}

// verbose prints a line for -v.
func (f *fetcher) verbose(line string) {
	if f.cfg.Show.Verbose {
		io.WriteString(f.stderr, line+"\n")
	}
}

// showRequest prints for -v what is sent, once: variables, or the head of HTTP.
func (x *exchange) showRequest() {
	if x.f.cfg.Show.Verbose {
		x.shown.Do(func() { x.f.showRequest(x.request) })
	}
}

func (f *fetcher) showRequest(r *protocol.Request) {
	var s strings.Builder
	if name := f.target.Backend.Protocol; name == "http" || name == "https" {
		hr, err := r.HTTP()
		if err != nil {
			return
		}
		s.WriteString("> " + hr.Method + " " + hr.URL.RequestURI() + " HTTP/1.1\n> Host: " + hr.Host + "\n")
		for _, line := range fieldLines(hr.Header) {
			s.WriteString("> " + line + "\n")
		}
	} else {
		if name == "fastcgi" {
			s.WriteString("> role " + r.Role.String() + "\n")
		}
		for name, value := range r.Params.All() {
			if !protocol.Withheld(name, protocol.ToBackend) {
				s.WriteString("> " + name + "=" + value + "\n")
			}
		}
	}
	io.WriteString(f.stderr, s.String()+">\n")
}

// showHead prints for -v the head of an answer.
func (f *fetcher) showHead(res *protocol.Response) {
	if !f.cfg.Show.Verbose {
		return
	}
	s := "< " + statusLine(res) + "\n"
	for _, line := range fieldLines(res.Header) {
		s += "< " + line + "\n"
	}
	io.WriteString(f.stderr, s+"<\n")
}
