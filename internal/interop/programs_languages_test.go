package interop

import (
	"bytes"
	"io"
	"net/http"
	"path/filepath"
	"testing"
)

// TestProgramsOfEveryLanguage runs the same small program in a shell, in C without a library, in
// Perl with CGI.pm, and in Python.
func TestProgramsOfEveryLanguage(t *testing.T) {
	needFronts(t)
	t.Parallel()
	dir := scriptDir(t, "echo.sh", "echo.pl", "echo.py")
	compile(t, "testdata/programs/scripts/echo.c", filepath.Join(dir, "echo"))
	data := pattern(t, 100_000)
	octets := http.Header{"Content-Type": {"application/octet-stream"}}
	serveProgram(t, "stock", "cgi:"+dir+"/").each(t, func(t *testing.T, s *site) {
		for _, script := range []string{"/echo.sh", "/echo", "/echo.pl", "/echo.py"} {
			t.Run(script[1:], func(t *testing.T) {
				s.get(t, script).wantBody(t, "GET "+script+"?\n")
				s.get(t, script+"/a%20b/%C3%A9?a=1&b=%26+x").wantBody(t, "GET "+script+"/a b/é?a=1&b=%26+x\n")
				for _, body := range []io.Reader{bytes.NewReader(data), chunked(data)} {
					s.do(t, call{path: script, body: body, header: octets}).want(t, 200).wantBody(t, "POST "+script+"?\n"+string(data))
				}
				s.do(t, call{method: "HEAD", path: script}).want(t, 200).wantBody(t, "")
			})
		}
	})
}
