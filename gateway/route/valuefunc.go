package route

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"mime"
	"net/http"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A valueFunc is one of ${name[argument]}.
type valueFunc struct {
	name  string
	isURL bool     // its value is encoded, as a URL is
	of    []string // the arguments that it takes; nil: any
	value func(x *Exchange, argument string) string
}

// valueFuncs has a row for each name.
var valueFuncs = []valueFunc{
	{name: "cookie", value: cookie},
	{name: "qs", isURL: true, value: func(x *Exchange, name string) string { return pick(x.Get("QUERY_STRING"), "&", name) }},
	{name: "mime", value: func(x *Exchange, v string) string { return mime.TypeByExtension(path.Ext(x.Get(v))) }},
	{name: "time", of: []string{"unix", "micros"}, value: now},
	{name: "httptime", value: httpTime},
	{name: "base64", value: func(x *Exchange, v string) string { return base64.StdEncoding.EncodeToString([]byte(x.Get(v))) }},
	{name: "hex", value: func(x *Exchange, v string) string { return fmt.Sprintf("%X", x.Get(v)) }},
	{name: "upper", value: func(x *Exchange, v string) string { return strings.ToUpper(x.Get(v)) }},
	{name: "lower", value: func(x *Exchange, v string) string { return strings.ToLower(x.Get(v)) }},
	{name: "uwsgi", of: []string{"wid", "pid", "uuid", "status"}, value: process},
}

// findValueFunc returns the row of a name, or nil.
func findValueFunc(name string) *valueFunc {
	for i := range valueFuncs {
		if valueFuncs[i].name == name {
			return &valueFuncs[i]
		}
	}
	return nil
}

// check says what is wrong with an argument; "" is nothing.
func (f *valueFunc) check(argument string) string {
	switch {
	case f.of != nil && !slices.Contains(f.of, argument):
		return fmt.Sprintf("%s[%s]: known are %s", f.name, argument, strings.Join(f.of, ", "))
	case f.name == "httptime" && argument != "":
		if _, err := strconv.Atoi(argument); err != nil {
			return fmt.Sprintf("httptime[%s]: seconds from now are meant", argument)
		}
	}
	return ""
}

func cookie(x *Exchange, name string) string { return pick(x.Get("HTTP_COOKIE"), ";", name) }

// pick returns the value of the first of "name=value" in a list.
func pick(list, separator, name string) string {
	for item := range strings.SplitSeq(list, separator) {
		if key, value, _ := strings.Cut(strings.TrimLeft(item, " "), "="); key == name {
			return value
		}
	}
	return ""
}

func now(_ *Exchange, of string) string {
	if of == "micros" {
		return strconv.FormatInt(time.Now().UnixMicro(), 10)
	}
	return strconv.FormatInt(time.Now().Unix(), 10)
}

// httpTime is the time in so many seconds, as HTTP has it.
func httpTime(_ *Exchange, seconds string) string {
	n, _ := strconv.Atoi(seconds)
	return time.Now().Add(time.Duration(n) * time.Second).UTC().Format(http.TimeFormat)
}

// process is what uWSGI tells of itself. There is one worker.
func process(x *Exchange, of string) string {
	switch of {
	case "wid":
		return "1"
	case "pid":
		return strconv.Itoa(os.Getpid())
	case "status":
		return strconv.Itoa(x.status)
	}
	return newUUID()
}

// newUUID returns a random UUID (RFC 9562 section 5.4).
func newUUID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
