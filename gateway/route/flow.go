package route

import (
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"github.com/postern-gateway/postern/protocol"
)

// A flow is an action that is a result and nothing else.
type flow Result

func (f flow) choose(*Exchange) (Result, error) { return Result(f), nil }

// Do implements [Action].
func (f flow) Do(*Exchange) (Result, error) { return Result(f), nil }

// A jump is goto.
type jump struct{ label template }

func (j *jump) choose(x *Exchange) (Result, error) { return x.Goto(j.label.Expand(x)) }

// Do implements [Action].
func (j *jump) Do(x *Exchange) (Result, error) {
	label := j.label.Expand(x)
	x.Note("to %s", label)
	return x.Goto(label)
}

// Goto is the action that has the walk go on at the rule with that label.
func Goto(label string) Action {
	return &jump{template{label, []templatePart{{text: label}}}}
}

// A breakWith is break with a status.
type breakWith struct{ status template }

// Do implements [Action].
func (b *breakWith) Do(x *Exchange) (Result, error) {
	text := b.status.Expand(x)
	code, err := parseStatus(text)
	if err != nil {
		return Break, &protocol.Error{Op: "route", Kind: errRule, Err: err}
	}
	x.end(code, text)
	return Break, nil
}

// end answers with a status and no body, unless an answer has begun.
func (x *Exchange) end(code int, text string) {
	if x.late() {
		return
	}
	x.Note("answers %s", text)
	h := x.w.Header()
	if http.StatusText(code) == "" { // then its phrase is told so
		h.Set("Status", text)
	}
	x.status, x.edits = code, append([]headerEdit{{setField, "Content-Type", "text/plain"}}, x.edits...)
	x.begin()
}

// A returnStatus is return: a break with a status and a body that says it.
type returnStatus struct{ code int }

// Do implements [Action].
func (r *returnStatus) Do(x *Exchange) (Result, error) {
	if x.late() {
		return Break, nil
	}
	text := http.StatusText(r.code)
	x.end(r.code, strconv.Itoa(r.code)+" "+text)
	if text == "" || r.code == http.StatusNoContent || r.code == http.StatusNotModified {
		return Break, nil
	}
	_, err := x.WriteString(text)
	return Break, err
}

// parseStatus reads "403 Forbidden".
func parseStatus(text string) (int, error) {
	digits, _, _ := strings.Cut(text, " ")
	code, err := strconv.Atoi(digits)
	if err != nil || len(digits) != 3 || code < 200 || code > 599 {
		return 0, fmt.Errorf("%q is no status: write one from 200 to 599, as in 403 Forbidden", protocol.Clip(text))
	}
	return code, nil
}

// A setStatus is status.
type setStatus struct{ code int }

// Do implements [Action].
func (s *setStatus) Do(x *Exchange) (Result, error) {
	x.SetStatus(s.code)
	return Next, nil
}

// A clearHeaders is clearheaders.
type clearHeaders struct{ status template }

// Do implements [Action].
func (c *clearHeaders) Do(x *Exchange) (Result, error) {
	text := c.status.Expand(x)
	code, err := parseStatus(text)
	if err != nil {
		return Break, &protocol.Error{Op: "route", Kind: errRule, Err: err}
	}
	x.Note("status %s", text)
	if !x.begun {
		clear(x.w.Header())
		if http.StatusText(code) == "" { // then its phrase is told so
			x.w.Header().Set("Status", text)
		}
	}
	x.SetStatus(code)
	return Next, nil
}

// A logLine is log.
type logLine struct {
	text template
	at   Position
}

// Do implements [Action].
func (l *logLine) Do(x *Exchange) (Result, error) {
	text := l.text.Expand(x)
	x.Note("%q", text)
	attrs := append([]slog.Attr{slog.String("rule", l.at.String())}, x.vars...)
	x.Log().LogAttrs(x.Context(), slog.LevelInfo, text, attrs...)
	return Next, nil
}
