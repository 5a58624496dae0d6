package endpoint_test

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/gateway/endpoint"
)

func TestEveryProtocolOnEveryNetwork(t *testing.T) {
	for _, scheme := range []string{"fastcgi", "http", "scgi", "uwsgi"} {
		for _, url := range []string{scheme + "://127.0.0.1:0", scheme + "+unix:" + socket(t), scheme + "+unix:@postern-test-" + scheme} {
			l := listen(t, url)
			serve(t, l)
			if got, err := call(t, l.URL()); got != "by "+scheme || err != nil {
				t.Errorf("%s: %q, %v", url, got, err)
			}
		}
	}
}

func TestAutoOnEveryNetwork(t *testing.T) {
	for _, rest := range []string{"://127.0.0.1:0", "+unix:" + socket(t)} {
		l := listen(t, "auto"+rest)
		serve(t, l)
		for _, scheme := range []string{"fastcgi", "http", "scgi", "uwsgi"} {
			url := scheme + strings.TrimPrefix(l.URL(), "auto")
			if got, err := call(t, url); got != "by "+scheme || err != nil {
				t.Errorf("%s: %q, %v", url, got, err)
			}
		}
	}
}

func TestListenErrors(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	taken := listen(t, "scgi://127.0.0.1:0")
	live := listen(t, "scgi+unix:"+filepath.Join(dir, "live"))
	for _, row := range []struct{ url, want string }{
		{"cgi:/bin/true", "one cannot listen for cgi"},
		{"files:/tmp/", "one cannot listen for files: it is a backend"},
		{"fastcgi://127.0.0.1:0?keep=1", "option keep is for calling"},
		{taken.URL(), taken.URL() + ": listen: address already in use: something listens there already: stop it, or choose another address"},
		{live.URL(), live.URL() + ": listen: another process accepts connections there: stop it, or choose another path"},
		{"scgi://192.0.2.1:9000", "this machine has no such address: choose one that it has"},
		{"scgi+unix:" + file, "there is a file that is no socket: remove it, or choose another path"},
		{"scgi+unix:" + link, "there is a file that is no socket"},
		{"scgi+unix:" + dir, "there is a file that is no socket"},
		{"scgi+unix:" + dir + "/none/s", "no such file or directory: create the directory first"},
		{"scgi+unix:/" + strings.Repeat("x", 200), "the path is too long: 201 > 107 bytes"},
		{"scgi+unix:" + dir + "/s?owner=no-such-user", `unknown owner "no-such-user": write a user's name or number`},
		{"scgi+unix:" + dir + "/s?group=no-such-group", `unknown group "no-such-group": write a group's name or number`},
		{"scgi+unix:@x?mode=0660", "option mode: an abstract socket is no file"},
		{"scgi+fd:99", "file descriptor 99 is not open: who starts the program must open it"},
	} {
		l, err := endpoint.Listen(t.Context(), row.url)
		if err == nil {
			l.Close()
			t.Errorf("%s: no error", row.url)
			continue
		}
		checkLine(t, row.url, err, row.want)
	}
	for _, path := range []string{file, link} {
		if _, err := os.Lstat(path); err != nil {
			t.Errorf("what was no socket is gone: %v", err)
		}
	}
}

func TestUnixSocketMode(t *testing.T) {
	for query, want := range map[string]fs.FileMode{"": 0o660, "?mode=0600": 0o600, "?mode=666": 0o666, "?mode=0777": 0o777} {
		path := socket(t)
		l := listen(t, "scgi+unix:"+path+query)
		fi, err := os.Lstat(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, fi.Mode().Perm()); diff != "" {
			t.Errorf("%q: %s", query, diff)
		}
		l.Close()
		if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%q: the closed listener left its socket: %v", query, err)
		}
	}
}

func TestUnixSocketOwner(t *testing.T) {
	uid, gid, query := os.Getuid(), os.Getgid(), ""
	if uid == 0 {
		uid, gid, query = 65534, 65534, "?owner=65534&group=65534"
	}
	path := socket(t)
	listen(t, "scgi+unix:"+path+query)
	fi, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	st := fi.Sys().(*syscall.Stat_t)
	if int(st.Uid) != uid || int(st.Gid) != gid {
		t.Errorf("the socket belongs to %d:%d, want %d:%d", st.Uid, st.Gid, uid, gid)
	}
}

// A socket that a process has left behind is replaced.
func TestStaleSocket(t *testing.T) {
	path := socket(t)
	old, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	old.SetUnlinkOnClose(false)
	old.Close()
	l := listen(t, "scgi+unix:"+path)
	serve(t, l)
	if got, err := call(t, l.URL()); got != "by scgi" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// A listener that closes leaves a socket alone that another has put in the place of its own.
func TestCloseLeavesAnothersSocket(t *testing.T) {
	path := socket(t)
	first := listen(t, "scgi+unix:"+path)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	second := listen(t, "scgi+unix:"+path)
	serve(t, second)
	first.Close()
	if got, err := call(t, second.URL()); got != "by scgi" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

func TestForbiddenPeerOfAnEndpoint(t *testing.T) {
	l := listen(t, "scgi://127.0.0.1:0?allow=192.0.2.1")
	serve(t, l)
	if got, err := call(t, l.URL()); err == nil {
		t.Errorf("a forbidden peer was answered %q", got)
	}
}
