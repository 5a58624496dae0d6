package site

import (
	"slices"
	"strings"
)

// ScriptSuffixes are the endings of the files that a Files does not serve unless it is told, and a
// PHP never: the sources of programs. It must not be changed while they are served.
var ScriptSuffixes = []string{
	".php", ".php3", ".php4", ".php5", ".php7", ".php8", ".phps", ".pht", ".phtml", ".phar", ".inc",
	".cgi", ".fcgi", ".asp", ".aspx", ".jsp",
}

// phpSuffixes are endings that PHP's versions append letters and digits to.
var phpSuffixes = []string{".php", ".pht", ".phar"}

// isSource reports whether an element of a path names the source of a program, or a copy of it,
// whose text is not for clients. That is one with an ending of suffixes at any place, where no
// letter or digit follows: of ".php" x.php, X.PHP, x.php~, x.php.bak, x.php_old, x.php.txt. Of an
// ending of PHP anything may follow: x.php5, x.phpt.
func isSource(element string, suffixes []string) bool {
	name := fold(element)
	return slices.ContainsFunc(suffixes, func(suffix string) bool { return suffix != "" && contains(name, fold(suffix)) })
}

// contains reports whether a folded name has a suffix in it that counts.
func contains(name, suffix string) bool {
	for {
		_, after, ok := strings.Cut(name, suffix)
		switch {
		case !ok:
			return false
		case after == "" || !isLetterOrDigit(after[0]) || slices.Contains(phpSuffixes, suffix):
			return true
		}
		name = after
	}
}

func isLetterOrDigit(c byte) bool { return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c >= 0x80 }

// fold makes one of the names that a file system may take for the same.
func fold(name string) string { return strings.ToLower(strings.ToUpper(name)) }
