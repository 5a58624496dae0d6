package route

import (
	"log/slog"

	"github.com/postern-gateway/postern/protocol"
)

// A setVariable is addvar, and the actions that set one variable each.
type setVariable struct {
	name  string
	value template
}

// Do implements [Action].
func (s *setVariable) Do(x *Exchange) (Result, error) {
	value := s.value.Expand(x)
	x.Note("%s is %q", s.name, value)
	x.Set(s.name, value)
	return Next, nil
}

// setters are the variables of the actions that set one.
var setters = map[string]string{
	"setpathinfo":   "PATH_INFO",
	"setscriptname": "SCRIPT_NAME",
	"seturi":        "REQUEST_URI",
	"setmethod":     "REQUEST_METHOD",
	"setuser":       "REMOTE_USER",
	"setremoteaddr": "REMOTE_ADDR",
	"setdocroot":    "DOCUMENT_ROOT",
}

// A fixPath is fixpathinfo.
type fixPath struct{}

// Do implements [Action].
func (fixPath) Do(x *Exchange) (Result, error) {
	name, path := x.Get("SCRIPT_NAME"), x.req.Params.Get("PATH_INFO")
	if name == "" {
		return Next, nil
	}
	rest, ok := protocol.Below(path, name)
	if !ok {
		x.Note("the path is not below %q", protocol.Clip(name))
		return Next, nil
	}
	x.Note("PATH_INFO is %q", rest)
	x.Set("PATH_INFO", rest)
	return Next, nil
}

// A setLogVariable is logvar.
type setLogVariable struct {
	name  string
	value template
}

// Do implements [Action].
func (s *setLogVariable) Do(x *Exchange) (Result, error) {
	x.vars = append(x.vars, slog.String(s.name, s.value.Expand(x)))
	return Next, nil
}

// An editHeader is addheader, setheader or delheader.
type editHeader struct {
	kind  editKind
	name  string
	value template
}

// Do implements [Action].
func (e *editHeader) Do(x *Exchange) (Result, error) {
	value := e.value.Expand(x)
	if e.kind != delField {
		x.Note("%s: %s", e.name, value)
	}
	x.edit(e.kind, e.name, value)
	return Next, nil
}

// A send is send or send-crnl.
type send struct {
	text template
	end  string
}

// Do implements [Action].
func (s *send) Do(x *Exchange) (Result, error) {
	text := s.text.Expand(x) + s.end
	x.Note("adds %d bytes", len(text))
	_, err := x.WriteString(text)
	return Next, err
}
