package interop

import (
	"fmt"
	"image/color"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestWordPress has WordPress installed, written to and read, served by the command alone and by
// the command behind nginx. Its tree is Debian's, by links that lead out of the root.
func TestWordPress(t *testing.T) {
	needPeers(t)
	t.Parallel()
	root := wordpress(t, startMariaDB(t))
	s := startSiteFPM(t, root, filepath.Join(root, ".prepend.php"))
	web, sockets := s.serve(t, "--follow-links", "--try", "FILE,FILE/,/index.php", "--deny", "wp-config.php,/wp-content/uploads/*.php")
	c := startFront(t, peersFront(), "site", &net.UnixAddr{Net: "unix", Name: sockets}, root)
	v := newVisitor(t, web)
	v.get(t, "/").holds(t, 200, "text/html", "Information needed")
	v.post(t, "/wp-admin/install.php?step=2", url.Values{"weblog_title": {"A site without a web server"}, "user_name": {"admin"},
		"admin_password": {"a long secret"}, "admin_password2": {"a long secret"}, "pw_weak": {"1"}, "admin_email": {"admin@example.org"},
		"blog_public": {"0"}, "language": {""}}).holds(t, 200, "text/html", "Success!")
	for _, tt := range []struct{ name, addr string }{{"alone", web}, {"behind nginx", loopback(c.Port)}} {
		t.Run(tt.name, func(t *testing.T) {
			v := newVisitor(t, tt.addr)
			blogPages(t, v)
			blogWrites(t, v, strings.ReplaceAll(tt.name, " ", "-"))
		})
	}
	screenshot(t, "http://"+web+"/", "wordpress", 100, color.RGBA{0x9d, 0xff, 0x20, 0xff})
}

// startMariaDB starts a database server of its own, with an empty database for WordPress, and
// returns its socket.
func startMariaDB(t *testing.T) string {
	t.Helper()
	dir := sharedDir(t)
	data, socket, begin := filepath.Join(dir, "data"), filepath.Join(dir, "s"), filepath.Join(dir, "begin.sql")
	const sql = "CREATE DATABASE wordpress;\nCREATE USER wp@localhost IDENTIFIED BY 'secret';\nGRANT ALL ON wordpress.* TO wp@localhost;\n"
	if err := os.WriteFile(begin, []byte(sql), 0o644); err != nil {
		t.Fatal(err)
	}
	common := []string{"--no-defaults", "--datadir=" + data, "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=32M"}
	if os.Getuid() == 0 {
		common = append(common, "--user=root")
	}
	out, err := exec.CommandContext(t.Context(), "mariadb-install-db", append(common, "--skip-test-db", "--auth-root-authentication-method=normal")...).CombinedOutput()
	if err != nil {
		t.Fatalf("mariadb-install-db: %v\n%s", err, out)
	}
	p, err := startProcess(filepath.Join(dir, "log"), nil, append([]string{"mariadbd"}, append(common, "--socket="+socket, "--skip-networking",
		"--pid-file="+filepath.Join(dir, "pid"), "--init-file="+begin)...)...)
	if err != nil {
		t.Fatal(err)
	}
	p.stopAtEnd(t)
	waitSocket(t, p, socket)
	return socket
}

// wordpress makes a site of Debian's WordPress with a configuration and a folder of content of its
// own, and returns its root. Debian's scripts find their own tree behind the links: what is
// prepended tells them of this one.
func wordpress(t *testing.T, database string) string {
	t.Helper()
	root := filepath.Join(sharedDir(t), "blog")
	writableDir(t, filepath.Join(root, "wp-content/uploads"))
	entries, err := os.ReadDir("/usr/share/wordpress")
	if err != nil {
		t.Fatalf("%v: make deps installs it", err)
	}
	for _, e := range entries {
		if e.Name() != "wp-config.php" && e.Name() != "wp-content" {
			symlink(t, filepath.Join("/usr/share/wordpress", e.Name()), filepath.Join(root, e.Name()))
		}
	}
	symlink(t, "/usr/share/wordpress/wp-content/themes", filepath.Join(root, "wp-content/themes"))
	config := "<?php\n$table_prefix = 'wp_';\n"
	for name, value := range map[string]string{"DB_NAME": "wordpress", "DB_USER": "wp", "DB_PASSWORD": "secret", "DB_HOST": "localhost:" + database,
		"DB_CHARSET": "utf8mb4", "AUTH_KEY": "a", "SECURE_AUTH_KEY": "b", "LOGGED_IN_KEY": "c", "NONCE_KEY": "d", "AUTH_SALT": "e",
		"SECURE_AUTH_SALT": "f", "LOGGED_IN_SALT": "g", "NONCE_SALT": "h", "WP_CONTENT_DIR": root + "/wp-content"} {
		config += fmt.Sprintf("define('%s', '%s');\n", name, value)
	}
	config += "foreach (['AUTOMATIC_UPDATER_DISABLED', 'DISABLE_WP_CRON', 'WP_HTTP_BLOCK_EXTERNAL'] as $name) define($name, true);\n" +
		"define('WP_SITEURL', 'http://' . $_SERVER['HTTP_HOST']);\ndefine('WP_HOME', WP_SITEURL);\nrequire_once ABSPATH . 'wp-settings.php';\n"
	for name, text := range map[string]string{"wp-config.php": config, ".prepend.php": "<?php define('ABSPATH', '" + root + "/');\n"} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func symlink(t *testing.T, to, from string) {
	t.Helper()
	if err := os.Symlink(to, from); err != nil {
		t.Fatal(err)
	}
}

// blogPages looks at the front page, what it is made of, and what nobody may have.
func blogPages(t *testing.T, v *visitor) {
	front := v.get(t, "/").holds(t, 200, "text/html", "A site without a web server", "Hello world!")
	v.get(t, front.find(t, `<a href="(http://[^"]*/hello-world/)"`)).holds(t, 200, "text/html", "Welcome to WordPress")
	v.get(t, "/wp-includes/css/dist/block-library/style.css").holds(t, 200, "text/css; charset=utf-8", ".wp-block-button")
	v.get(t, "/wp-includes/js/jquery/jquery.min.js").holds(t, 200, "text/javascript", "jQuery")
	v.get(t, "/wp-includes/images/media/default.png").isImage(t, 48, 64)
	v.get(t, "/no/such/page").holds(t, 404, "text/html", "A site without a web server")
	v.get(t, "/wp-config.php").holds(t, 403, "text/plain").holdsNot(t, "secret")
	v.get(t, "/.prepend.php").holds(t, 404, "text/html").holdsNot(t, "ABSPATH")
}

// blogWrites logs in, publishes a post and an image, and has a stranger see both.
func blogWrites(t *testing.T, v *visitor, name string) {
	stranger := newVisitor(t, strings.TrimPrefix(v.site, "http://"))
	v.get(t, "/wp-login.php").holds(t, 200, "text/html", `name="pwd"`)
	v.post(t, "/wp-login.php", url.Values{"log": {"admin"}, "pwd": {"not it"}, "testcookie": {"1"}}).holds(t, 200, "text/html", "login_error")
	v.post(t, "/wp-login.php", url.Values{"log": {"admin"}, "pwd": {"a long secret"}, "testcookie": {"1"}, "redirect_to": {v.site + "/wp-admin/"}}).
		holds(t, 200, "text/html", "Dashboard")
	nonce := v.get(t, "/wp-admin/admin-ajax.php?action=rest-nonce").body

	var post, media struct {
		Link   string `json:"link"`
		Source string `json:"source_url"`
	}
	published := v.send(t, "/wp-json/wp/v2/posts", `{"title":"Of `+name+`","content":"Written <em>there</em>: \u00fc.","status":"publish"}`,
		"X-WP-Nonce", nonce, "Content-Type", "application/json").holds(t, 201, "application/json")
	decode(t, []byte(published.body), &post)
	stranger.get(t, post.Link).holds(t, 200, "text/html", "Of "+name, "Written <em>there</em>: \u00fc.")

	picture := v.get(t, "/wp-includes/images/media/default.png").body
	uploaded := v.send(t, "/wp-json/wp/v2/media", picture, "X-WP-Nonce", nonce, "Content-Type", "image/png",
		"Content-Disposition", `attachment; filename="`+name+`.png"`).holds(t, 201, "application/json")
	decode(t, []byte(uploaded.body), &media)
	if seen := stranger.get(t, media.Source); seen.body != picture || !strings.Contains(media.Source, "/wp-content/uploads/") {
		t.Errorf("%s: %d, %d bytes of %d", media.Source, seen.status, len(seen.body), len(picture))
	}
	stranger.send(t, "/wp-json/wp/v2/posts", `{"title":"x","status":"publish"}`, "Content-Type", "application/json").holds(t, 401, "application/json")
}
