package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/postern-gateway/postern/gateway/endpoint"
)

// TestExamplesAreQuoted: what is copied from a help text or a page into bash or zsh is taken as it
// stands. A shell takes ? * [ and & for its own, and zsh refuses a pattern that no file matches.
func TestExamplesAreQuoted(t *testing.T) {
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		for line := range strings.Lines(c.Long + "\n" + c.Example) {
			check(t, c.CommandPath(), line)
		}
		c.Flags().VisitAll(func(f *pflag.Flag) { check(t, c.CommandPath()+" --"+f.Name, f.Usage) })
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(root())
	checked := 0
	for _, dir := range []string{"../../README.md", "../../docs", "../../examples"} {
		err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".md") {
				return err
			}
			b, err := os.ReadFile(path)
			checked++
			for _, line := range copied(string(b)) {
				check(t, path, line)
				if isCommand.MatchString(line) && strings.Contains(line, " # ") {
					t.Errorf("%s: a comment behind a command, which zsh takes for words: %s", path, line)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if checked < 5 {
		t.Errorf("%d pages", checked)
	}
}

// isCommand is a line of a shell, or what goes on with one.
var isCommand = regexp.MustCompile(`^\s*(\$ )?(postern|curl|go run|--?[a-z])[ -]`)

// copied are the lines of a page that are copied to a shell: blocks of code without a language of
// their own, and commands among words.
func copied(page string) (lines []string) {
	inBlock, isShell := false, false
	for line := range strings.Lines(page) {
		language, fence := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case fence:
			inBlock, isShell = !inBlock, language == "" || language == "sh"
		case inBlock && isShell, !inBlock && strings.HasPrefix(line, "    "):
			lines = append(lines, line)
		case !inBlock:
			for i, code := range strings.Split(line, "`") {
				if i%2 == 1 && isCommand.MatchString(code) {
					lines = append(lines, code)
				}
			}
		}
	}
	return lines
}

func check(t *testing.T, where, line string) {
	t.Helper()
	for _, word := range bareWords(line) {
		if isURL(word) || isCommand.MatchString(line) && !strings.HasPrefix(word, "[") && !strings.HasSuffix(word, "...]") && word != "&&" && word != "&" {
			t.Errorf("%s: quote %s in %q", where, word, strings.TrimSpace(line))
		}
	}
}

func isURL(word string) bool {
	scheme, _, ok := strings.Cut(word, ":")
	scheme, _, _ = strings.Cut(scheme, "+")
	for _, s := range endpoint.Schemes() {
		if ok && s.Name == scheme {
			return true
		}
	}
	return ok && scheme == "demo"
}

// bareWords returns the words of a line that have a character of the shell's outside of quotes. A
// comment ends the line.
func bareWords(line string) (bare []string) {
	var quote rune
	var word strings.Builder
	isBare := false
	for _, r := range line + " " {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
		case r == '\'' && word.Len() > 0 && word.String()[word.Len()-1] != '=': // an apostrophe
		case r == '\'' || r == '"':
			quote = r
		case r == '#' && word.Len() == 0:
			return bare
		case r == ' ' || r == '\n' || r == '\t':
			if isBare {
				bare = append(bare, word.String())
			}
			word.Reset()
			isBare = false
			continue
		case strings.ContainsRune("?*[&", r):
			isBare = true
		}
		word.WriteRune(r)
	}
	return bare
}

func TestBareWords(t *testing.T) {
	for line, want := range map[string]string{
		"postern serve --listen 'fastcgi://:9000?allow=*' --to demo:": "",
		"postern serve --listen fastcgi://:9000?allow=* --to demo:":   "fastcgi://:9000?allow=*",
		`postern get "http://[::1]/?a=b&c=d"  # and a ? of a comment`: "",
		"a shell's own: http://h/?a=b":                                "http://h/?a=b",
		"--match 'REQUEST_URI=/wiki*' --wire":                         "",
		"param='a?b' x?y":                                             "x?y",
	} {
		if got := strings.Join(bareWords(line), " "); got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}
