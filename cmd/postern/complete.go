package main

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/postern-gateway/postern/gateway/endpoint"
)

// A urlKind says which URLs an argument or a flag takes.
type urlKind func(endpoint.Scheme) bool

func toListen(s endpoint.Scheme) bool { return s.Listens }

func toCall(s endpoint.Scheme) bool { return s.Calls }

// choices are the values of flags that have but a few.
var choices = map[string][]cobra.Completion{
	"balance":   {"round-robin", "least-connections"},
	"log":       {"text", "json"},
	"log-level": {"debug", "info", "warn", "error"},
	"protocol":  {"auto", "fastcgi", "http", "scgi", "uwsgi"},
	"role":      {"responder", "authorizer", "filter"},
}

// completeURLs has shells complete the URLs of all flags of c and its commands whose usage names a
// URL, those of --listen and --tap for listening, all others for calling; and choices.
func completeURLs(c *cobra.Command) {
	c.Flags().VisitAll(func(f *pflag.Flag) {
		name, _ := pflag.UnquoteUsage(f)
		switch {
		case f.Name == "listen" || f.Name == "tap":
			c.RegisterFlagCompletionFunc(f.Name, urlCompletion(toListen))
		case f.Name == "at":
			c.RegisterFlagCompletionFunc(f.Name, completePlace)
		case choices[f.Name] != nil:
			c.RegisterFlagCompletionFunc(f.Name, cobra.FixedCompletions(choices[f.Name], cobra.ShellCompDirectiveNoFileComp))
		case name == "URL" || f.Name == "to":
			c.RegisterFlagCompletionFunc(f.Name, urlCompletion(toCall))
		}
	})
	for _, sub := range c.Commands() {
		completeURLs(sub)
	}
}

// oneURL completes the only argument of a command, a URL.
func oneURL(kind urlKind) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return completeURL(typed, kind)
	}
}

func urlCompletion(kind urlKind) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return completeURL(typed, kind)
	}
}

// completePlace completes what follows the "=" of "/wiki=URL".
func completePlace(_ *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	where, url, ok := strings.Cut(typed, "=")
	if !ok {
		return nil, cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
	}
	found, directive := completeURL(url, toCall)
	for i := range found {
		found[i] = where + "=" + found[i]
	}
	return found, directive
}

// completeURL returns how a URL may go on: schemes, the files of a path, and options. The shell
// adds no space, since all of these go on.
func completeURL(typed string, kind urlKind) (found []cobra.Completion, directive cobra.ShellCompDirective) {
	directive = cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
	scheme, rest, isWhole := strings.Cut(typed, ":")
	if !isWhole {
		return schemeCompletions(typed, kind), directive
	}
	name, network, _ := strings.Cut(scheme, "+")
	schemes := endpoint.Schemes()
	i := slices.IndexFunc(schemes, func(s endpoint.Scheme) bool { return s.Name == name && kind(s) })
	if i < 0 {
		return nil, directive
	}
	if before, query, ok := strings.Cut(rest, "?"); ok {
		return optionCompletions(scheme+":"+before+"?", query, schemes[i], kind), directive
	}
	if network == "unix" || schemes[i].IsPath {
		return fileCompletions(scheme+":", rest), directive
	}
	return nil, directive
}

func schemeCompletions(typed string, kind urlKind) (found []cobra.Completion) {
	add := func(text, what string) {
		if strings.HasPrefix(text, typed) {
			found = append(found, cobra.CompletionWithDesc(text, what))
		}
	}
	for _, s := range endpoint.Schemes() {
		what := schemeTexts[s.Name][1]
		if s.Over != "" {
			what = schemeTexts[s.Over][1] + ", over TLS"
		}
		switch {
		case !kind(s):
		case s.IsPath:
			add(s.Name+":", what)
		default:
			add(s.Name+"://", what+", by TCP")
			add(s.Name+"+unix:", what+", by a Unix socket")
		}
	}
	if kind(endpoint.Scheme{Calls: true}) {
		add("demo:", "the built-in backend")
	}
	return found
}

// fileCompletions are the files whose paths begin with typed. A directory has its slash.
func fileCompletions(before, typed string) (found []cobra.Completion) {
	dir, base := filepath.Split(typed)
	entries, _ := os.ReadDir(cmp.Or(dir, "."))
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), base) && (base != "" || !strings.HasPrefix(e.Name(), ".")) {
			slash := ""
			if e.IsDir() {
				slash = "/"
			}
			found = append(found, before+dir+e.Name()+slash)
		}
	}
	return found
}

// optionCompletions are the options that may be the last of a query.
func optionCompletions(before, query string, s endpoint.Scheme, kind urlKind) (found []cobra.Completion) {
	last := strings.LastIndexByte(query, '&') + 1
	known := s.Options
	if kind(endpoint.Scheme{Listens: true}) {
		known = []string{"allow", "mode", "owner", "group"}
	}
	for _, o := range known {
		if strings.HasPrefix(o+"=", query[last:]) {
			found = append(found, cobra.CompletionWithDesc(before+query[:last]+o+"=", optionTexts[o]))
		}
	}
	return found
}
