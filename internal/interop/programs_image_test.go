package interop

import (
	"bytes"
	"image"
	"image/png"
	"net/http"
	"path/filepath"
	"testing"
)

// TestImageProgram sends a blank PNG to the program of examples/cgi, which is ours on both
// sides of CGI.
func TestImageProgram(t *testing.T) {
	needFronts(t)
	t.Parallel()
	dir := sharedDir(t)
	goBuild(t, "github.com/postern-gateway/postern/examples/cgi", filepath.Join(dir, "image"))
	var blank bytes.Buffer
	if err := png.Encode(&blank, image.NewGray(image.Rect(0, 0, 400, 400))); err != nil {
		t.Fatal(err)
	}
	serveProgram(t, "stock", "cgi:"+dir+"/").each(t, func(t *testing.T, s *site) {
		r := s.do(t, call{path: "/image/resize?a=b", body: bytes.NewReader(blank.Bytes()), header: http.Header{"Content-Type": {"image/png"}}}).want(t, 200)
		config, err := png.DecodeConfig(bytes.NewReader(r.body))
		if err != nil || config.Width != 800 || config.Height != 800 || r.header.Get("Content-Type") != "image/png" {
			t.Errorf("want an 800 x 800 PNG, got %q, %d x %d, %v", r.header.Get("Content-Type"), config.Width, config.Height, err)
		}
		s.do(t, call{path: "/image/resize", body: bytes.NewReader([]byte("GIF89a")), header: http.Header{"Content-Type": {"image/png"}}}).want(t, 400)
	})
}
