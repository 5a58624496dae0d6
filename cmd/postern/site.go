package main

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/spf13/pflag"

	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/gateway/site"
	"github.com/postern-gateway/postern/protocol"
)

// A siteConfig is what the command line says of a site of files and PHP scripts.
type siteConfig struct {
	root    string
	php     string // the backend's URL
	phpRoot string
	try     string
	index   []string
	deny    []string
	links   bool
}

func (c *siteConfig) addFlags(f *pflag.FlagSet) {
	f.Var((*once)(&c.root), "root", "serve the site in this `DIRECTORY`: its files, and its PHP scripts with --php")
	f.Var((*once)(&c.php), "php", "run the site's scripts by the php-fpm at this `URL`, as in fastcgi+unix:/run/php/php-fpm.sock")
	f.Var((*once)(&c.phpRoot), "php-root", "the `DIRECTORY` that --root is for php-fpm, as in a container")
	f.Var((*once)(&c.try), "try", "what to look for, in order, as nginx's try_files: a `LIST` such as FILE,FILE/,/index.php")
	f.StringArrayVar(&c.index, "index", nil, "the files that stand for their directory, in order: a `LIST` (default index.php,index.html)")
	f.StringArrayVar(&c.deny, "deny", nil, "what of the site is never served: a `LIST` of paths and of patterns of names, such as /data/,*.sql (repeatable)")
	f.BoolVar(&c.links, "follow-links", false, "follow the site's symbolic links wherever they lead, as in the trees of Debian's packages")
}

// check returns an error for flags that do not go together.
func (c *siteConfig) check(to string) error {
	switch {
	case c.root != "" && to != "":
		return fmt.Errorf("--root %s and --to %s: there is one backend", c.root, to)
	case c.root == "":
		for flag, given := range map[string]bool{"php": c.php != "", "php-root": c.phpRoot != "", "try": c.try != "", "index": c.index != nil, "deny": c.deny != nil, "follow-links": c.links} {
			if given {
				return fmt.Errorf("--%s is for a site: say --root DIRECTORY, too", flag)
			}
		}
	case c.phpRoot != "" && c.php == "":
		return errors.New("--php-root is for --php URL, which is not there")
	}
	return nil
}

// handler returns the handler of the site, and what ends it.
func (c *siteConfig) handler(cfg *serveConfig, log *slog.Logger) (protocol.Handler, func(), error) {
	s := &site.PHP{Root: c.root, BackendRoot: c.phpRoot, FollowLinks: c.links,
		Files: &site.Files{Root: c.root, Index: []string{}, FollowLinks: c.links}}
	end := func() {}
	if err := c.lists(s); err != nil {
		return nil, nil, err
	}
	if err := s.Check(); err != nil {
		return nil, nil, fmt.Errorf("--root: %w", err)
	}
	if c.php != "" {
		h, err := endpoint.NewPHPBackend(c.php, &endpoint.ClientOptions{Limits: &cfg.limits, Log: log, Handler: cfg.proxy})
		if err != nil {
			return nil, nil, fmt.Errorf("--php: %w", err)
		}
		s.Scripts, end = h, func() { h.Close() }
	}
	return s, end, nil
}

// lists reads the flags that are lists.
func (c *siteConfig) lists(s *site.PHP) (err error) {
	if c.try != "" {
		if s.Try, err = site.ParseTry(c.try); err != nil {
			return fmt.Errorf("--try: %w", err)
		}
	}
	for _, list := range c.index {
		for name := range strings.SplitSeq(list, ",") {
			s.Index = append(s.Index, strings.TrimSpace(name))
		}
	}
	for _, list := range c.deny {
		deny, err := site.ParseDeny(list)
		if err != nil {
			return fmt.Errorf("--deny: %w", err)
		}
		s.Deny = append(s.Deny, deny...)
	}
	return nil
}

// once is a flag's text that may be given but once.
type once string

func (o *once) String() string { return string(*o) }
func (o *once) Type() string   { return "string" }

func (o *once) Set(text string) error {
	if *o != "" {
		return errors.New("it is there twice, and is " + string(*o) + " already")
	}
	*o = once(text)
	return nil
}
