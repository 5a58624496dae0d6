package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/gateway/route"
	"github.com/postern-gateway/postern/protocol"
)

// check tries the rules for a request, and explains to out what they did.
func (cfg *routeCheckConfig) check(ctx context.Context, out io.Writer) error {
	log := slog.New(slog.DiscardHandler)
	if err := cfg.serve.rules.read(); err != nil {
		return usage(err)
	}
	ctx, stop := endpoint.UntilSignal(ctx, log)
	defer stop()
	r, err := cfg.request(ctx)
	if err != nil {
		return usage(err)
	}
	s := &cfg.serve
	backend, end, err := s.backend(log)
	if err != nil {
		return usage(err)
	}
	defer end()
	e := &explanation{out: out, request: r}
	backends := &endpoint.Backends{Options: &endpoint.ClientOptions{Log: log}, Handler: e.sentOn, Served: e.served, Modified: s.modified}
	defer backends.Close()
	env := s.environment(log, backends)
	next := e.behind(backend)
	if cfg.run {
		backends.Handler, backends.Served = s.proxy, nil
	} else {
		said, err := cfg.said(e)
		if err != nil {
			return usage(err)
		}
		next, backends.Modified = e.behind(nil), e.modified(s.modified)
		env.Local, env.Node = said(""), func(address string) (route.Caller, error) { return said(address), nil }
	}
	rules, err := s.rules.parse(env)
	if err != nil {
		return usage(err)
	}
	t, err := route.New(next, rules...)
	if err != nil {
		return usage(err)
	}
	t.Log = log
	return e.explain(t, rules)
}

// request makes the request that is asked about.
func (cfg *routeCheckConfig) request(ctx context.Context) (*protocol.Request, error) {
	u, err := url.ParseRequestURI(cfg.target)
	if err != nil || u.Path == "" && u.Host == "" {
		return nil, fmt.Errorf("%q is no URL: write /foo?a=b or http://www.example.com/foo?a=b", cfg.target)
	}
	hr := &http.Request{Method: cfg.method, URL: u, RequestURI: u.RequestURI(), Host: u.Host, Header: make(http.Header),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, RemoteAddr: protocol.Loopback + ":0"}
	if hr.Host == "" {
		hr.Host = "localhost"
	}
	for _, field := range cfg.headers {
		name, value, ok := strings.Cut(field, ":")
		if !ok {
			return nil, fmt.Errorf("--header %q: write NAME: VALUE", field)
		}
		if value = strings.TrimSpace(value); strings.EqualFold(name, "Host") {
			hr.Host = value
		}
		hr.Header.Add(name, value)
	}
	r := protocol.NewRequest(hr.WithContext(ctx))
	for _, pair := range cfg.vars {
		name, value, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			return nil, fmt.Errorf("--var %q: write NAME=VALUE", pair)
		}
		r.Params.Set(name, value)
	}
	return r, nil
}

// said returns what answers calls of a node's functions in their place; "" is this process.
func (cfg *routeCheckConfig) said(e *explanation) (func(node string) route.Caller, error) {
	answers := make(map[string]string)
	for _, pair := range cfg.answers {
		name, text, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			return nil, fmt.Errorf("--answer %q: write FUNCTION=TEXT", pair)
		}
		answers[name] = text
	}
	return func(node string) route.Caller { return &saidCaller{answers, node, e} }, nil
}

// A saidCaller says what functions are taken to say, and calls none.
type saidCaller struct {
	answers map[string]string
	node    string
	e       *explanation
}

// Call implements [route.Caller].
func (c *saidCaller) Call(_ context.Context, name string, _ ...[]byte) ([]byte, error) {
	for _, key := range []string{name + "@" + c.node, name} {
		if text, ok := c.answers[key]; ok {
			return []byte(text), nil
		}
	}
	c.e.taken.Store(true)
	return []byte("next"), nil
}
