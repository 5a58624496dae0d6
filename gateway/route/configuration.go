package route

import (
	"regexp"
	"strings"
)

// blockOf returns the option of uWSGI's configuration logic that decides about the lines behind s,
// or repeats them; block is that of the lines before. An empty one is none.
func blockOf(s, block span) span {
	key, _, _ := s.cut("=")
	key = key.trim()
	switch key.text {
	case "for", "ifenv", "ifexists", "ifdir", "ifplugin":
		return key
	case "endif", "end-if", "endfor", "end-for":
		return span{}
	}
	if strings.HasPrefix(key.text, "if-") || strings.HasPrefix(key.text, "for-") {
		return key
	}
	return block
}

// isBare reports whether a line is an option's name alone, which uWSGI takes for true.
func isBare(line string) bool {
	return line != "" && strings.Trim(line, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// placeholder is what uWSGI puts something in for when it reads its configuration: an option by its
// name, or a variable of the environment.
var placeholder = regexp.MustCompile(`%\([A-Za-z_][A-Za-z0-9_-]*\)|\$\([A-Z_][A-Z0-9_]*\)`)
