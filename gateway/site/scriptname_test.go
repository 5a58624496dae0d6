package site

import "testing"

// Files and PHP have one rule for the names of scripts.
func TestNamesOfSources(t *testing.T) {
	for name, want := range map[string]bool{
		"x.php": true, "X.PHP": true, "x.php5": true, "x.phpt": true, "x.phtml": true, "x.php~": true, "x.php.bak": true, "x.php.txt": true,
		"x.php_old": true, "x.php ": true, "x.php.": true, ".php": true, "x.phar.gz": true, "a.inc": true, "a.inc.txt": true, "a.cgi-old": true,
		"a.includes.txt": false, "a.cgix": false, "php": false, "php.txt": false, "x.ph": false, "a.jspx.jsp": true, "": false, "x.\u017fp": false,
		"a.a\u017fp": true,
	} {
		if got := isSource(name, ScriptSuffixes); got != want {
			t.Errorf("%q: %v, want %v", name, got, want)
		}
		if got := (&Files{}).isScript(name); got != want {
			t.Errorf("%q of Files: %v, want %v", name, got, want)
		}
	}
	if isSource("x.php", []string{}) || isSource("x.php", []string{""}) || !isSource("x.pl.txt", []string{".PL"}) || isSource("x.plan", []string{".pl"}) {
		t.Error("the endings are not those that were said")
	}
}
