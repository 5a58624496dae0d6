package fetch

import (
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/postern-gateway/postern/protocol"
)

// at is where a request goes to, with the method that redirects have left.
type at struct {
	url      *url.URL
	method   string
	bodiless bool // a redirect has made it a GET
}

// first is where the first request goes to.
func (d *draft) first() at {
	u := *d.target.URL
	if u.Path == "" {
		if u.Path = "/"; d.m.Script != "" {
			u.Path = "/" + path.Base(d.m.Script)
		}
	}
	if d.m.Upload != "" && d.m.Upload != "-" && strings.HasSuffix(u.Path, "/") { // as curl does
		u = *u.JoinPath(filepath.Base(d.m.Upload))
	}
	if d.query != "" {
		u.RawQuery = strings.TrimPrefix(u.RawQuery+"&"+d.query, "&")
	}
	return at{url: &u, method: d.method}
}

// request makes the request for a place. Its body is yet to be had.
func (d *draft) request(to at) *protocol.Request {
	hr := &http.Request{Method: to.method, URL: to.url, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: d.header.Clone(), Host: d.host, RemoteAddr: protocol.Loopback, RequestURI: to.url.RequestURI()}
	if to.bodiless {
		hr.Header.Del("Content-Type")
	}
	r := protocol.NewRequest(hr)
	r.Role, r.Modifier1, r.Modifier2 = d.m.Role, d.m.Modifier1, d.m.Modifier2
	if d.hostless {
		r.Params.Del("HTTP_HOST")
	}
	if d.body != nil && !to.bodiless {
		r.ContentLength = d.length
		r.GetBody = d.open
		if d.length >= 0 {
			r.Params.Set("CONTENT_LENGTH", strconv.FormatInt(d.length, 10))
		}
	}
	if d.m.Script != "" {
		setScript(&r.Params, d.m.Script, to.url.Path)
	}
	for _, p := range d.m.Params {
		if name, value, ok := strings.Cut(p, "="); ok {
			r.Params.Set(name, value)
		} else {
			r.Params.Del(name)
		}
	}
	return r
}

// setScript sets the variables that name a script. The URL's path may hold its name, as in
// /app/index.php/rest; else it is one script for all paths, as a front controller is.
func setScript(p *protocol.Params, file, urlPath string) {
	base := "/" + path.Base(file)
	name, rest := base, ""
	if i := strings.Index(urlPath+"/", base+"/"); i >= 0 {
		name, rest = urlPath[:i+len(base)], urlPath[i+len(base):]
	}
	p.Set("SCRIPT_FILENAME", file)
	p.Set("SCRIPT_NAME", name)
	p.Set("PATH_INFO", rest)
	p.Set("DOCUMENT_URI", name+rest)
	if root, ok := strings.CutSuffix(file, name); ok && root != "" {
		p.Set("DOCUMENT_ROOT", root)
	}
}

// leftOut are the fields of the header that no variable tells.
func (d *draft) leftOut() (names []string) {
	r := protocol.NewRequest(&http.Request{URL: new(url.URL), Header: d.header})
	for name := range d.header {
		variable := strings.ReplaceAll(strings.ToUpper(name), "-", "_")
		_, own := r.Params.Lookup(variable)
		_, field := r.Params.Lookup("HTTP_" + variable)
		if !own && !field {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// takeIn reads a body whose length nobody knows, where the length has to be told: into memory, or a
// temporary file. It is called once.
func (d *draft) takeIn() error {
	if d.body == nil {
		return nil
	}
	d.open = d.body.open
	overHTTP := d.target.Backend.Wire() == "http"
	if d.length >= 0 || d.m.Upload != "" && overHTTP { // which is sent in chunks
		return nil
	}
	b, err := d.body.open()
	if err != nil {
		return err
	}
	r, done, err := protocol.BufferUnknownLength(&protocol.Request{Body: b, ContentLength: -1}, &protocol.Limits{Spool: -1})
	if err != nil {
		return failed(CodeRead, err)
	}
	d.open, d.length, d.close = r.GetBody, r.ContentLength, done
	return nil
}

// begin has r's bodies opened. end gives them back when the exchange is over.
func (d *draft) begin(r *protocol.Request) (end func(), err error) {
	end = func() {}
	if r.GetBody != nil {
		if r.Body, err = r.GetBody(); err != nil {
			return end, err
		}
		if c, ok := r.Body.(io.Closer); ok {
			end = func() { c.Close() }
		}
	}
	if d.m.Role != protocol.Filter {
		return end, nil
	}
	f, err := os.Open(d.m.Stream)
	if err != nil {
		return end, readFailed(err)
	}
	body := end
	end = func() { body(); f.Close() }
	info, err := f.Stat()
	if err != nil {
		return end, readFailed(err)
	}
	r.Data, r.DataLength = f, info.Size()
	r.Params.Set("FCGI_DATA_LAST_MOD", strconv.FormatInt(info.ModTime().Unix(), 10))
	return end, nil
}
