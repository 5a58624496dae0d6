package interop

import (
	"bytes"
	"image"
	"image/color"
	_ "image/gif"
	_ "image/png"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A visitor is a browser without a screen: it keeps cookies and follows redirects.
type visitor struct {
	site   string // "http://127.0.0.1:8080"
	client *http.Client
}

func newVisitor(t *testing.T, addr string) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &visitor{site: "http://" + addr, client: &http.Client{Transport: transport, Jar: jar, Timeout: 4 * patience}}
}

// A visited is an answer, after all redirects.
type visited struct {
	status int
	header http.Header
	body   string
	url    *url.URL
}

func (v *visitor) do(t *testing.T, r *http.Request, err error) *visited {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	res, err := v.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("%s: %v", r.URL, err)
	}
	return &visited{res.StatusCode, res.Header, string(body), res.Request.URL}
}

// get asks for a path, which may also be a link of a page.
func (v *visitor) get(t *testing.T, path string) *visited {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, v.at(path), nil)
	return v.do(t, r, err)
}

// post sends a form.
func (v *visitor) post(t *testing.T, path string, form url.Values) *visited {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, v.at(path), strings.NewReader(form.Encode()))
	if err == nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return v.do(t, r, err)
}

// send sends a body with header fields, names and values by turns.
func (v *visitor) send(t *testing.T, path, body string, fields ...string) *visited {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, v.at(path), strings.NewReader(body))
	for i := 0; err == nil && i < len(fields); i += 2 {
		r.Header.Set(fields[i], fields[i+1])
	}
	return v.do(t, r, err)
}

func (v *visitor) at(path string) string {
	if strings.HasPrefix(path, "http://") {
		return path
	}
	return v.site + path
}

// holds fails unless the answer has that status and type, and each text.
func (s *visited) holds(t *testing.T, status int, kind string, texts ...string) *visited {
	t.Helper()
	if got := s.header.Get("Content-Type"); s.status != status || !strings.HasPrefix(got, kind) {
		t.Fatalf("%s: want %d, %s; got %d, %q: %.300q", s.url, status, kind, s.status, got, s.body)
	}
	for _, text := range texts {
		if !strings.Contains(s.body, text) {
			t.Fatalf("%s: want %q in it, got %d bytes: %.3000q", s.url, text, len(s.body), s.body)
		}
	}
	return s
}

// holdsNot fails if the answer gives away one of the texts.
func (s *visited) holdsNot(t *testing.T, secrets ...string) {
	t.Helper()
	for _, text := range secrets {
		if strings.Contains(s.body, text) {
			t.Errorf("%s: gives away %q", s.url, text)
		}
	}
}

// find returns what the first group of a pattern finds in the page, without HTML's escapes.
func (s *visited) find(t *testing.T, pattern string) string {
	t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(s.body)
	if m == nil {
		t.Fatalf("%s: no %s in %.3000q", s.url, pattern, s.body)
	}
	return strings.ReplaceAll(m[1], "&amp;", "&")
}

// hidden returns the hidden fields of the page's forms.
func (s *visited) hidden() url.Values {
	form := make(url.Values)
	for _, m := range regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`).FindAllStringSubmatch(s.body, -1) {
		form.Set(m[1], m[2])
	}
	return form
}

// isImage fails unless the answer is an image of that size.
func (s *visited) isImage(t *testing.T, width, height int) {
	t.Helper()
	c, _, err := image.DecodeConfig(strings.NewReader(s.body))
	if s.status != 200 || err != nil || c.Width != width || c.Height != height {
		t.Errorf("%s: want an image of %d by %d, got %d, %+v, %v", s.url, width, height, s.status, c, err)
	}
}

// screenshot has chromium open a page, and leaves the picture in artifacts/sites. The picture must
// have at least so many colours, and areas in that of the page's style sheet.
func screenshot(t *testing.T, page, name string, colours int, styled color.RGBA) {
	t.Helper()
	dir, err := filepath.Abs("../../artifacts/sites")
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, name+".png")
	os.Remove(file)
	out, err := exec.CommandContext(t.Context(), "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
		"--no-first-run", "--disable-extensions", "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
		"--user-data-dir="+t.TempDir(), "--window-size=1280,900", "--screenshot="+file, page).CombinedOutput()
	if err != nil {
		t.Fatalf("chromium: %v\n%s", err, out)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	picture, _, err := image.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	pixels := make(map[color.RGBA]int)
	for y := range picture.Bounds().Dy() {
		for x := range picture.Bounds().Dx() {
			pixels[color.RGBAModel.Convert(picture.At(x, y)).(color.RGBA)]++
		}
	}
	if picture.Bounds().Dx() != 1280 || len(pixels) < colours || pixels[styled] < 1000 {
		t.Errorf("%s: %v, want %d colours and 1000 pixels of %v, got %d and %d", file, picture.Bounds(), colours, styled, len(pixels), pixels[styled])
	}
}
