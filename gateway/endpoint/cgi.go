package endpoint

import (
	"path/filepath"
	"strings"
	"time"

	"github.com/postern-gateway/postern/cgi"
	"github.com/postern-gateway/postern/internal/units"
)

// A cgiOption sets a field of a client from an option's value.
type cgiOption struct {
	name string
	set  func(c *cgi.Client, value string) error
}

// cgiTable are the options of cgi: URLs. interpreter, index, script, env and pass-env may be there
// more than once.
var cgiTable = []cgiOption{
	{"mount", func(c *cgi.Client, v string) error { // where the scripts stand in the URL's path
		if c.Dir != nil {
			c.Dir.Prefix = v
		}
		c.Mount = v
		return CheckMount(v)
	}},
	{"index", inDir(func(d *cgi.Dir, v string) { d.Index = append(d.Index, v) })},
	{"script", inDir(func(d *cgi.Dir, v string) { d.Allow = append(d.Allow, v) })},
	{"script-filename", inDir(func(d *cgi.Dir, v string) { d.ScriptFilename = isTrue(v) })},
	{"follow-links", inDir(func(d *cgi.Dir, v string) { d.FollowLinks = isTrue(v) })},
	{"interpreter", func(c *cgi.Client, v string) error {
		ext, program, ok := strings.Cut(v, "=")
		if !ok || !strings.HasPrefix(ext, ".") || program == "" {
			return errorOf("write it as .py=/usr/bin/python3")
		}
		if c.Interpreters == nil {
			c.Interpreters = make(map[string]string)
		}
		c.Interpreters[ext] = program
		return nil
	}},
	{"workdir", func(c *cgi.Client, v string) error { c.WorkDir = v; return nil }},
	{"document-root", func(c *cgi.Client, v string) error { c.DocumentRoot = v; return nil }},
	{"env", func(c *cgi.Client, v string) error {
		if name, _, ok := strings.Cut(v, "="); !ok || name == "" {
			return errorOf("write it as NAME=value")
		}
		c.Env = append(c.Env, v)
		return nil
	}},
	{"pass-env", func(c *cgi.Client, v string) error { c.PassEnv = append(c.PassEnv, v); return nil }},
	{"pass-authorization", truth(func(c *cgi.Client) *bool { return &c.PassAuthorization })},
	{"local-redirects", truth(func(c *cgi.Client) *bool { return &c.LocalRedirects })},
	{"command-line", truth(func(c *cgi.Client) *bool { return &c.CommandLine })},
	{"keep-background", truth(func(c *cgi.Client) *bool { return &c.KeepBackground })},
	{"processes", limit(func(c *cgi.Client) *int { return &c.Processes }, -1, units.ParseCount)},
	{"queue", value(func(c *cgi.Client) *int { return &c.Queue }, zeroIsNone(units.ParseCount))},
	{"queue-timeout", limit(func(c *cgi.Client) *time.Duration { return &c.QueueTimeout }, -1, units.ParseDuration)},
	{"first-byte-timeout", limit(func(c *cgi.Client) *time.Duration { return &c.FirstByteTimeout }, -1, zeroIsNone(units.ParseDuration))},
	{"read-timeout", limit(func(c *cgi.Client) *time.Duration { return &c.ReadTimeout }, -1, zeroIsNone(units.ParseDuration))},
	{"total-timeout", limit(func(c *cgi.Client) *time.Duration { return &c.TotalTimeout }, -1, units.ParseDuration)},
	{"linger", value(func(c *cgi.Client) *time.Duration { return &c.LingerTime }, zeroIsNone(units.ParseDuration))},
	{"drop-functions", truth(func(c *cgi.Client) *bool { return &c.DropFunctions })},
	{"stderr-rate", limit(func(c *cgi.Client) *int { return &c.StderrRate }, -1, units.ParseCount)},
	{"user", func(c *cgi.Client, v string) error { c.User = v; return nil }},
	{"group", func(c *cgi.Client, v string) error { c.Group = v; return nil }},
	{"umask", func(c *cgi.Client, v string) error { c.Umask = v; return nil }},
	{"cpu", limit(func(c *cgi.Client) *time.Duration { return &c.ResourceLimits.CPU }, 0, units.ParseDuration)},
	{"memory", limit(func(c *cgi.Client) *int64 { return &c.ResourceLimits.Memory }, 0, parseSize)},
	{"file-size", limit(func(c *cgi.Client) *int64 { return &c.ResourceLimits.FileSize }, 0, parseSize)},
	{"files", limit(func(c *cgi.Client) *int { return &c.ResourceLimits.Files }, 0, units.ParseCount)},
	{"user-processes", limit(func(c *cgi.Client) *int { return &c.ResourceLimits.Processes }, 0, units.ParseCount)},
	{"kill-grace", value(func(c *cgi.Client) *time.Duration { return &c.KillGrace }, zeroIsNone(units.ParseDuration))},
}

func cgiOptions() (names []string) {
	for _, o := range cgiTable {
		names = append(names, o.name)
	}
	return append(names, optionSendfile, optionRedirect)
}

// newCGI makes the client: for a tree of scripts where the path ends in a slash, else for one
// program.
func newCGI(e *Endpoint, o *ClientOptions) (*Client, error) {
	c := &cgi.Client{Limits: o.Limits, Log: o.Log}
	path, err := filepath.Abs(e.Address)
	if err != nil {
		return nil, e.errorf("%w", err)
	}
	if strings.HasSuffix(e.Address, "/") {
		c.Dir = &cgi.Dir{Root: path}
	} else {
		c.Path = path
	}
	for _, given := range e.options {
		for _, known := range cgiTable {
			if known.name != given.name {
				continue
			}
			if err := known.set(c, given.value); err != nil {
				return nil, e.errorf("bad %s %q: %w", given.name, given.value, err)
			}
		}
	}
	if err := e.checkScripts(path); err != nil {
		return nil, err
	}
	if err := checkPrograms(c); err != nil {
		return nil, e.errorf("%w", err)
	}
	return &Client{c, c.Close, nil}, nil
}
