package probe

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// String is the report in one line.
func (r *Report) String() string {
	var s strings.Builder
	if r.OK {
		s.WriteString("ok ")
	} else {
		s.WriteString("failed ")
	}
	s.WriteString(r.URL + " " + r.Check)
	for _, f := range r.Facts {
		name := strings.ReplaceAll(f.Name, " ", "-")
		s.WriteString(" " + name + "=" + quoted(f.Value))
	}
	if !r.OK {
		s.WriteString(": " + r.Error)
	}
	return s.String() + " (" + r.Took.Round(10*time.Microsecond).String() + ")"
}

// quoted quotes what would break the line.
func quoted(text string) string {
	if text == "" || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '"' }) {
		return strconv.Quote(text)
	}
	return text
}

// MarshalJSON implements [json.Marshaler]. Figures are numbers, and names have underscores.
func (r *Report) MarshalJSON() ([]byte, error) {
	facts := make(map[string]any, len(r.Facts))
	for _, f := range r.Facts {
		name := strings.ReplaceAll(f.Name, " ", "_")
		if n, err := strconv.ParseInt(f.Value, 10, 64); err == nil {
			facts[name] = n
		} else {
			facts[name] = f.Value
		}
	}
	return json.Marshal(struct {
		OK    bool           `json:"ok"`
		URL   string         `json:"url"`
		Check string         `json:"check"`
		MS    float64        `json:"ms"`
		Facts map[string]any `json:"facts,omitempty"`
		Error string         `json:"error,omitempty"`
	}{r.OK, r.URL, r.Check, float64(r.Took.Microseconds()) / 1e3, facts, r.Error})
}
