package interop

import (
	"crypto/md5"
	"errors"
	"fmt"
	"image/color"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// dokuwiki makes a wiki of Debian's package, with a configuration, pages and a user of its own, and
// returns its root. Nothing of the system's is written to, or shared.
func dokuwiki(t *testing.T) string {
	t.Helper()
	root := filepath.Join(sharedDir(t), "wiki")
	// the last two are links to /var/lib
	for _, tree := range []string{"", "lib/plugins", "lib/tpl"} {
		copyTree(t, filepath.Join("/usr/share/dokuwiki", tree), filepath.Join(root, tree))
	}
	conf := filepath.Join(root, "conf")
	copyTree(t, "/etc/dokuwiki", conf)
	for _, dir := range []string{"attic", "cache", "index", "locks", "log", "media", "media_attic", "media_meta", "meta", "pages", "tmp"} {
		writableDir(t, filepath.Join(root, "data", dir))
	}
	logo, err := os.ReadFile(filepath.Join(root, "lib/tpl/dokuwiki/images/logo.png"))
	if err != nil {
		t.Fatal(err)
	}
	writableDir(t, filepath.Join(root, "data/media/wiki"))
	// Its addresses are those of /doku.php/start, with a PATH_INFO.
	for name, text := range map[string]string{
		"data/media/wiki/logo.png": string(logo),
		"conf/local.php": "<?php\n$conf['title'] = 'A wiki without a web server';\n$conf['useacl'] = 1;\n$conf['superuser'] = '@admin';\n" +
			"$conf['savedir'] = '" + root + "/data';\n$conf['userewrite'] = 2;\n",
		"inc/preload.php":      "<?php\n", // Debian's looks for the configurations in /etc
		"conf/users.auth.php":  fmt.Sprintf("admin:%x:The Admin:admin@example.org:admin,user\n", md5.Sum([]byte("a secret"))),
		"conf/acl.auth.php":    "*\t@ALL\t1\n*\t@user\t8\n",
		"data/pages/start.txt": "====== The front page ======\n\nThis is **DokuWiki**, served by Postern.\n\n{{wiki:logo.png}}\n",
	} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// copyTree copies a directory's files, without the links in it, what may not be read, and all
// languages but English.
func copyTree(t *testing.T, from, to string) {
	t.Helper()
	from, err := filepath.EvalSymlinks(from)
	if err != nil {
		t.Fatalf("%v: make deps installs it", err)
	}
	err = filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		rel, relErr := filepath.Rel(from, path)
		target := filepath.Join(to, rel)
		switch {
		case errors.Is(err, fs.ErrPermission):
			return fs.SkipDir
		case err != nil || relErr != nil:
			return errors.Join(err, relErr)
		case e.IsDir() && filepath.Base(filepath.Dir(path)) == "lang" && e.Name() != "en":
			return fs.SkipDir
		case e.IsDir():
			return os.MkdirAll(target, 0o755)
		case !e.Type().IsRegular():
			return nil
		}
		b, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrPermission) {
			return nil
		}
		if err != nil {
			return err
		}
		return os.WriteFile(target, b, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestDokuWiki has the wiki served by the command alone, as the README has it, and by the command
// behind nginx.
func TestDokuWiki(t *testing.T) {
	needPeers(t)
	t.Parallel()
	s := startSiteFPM(t, dokuwiki(t), "")
	web, sockets := s.serve(t, "--deny", "/data/,/conf/,/bin/,/inc/,/vendor/", "--try", "FILE,FILE/,/doku.php?id=PATH")
	c := startFront(t, peersFront(), "site", &net.UnixAddr{Net: "unix", Name: sockets}, s.root)
	for _, tt := range []struct{ name, addr, page string }{{"alone", web, "alone"}, {"behind nginx", loopback(c.Port), "nginx"}} {
		t.Run(tt.name, func(t *testing.T) {
			v := newVisitor(t, tt.addr)
			wikiPages(t, v)
			wikiSecrets(t, v)
			wikiEdit(t, v, s.root, "page_of_"+tt.page)
		})
	}
	screenshot(t, "http://"+web+"/", "dokuwiki", 500, color.RGBA{0xfb, 0xfa, 0xf9, 0xff})
}

// wikiPages looks at the front page and at what it is made of.
func wikiPages(t *testing.T, v *visitor) {
	front := v.get(t, "/").holds(t, 200, "text/html", "The front page", "<strong>DokuWiki</strong>", "A wiki without a web server")
	if front.url.Path != "/doku.php/start" {
		t.Errorf("the front page is at %s", front.url)
	}
	// the last one by --try
	for _, path := range []string{"/doku.php/start", "/doku.php?id=start", "/start"} {
		v.get(t, path).holds(t, 200, "text/html", "The front page", "<strong>DokuWiki</strong>")
	}
	v.get(t, front.find(t, `<link rel="stylesheet" href="(/lib/exe/css.php[^"]*)"`)).holds(t, 200, "text/css", "#dokuwiki__header", ".dokuwiki")
	v.get(t, front.find(t, `<script [^>]*src="(/lib/exe/js.php[^"]*)"`)).holds(t, 200, "application/javascript", "DOKU_BASE")
	v.get(t, "/lib/scripts/jquery/jquery-ui-theme/smoothness.css").holds(t, 200, "text/css; charset=utf-8", ".ui-helper-hidden")
	v.get(t, front.find(t, `<img src="(/lib/exe/fetch.php[^"]*logo.png[^"]*)"`)).isImage(t, 64, 64)
	v.get(t, "/lib/tpl/dokuwiki/images/logo.png").isImage(t, 64, 64)
	v.get(t, "/doku.php/nothing").holds(t, 200, "text/html", "This topic does not exist yet")
}

// wikiSecrets asks for what nobody may have. nginx takes a path with ".." apart by itself.
func wikiSecrets(t *testing.T, v *visitor) {
	for _, path := range []string{"/conf/users.auth.php", "/conf/local.php", "/data/pages/start.txt", "/data/", "/inc/init.php", "/bin/gittool.php",
		"/DATA/pages/start.txt", "//data/pages/start.txt", "/lib/images/../../conf/local.php", "/lib/%2e%2e%2fconf/users.auth.php", "/doku.php/%0a",
		"/doku.php%00"} {
		answer := v.get(t, path)
		if answer.status != 400 && answer.status != 403 {
			t.Errorf("%s: want 400 or 403, got %d", path, answer.status)
		}
		answer.holdsNot(t, "<?php", "admin:", "savedir", "**DokuWiki**")
	}
	// what is left to --try is a page of the wiki
	for _, path := range []string{"/doku.PHP", "/doku.php.", "/lib/images/license/badge/cc-by.png/x.php", "/.htaccess", "/conf.php.bak"} {
		v.get(t, path).holds(t, 200, "text/html", "This topic does not exist yet").holdsNot(t, "<?php", "Deny from")
	}
}

// wikiEdit logs in, changes a page and reads it back, after which a stranger reads it, too.
func wikiEdit(t *testing.T, v *visitor, root, page string) {
	stranger := newVisitor(t, strings.TrimPrefix(v.site, "http://"))
	at := "/doku.php/" + page
	form := v.get(t, at+"?do=login").holds(t, 200, "text/html", `name="p"`).hidden()
	form.Set("do", "login")
	form.Set("u", "admin")
	form.Set("p", "not the secret")
	v.post(t, at, form).holds(t, 403, "text/html", "Sorry, username or password was wrong")
	form.Set("p", "a secret")
	v.post(t, at, form)
	v.get(t, at).holds(t, 200, "text/html", "Logged in as", "The Admin")

	form = v.get(t, at+"?do=edit").holds(t, 200, "text/html", "wikitext").hidden()
	text := "====== Changed ======\n\nThis was **written** by " + page + ", with an umlaut: \u00fc & <b>.\n"
	form.Set("wikitext", text)
	form.Set("do[save]", "Save")
	form.Set("summary", "a test")
	v.post(t, at, form).holds(t, 200, "text/html", "<strong>written</strong> by "+page, "umlaut: \u00fc &amp; &lt;b&gt;.")
	stranger.get(t, at).holds(t, 200, "text/html", "<strong>written</strong> by "+page)
	if b, err := os.ReadFile(filepath.Join(root, "data/pages", page+".txt")); err != nil || strings.TrimSpace(string(b)) != strings.TrimSpace(text) {
		t.Errorf("on disk: %q, %v", b, err)
	}
	stranger.post(t, at, url.Values{"do[save]": {"Save"}, "wikitext": {"of a stranger"}, "id": {page}})
	v.get(t, at).holds(t, 200, "text/html", "<strong>written</strong> by "+page)
}
