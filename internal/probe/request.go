package probe

import (
	"context"
	"io"
	"strconv"
	"strings"

	"github.com/postern-gateway/postern/internal/fetch"
)

// bodyMax is how much of an answer is looked at.
const bodyMax = 64 << 10

// ask asks for a path.
func (cfg *Config) ask(ctx context.Context, t *fetch.Target, path, query string) (*fetch.Answer, error) {
	own, _, _ := strings.Cut(cfg.URL, "#")
	if path != "" {
		if !strings.HasPrefix(path, "/") {
			return nil, usage(strconv.Quote(path) + ": a path begins with a slash")
		}
		own += part(t) + path
	}
	if query != "" {
		own += "?" + query
	}
	c := &fetch.Config{URL: own, Options: cfg.Options, Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard, Show: fetch.Show{Silent: true}}
	if name := t.Backend.Wire(); name != "http" {
		c.Message.Script = cfg.Script
		if path != "" {
			c.Message.Script = path
		} else if c.Message.Script == "" && name == "fastcgi" {
			c.Message.Script = t.URL.Path
		}
	}
	return fetch.Ask(ctx, c, bodyMax)
}

// part is what parts the backend from the request's path in a URL.
func part(t *fetch.Target) string {
	if t.Backend.Network == "tcp" {
		return ""
	}
	return ":"
}

// request asks for the URL's path.
func request(ctx context.Context, cfg *Config, t *fetch.Target, r *Report) error {
	a, err := cfg.ask(ctx, t, "", "")
	if err != nil {
		return err
	}
	return cfg.judge(a, r, cfg.Expect)
}

// ping asks for the ping page.
func ping(ctx context.Context, cfg *Config, t *fetch.Target, r *Report) error {
	a, err := cfg.ask(ctx, t, cfg.Ping, "")
	if err != nil {
		return err
	}
	expect := cfg.Expect
	if expect == "" {
		expect = DefaultExpect
	}
	return cfg.judge(a, r, expect)
}

// judge says whether an answer is as it should be.
func (cfg *Config) judge(a *fetch.Answer, r *Report, expect string) error {
	r.Facts = append(r.Facts, Fact{"status", strconv.Itoa(a.Status)})
	body := strings.TrimSpace(string(a.Body))
	switch {
	case cfg.Status != 0 && a.Status != cfg.Status:
		return problem("the status is " + strconv.Itoa(a.Status) + ", and is to be " + strconv.Itoa(cfg.Status) + said(body))
	case cfg.Status == 0 && a.Status >= 400:
		return problem("the status is " + strconv.Itoa(a.Status) + said(body))
	case expect != "" && body != strings.TrimSpace(expect):
		return problem("the answer is " + clipped(body) + ", and is to be " + strconv.Quote(expect))
	}
	return nil
}

// said is what the body of an error says.
func said(body string) string {
	if body == "" {
		return ""
	}
	line, _, _ := strings.Cut(body, "\n")
	return ": " + clipped(line)
}

func clipped(text string) string {
	const most = 80
	if len(text) > most {
		return strconv.Quote(text[:most]) + "..."
	}
	return strconv.Quote(text)
}

// A problem is what is not well with a backend that answers.
type problem string

func (p problem) Error() string { return string(p) }
