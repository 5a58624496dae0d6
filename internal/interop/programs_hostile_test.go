package interop

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// secret is what nobody may get at.
const secret = "the key of the keep"

// TestPathsThatLeadOut asks for what lies outside the folder of the scripts, in every way that has
// ever worked somewhere. The targets are sent as they are written here.
func TestPathsThatLeadOut(t *testing.T) {
	needFronts(t)
	t.Parallel()
	top := sharedDir(t)
	scripts := filepath.Join(top, "scripts")
	for _, dir := range []string{scripts, filepath.Join(scripts, "inner"), filepath.Join(top, "scripts-not"), filepath.Join(top, "outside")} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	leak := "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n" + secret + "\\n'\n"
	for _, path := range []string{"secret.sh", "scripts-not/secret.sh", "outside/secret.sh"} {
		writeScript(t, filepath.Join(top, path), leak)
	}
	writeScript(t, filepath.Join(scripts, "ok.sh"), "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\nok\\n'\n")
	writeFiles(t, scripts, map[string]string{"data.txt": secret})
	links(t, scripts, map[string]string{
		"link.sh": top + "/secret.sh", "up": "..", "chain.sh": "link.sh", "dangling.sh": "nowhere.sh", "loop.sh": "loop.sh", "inside.sh": "ok.sh",
	})
	serveProgram(t, "stock", "cgi:"+scripts+"/").each(t, func(t *testing.T, s *site) {
		s.get(t, "/ok.sh").wantBody(t, "ok\n")
		s.get(t, "/inside.sh").wantBody(t, "ok\n")
		for _, target := range pathsThatLeadOut(top) {
			status, body := s.rawGet(t, target)
			if status < 400 || status > 499 || strings.Contains(body, secret) {
				t.Errorf("%s: want 400 to 499 and no secret, got %d with %.200q", target, status, body)
			}
		}
	})
}

func links(t *testing.T, dir string, list map[string]string) {
	t.Helper()
	for name, target := range list {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
}

// pathsThatLeadOut are request targets; top is the folder above the scripts.
func pathsThatLeadOut(top string) []string {
	targets := []string{
		// links
		"/link.sh", "/chain.sh", "/up/secret.sh", "/up/outside/secret.sh", "/dangling.sh", "/loop.sh",
		"/", "/inner", "/inner/", // folders
		"/data.txt", "/data.txt/x", // not executable
		"/none.sh", "/none/x", "/ok.sh%00.txt", "/ok.sh%00", "/%00", // not there; NUL
		"-not/secret.sh", "/-not/secret.sh", "//secret.sh", "/./../secret.sh", "/.../secret.sh",
		"/..;/secret.sh", "/;/../secret.sh", "/..\\secret.sh", "/\\..\\secret.sh",
		"/" + strings.Repeat("a/", 2000) + "secret.sh", "/" + strings.Repeat("../", 100) + strings.TrimPrefix(top, "/") + "/secret.sh",
		top + "/secret.sh", "/" + top + "/secret.sh", "/proc/self/root" + top + "/secret.sh",
	}
	for _, dots := range []string{
		"..", "%2e%2e", "%2E.", ".%2e", "%252e%252e", "%25252e%25252e", "%c0%ae%c0%ae", "%c0%2e%c0%2e", "%e0%80%ae%e0%80%ae", "%uff0e%uff0e",
		"%ef%bc%8e%ef%bc%8e", "..%00", "%00..", "..%0a", "..%20", "....", "..%01",
	} {
		for _, slash := range []string{"/", "%2f", "%2F", "%5c", "\\", "%252f", "%c0%af", "%e0%80%af", "//", "%2f%2f", "/./", "/%2e/"} {
			targets = append(targets, "/"+dots+slash+"secret.sh", "/inner/"+dots+slash+dots+slash+"secret.sh", "/ok.sh/"+dots+slash+dots+slash+"secret.sh%00")
		}
	}
	return targets
}

// rawGet sends a request for target as it is written. A connection that is closed without an answer
// has status 400: nothing came out.
func (s *site) rawGet(t *testing.T, target string, fields ...string) (status int, body string) {
	t.Helper()
	c := s.raw(t, "GET", target, fields...)
	defer c.Close()
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatalf("%s: %v", target, err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("%s: %v", target, err)
	}
	return resp.StatusCode, string(b)
}

// TestHostileHeaders looks at what reaches the environment of a script.
func TestHostileHeaders(t *testing.T) {
	needFronts(t)
	t.Parallel()
	dir := scriptDir(t, "env.sh")
	serveProgram(t, "stock", "cgi:"+dir+"/").each(t, func(t *testing.T, s *site) {
		for _, name := range []string{"Proxy", "proxy", "PROXY", "pRoXy", "PROXY_", "Pro_xy", "Content_Length", "X.Y"} {
			_, body := s.rawGet(t, "/env.sh", name+": evil.example")
			if strings.Contains(body, "HTTP_PROXY=") || strings.Contains(body, "evil.example") && name != "PROXY_" && name != "Pro_xy" {
				t.Errorf("%s reached the script:\n%s", name, body)
			}
		}
		if _, body := s.rawGet(t, "/env.sh", "X-Bash: () { :; }; echo shocked"); strings.Contains(body, "\nshocked") {
			t.Errorf("the value of a header was run:\n%s", body)
		}
	})
}
