package fetch

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/postern-gateway/postern/protocol"
)

// once asks once, and follows redirects.
func (f *fetcher) once(ctx context.Context) error {
	if f.cfg.MaxTime > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, f.cfg.MaxTime)
		defer cancel()
	}
	o := &account{f: f}
	out := &outlet{f: f}
	err := f.follow(ctx, o, out)
	if cerr := out.close(); err == nil {
		err = cerr
	}
	if o.last != nil {
		o.last.close()
	}
	o.fail(err)
	if text := f.cfg.Show.WriteOut; text != "" {
		o.writeOut(text)
	}
	return err
}

// follow asks until an answer is no redirect, and shows that one.
func (f *fetcher) follow(ctx context.Context, o *account, out *outlet) error {
	to := f.draft.first()
	for {
		r := f.draft.request(to)
		if o.redirects == 0 {
			if names := f.draft.leftOut(); len(names) > 0 {
				f.warn("left out, as no variable may tell of them: " + strings.Join(names, ", "))
			}
		}
		x, err := f.send(ctx, r)
		o.add(x, to)
		if err != nil {
			return err
		}
		f.showHead(x.res)
		next, location := f.redirect(x, to)
		o.location = location
		if !f.cfg.Follow || next == nil {
			return f.show(ctx, x, out)
		}
		if limit := f.cfg.MaxRedirects; limit >= 0 && o.redirects == limit {
			return &Error{Code: CodeRedirects, Text: f.target.Backend.String() + ": more than " + strconv.Itoa(limit) + " redirects, the last to " + location}
		}
		if err := f.writeHead(x.res, out); err != nil {
			return err
		}
		if err := x.copy(ctx, io.Discard); err != nil {
			return err
		}
		f.verbose("* Following the redirect to " + location)
		o.redirects++
		to = *next
	}
}

// show shows an answer whose head has come.
func (f *fetcher) show(ctx context.Context, x *exchange, out *outlet) error {
	s := &f.cfg.Show
	bad := x.res.Status >= 400
	err := f.writeHead(x.res, out)
	if err == nil && bad && s.Fail {
		return f.refused(x.res)
	}
	if err == nil {
		err = out.open()
	}
	beginning := &prefix{w: out}
	if err == nil && !f.cfg.Message.Head { // with -X GET, too
		err = x.copy(ctx, beginning)
	}
	f.advise(x, beginning.kept)
	if err == nil && bad && s.FailBody {
		err = f.refused(x.res)
	}
	return err
}

// refused is the error of an answer whose status is one.
func (f *fetcher) refused(res *protocol.Response) *Error {
	return &Error{Code: CodeStatus, Text: f.target.Backend.String() + ": the answer is " + strings.TrimPrefix(statusLine(res), "HTTP/1.1 ")}
}

// writeHead writes the head of an answer, where that is wanted.
func (f *fetcher) writeHead(res *protocol.Response, out *outlet) error {
	if !f.cfg.Show.Include && !f.cfg.Message.Head {
		return nil
	}
	if err := out.open(); err != nil {
		return err
	}
	if _, err := out.Write(headOf(res)); err != nil {
		return writeFailed(err)
	}
	return nil
}

// advise says what was probably meant, where an answer tells.
func (f *fetcher) advise(x *exchange, beginning []byte) {
	_, first := x.reached()
	name := f.target.Backend.Protocol
	switch {
	case speaksHTTP(name, x.res.Status, first):
		f.warn("the peer speaks HTTP, and could not read a request of " + name + "; is this an http:// port?")
	case name == "fastcgi" && x.res.Status == 404 && f.cfg.Message.Script == "" && bytes.HasPrefix(beginning, []byte("File not found.")):
		f.warn("php-fpm runs the file that SCRIPT_FILENAME names: say --script FILE")
	}
}

// A prefix passes on what is written, and keeps its beginning.
type prefix struct {
	w    io.Writer
	kept []byte
}

func (p *prefix) Write(b []byte) (int, error) {
	if room := maxFirst - len(p.kept); room > 0 {
		p.kept = append(p.kept, b[:min(len(b), room)]...)
	}
	return p.w.Write(b)
}

// fail notes why there is no whole answer.
func (o *account) fail(err error) {
	if e, ok := errors.AsType[*Error](err); ok {
		o.code, o.message = e.Code, e.Text
	}
}
