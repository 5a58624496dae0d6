package interop

import (
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPHPSite has php-fpm told of a script by what the command finds, whatever the front says: its
// own variables, by each protocol. php-fpm sees the tree elsewhere, as in a container.
func TestPHPSite(t *testing.T) {
	needPeers(t)
	t.Parallel()
	root := filepath.Join(sharedDir(t), "site")
	const vars = `<?php $v = []; foreach (["SCRIPT_NAME", "PATH_INFO", "PHP_SELF", "SCRIPT_FILENAME", "DOCUMENT_ROOT", "DOCUMENT_URI",
		"PATH_TRANSLATED", "QUERY_STRING", "REQUEST_URI", "REDIRECT_STATUS"] as $n) $v[$n] = $_SERVER[$n] ?? null;
		header("Content-Type: application/json"); echo json_encode($v);`
	for name, text := range map[string]string{"vars.php": vars, "sub/index.php": vars, "image.jpg": "<?php echo 'ran';", "style.css": "body {}"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	www := filepath.Join(sharedDir(t), "www")
	if err := os.Symlink(root, www); err != nil {
		t.Fatal(err)
	}
	s := startSiteFPM(t, root, "")
	web, sockets := s.serve(t, "--php-root", www, "--try", "FILE,FILE/,=404")
	c := startFront(t, peersFront(), "site", &net.UnixAddr{Net: "unix", Name: sockets}, root)
	front := loopback(c.Port)
	for _, tt := range []struct{ name, addr, at string }{
		{"http", web, ""}, {"fastcgi", front, ""}, {"a front that lies", front, "/lies"}, {"scgi", front, "/scgi"}, {"uwsgi", front, "/uwsgi"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := newVisitor(t, tt.addr)
			phpTold(t, v, tt.at+"/vars.php/a%20b/c?x=%41", map[string]any{"SCRIPT_NAME": "/vars.php", "PATH_INFO": "/a b/c", "PHP_SELF": "/vars.php/a b/c",
				"SCRIPT_FILENAME": www + "/vars.php", "DOCUMENT_ROOT": www, "DOCUMENT_URI": "/vars.php/a b/c", "PATH_TRANSLATED": www + "/a b/c",
				"QUERY_STRING": "x=%41", "REQUEST_URI": tt.at + "/vars.php/a%20b/c?x=%41", "REDIRECT_STATUS": "200"})
			phpTold(t, v, tt.at+"/sub/", map[string]any{"SCRIPT_NAME": "/sub/index.php", "PATH_INFO": nil, "PHP_SELF": "/sub/index.php",
				"SCRIPT_FILENAME": www + "/sub/index.php", "DOCUMENT_ROOT": www, "DOCUMENT_URI": "/sub/index.php", "PATH_TRANSLATED": nil,
				"QUERY_STRING": "", "REQUEST_URI": tt.at + "/sub/", "REDIRECT_STATUS": "200"})
			v.get(t, tt.at+"/style.css").holds(t, 200, "text/css", "body {}")
			v.get(t, tt.at+"/image.jpg").holds(t, 200, "image/jpeg", "<?php echo 'ran';")
			for _, path := range []string{"/image.jpg/x.php", "/image.jpg/vars.php", "/vars.PHP", "/vars.php.", "/nothing.php", "/nothing.php/vars.php"} {
				v.get(t, tt.at+path).holds(t, 404, "text/plain").holdsNot(t, "ran", "<?php")
			}
			v.get(t, tt.at+"/vars.php/%0Ax").holds(t, 400, "text/plain")
		})
	}
}

// phpTold fails unless the script at a path was told these variables.
func phpTold(t *testing.T, v *visitor, path string, want map[string]any) {
	t.Helper()
	var got map[string]any
	decode(t, []byte(v.get(t, path).holds(t, 200, "application/json").body), &got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: %s", path, diff)
	}
}
