package endpoint

import (
	"strconv"

	"github.com/postern-gateway/postern/gateway/site"
)

// A filesOption sets a field of a handler of files from an option's value.
type filesOption struct {
	name string
	set  func(f *site.Files, value string) error
}

// filesTable are the options of files: URLs. index may be there more than once.
var filesTable = []filesOption{
	{"mount", func(f *site.Files, v string) error { f.Mount = v; return CheckMount(v) }},
	{"index", func(f *site.Files, v string) error { f.Index = append(f.Index, v); return nil }},
	{"listing", flag(func(f *site.Files, on bool) { f.Listing = on })},
	{"hidden", flag(func(f *site.Files, on bool) { f.Hidden = on })},
	{"precompressed", flag(func(f *site.Files, on bool) { f.Plain = !on })},
	{"follow-links", flag(func(f *site.Files, on bool) { f.FollowLinks = on })},
}

// flag is an option that is on when it is there, unless it says otherwise.
func flag(set func(f *site.Files, on bool)) func(*site.Files, string) error {
	return func(f *site.Files, v string) error {
		on := true
		switch v {
		case "", "on", "yes":
		case "off", "no":
			on = false
		default:
			var err error
			if on, err = strconv.ParseBool(v); err != nil {
				return errorOf("write 1 or 0")
			}
		}
		set(f, on)
		return nil
	}
}

func filesOptions() (names []string) {
	for _, o := range filesTable {
		names = append(names, o.name)
	}
	return names
}

// newFiles makes the handler of a directory tree.
func newFiles(e *Endpoint, _ *ClientOptions) (*Handler, error) {
	root, err := directory(e.Address)
	if err != nil {
		return nil, e.errorf("%w", err)
	}
	f := &site.Files{Root: root}
	for _, given := range e.options {
		for _, known := range filesTable {
			if known.name != given.name {
				continue
			}
			if err := known.set(f, given.value); err != nil {
				return nil, e.errorf("bad %s %q: %w", given.name, given.value, err)
			}
		}
	}
	return &Handler{Handler: f}, nil
}
