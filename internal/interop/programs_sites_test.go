package interop

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// contains fails unless the body has all of these in it.
func (r *reply) contains(t *testing.T, texts ...string) *reply {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(string(r.body), text) {
			t.Errorf("%q is not in the body: %.1000q", text, r.body)
		}
	}
	return r
}

// repositories is a folder with small.git.
func repositories(t *testing.T) string {
	t.Helper()
	root := sharedDir(t)
	dir := filepath.Join(root, "small.git")
	git(t, root, nil, "init", "-q", "--bare", "-b", "main", dir)
	git(t, dir, smallHistory(), "fast-import", "--quiet")
	git(t, dir, nil, "update-server-info")
	return root
}

// writeConfig writes a program's configuration, and returns where it is.
func writeConfig(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(sharedDir(t), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// isSnapshot fails unless the body is a tar file, compressed, with hello.txt in it.
func (r *reply) isSnapshot(t *testing.T) {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(r.body))
	if err != nil {
		t.Fatalf("snapshot: %v in %.100q", err, r.body)
	}
	b, err := io.ReadAll(z)
	if err != nil || !bytes.Contains(b, []byte("hello number 3\n")) {
		t.Errorf("snapshot of %d bytes: %v, and no hello.txt in it", len(b), err)
	}
}

// TestGitweb runs gitweb, in Perl: pages by query and by PATH_INFO, a file as it is, a snapshot.
func TestGitweb(t *testing.T) {
	needFronts(t)
	t.Parallel()
	config := writeConfig(t, "gitweb.conf", fmt.Sprintf("$projectroot = '%s';\n$feature{'snapshot'}{'default'} = ['tgz'];\n", repositories(t)))
	p := serveProgram(t, "stock", withParams("cgi:/usr/share/gitweb/gitweb.cgi", "env", "GITWEB_CONFIG="+config))
	p.each(t, func(t *testing.T, s *site) {
		s.get(t, "/").contains(t, "small.git", "</html>")
		s.get(t, "/?p=small.git;a=summary").contains(t, "commit number 3", "A U Thor", "</html>")
		s.get(t, "/small.git/blob_plain/HEAD:/hello.txt").wantBody(t, "hello number 3\n")
		s.get(t, "/?p=small.git;a=snapshot;h=HEAD;sf=tgz").isSnapshot(t)
		s.do(t, call{path: "/?p=none.git"}).want(t, 404).contains(t, "No such project")
	})
}

// TestCgit runs cgit, in C: its pages, a file as it is, a snapshot; and git clones from it.
func TestCgit(t *testing.T) {
	needFronts(t)
	t.Parallel()
	root := repositories(t)
	config := writeConfig(t, "cgitrc", "virtual-root=/\nsnapshots=tar.gz\nenable-http-clone=1\ncache-size=0\n"+
		"repo.url=small.git\nrepo.path="+filepath.Join(root, "small.git")+"\n")
	p := serveProgram(t, "stock", withParams("cgi:/usr/lib/cgit/cgit.cgi", "env", "CGIT_CONFIG="+config))
	p.each(t, func(t *testing.T, s *site) {
		s.get(t, "/").contains(t, "small.git", "</html>")
		s.get(t, "/small.git/log/").contains(t, "commit number 3", "</html>")
		s.get(t, "/small.git/plain/hello.txt").wantBody(t, "hello number 3\n")
		s.get(t, "/small.git/snapshot/small-main.tar.gz").isSnapshot(t)
		s.do(t, call{path: "/none.git/"}).want(t, 404)
		git(t, t.TempDir(), nil, "clone", "-q", s.url("/small.git"), "copy")
	})
}

// TestAWStats runs awstats, in Perl, on the log of a web server.
func TestAWStats(t *testing.T) {
	needFronts(t)
	t.Parallel()
	dir := sharedDir(t)
	now := time.Now().UTC()
	var log strings.Builder
	for i := range 5 {
		fmt.Fprintf(&log, "192.0.2.%d - - [%s] \"GET /page%d.html HTTP/1.1\" 200 1234 \"-\" \"Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0\"\n", i+1, now.Format("02/Jan/2006:15:04:05 -0700"), i)
	}
	writeFiles(t, dir, map[string]string{
		"access.log": log.String(),
		"awstats.wall.conf": fmt.Sprintf("LogFile=%q\nDirData=%q\nSiteDomain=\"wall.example\"\nLogFormat=1\nDNSLookup=0\nAllowToUpdateStatsFromBrowser=0\n",
			filepath.Join(dir, "access.log"), dir),
	})
	const program = "/usr/lib/cgi-bin/awstats.pl"
	update := exec.CommandContext(t.Context(), program, "-update", "-config=wall", "-configdir="+dir)
	if out, err := update.CombinedOutput(); err != nil {
		t.Fatalf("awstats -update: %v\n%s", err, out)
	}
	p := serveProgram(t, "stock", withParams("cgi:/usr/lib/cgi-bin/", "env", "AWSTATS_ENABLE_CONFIG_DIR="+dir))
	p.each(t, func(t *testing.T, s *site) {
		s.get(t, "/awstats.pl?config=wall&output=urldetail&configdir="+dir).contains(t, "wall.example", "page3.html", "</html>")
		s.get(t, "/awstats.pl?config=nowhere&configdir="+dir).contains(t, "Error: Couldn't open config file")
	})
}

func writeFiles(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
