package browser

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/postern-gateway/postern/internal/explore"
)

// patience is how long the page has for anything. A test that passes waits for what it asks for, and
// no longer.
const patience = 2 * time.Minute

// artifacts is where `make explore` writes the page, and where screenshots go.
const artifacts = "../../../artifacts/explore"

// A step is what a tab is told to do.
type step = chromedp.Action[chromedp.Void]

// A tab is the page in a browser.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu     sync.Mutex
	faults []string // errors of the page's scripts, and what its console says
}

// newBrowser starts the browser of a test. Each tab of it is a context of its own.
func newBrowser(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	switch {
	case err != nil && os.Getenv("POSTERN_INTEROP") != "":
		t.Fatalf("%v: make deps installs it", err)
	case err != nil:
		t.Skipf("%v: make deps installs it", err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.WSURLReadTimeout(patience), chromedp.Flag("disable-gpu", true))
	ctx, end := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), options...)
	ctx, closeBrowser := chromedp.NewContext(ctx)
	t.Cleanup(func() { closeBrowser(); end() })
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// open opens url in a tab, after first has been done, and waits until its engine is there.
func open(t *testing.T, browser context.Context, url, engine string, first ...step) *tab {
	t.Helper()
	p := &tab{t: t}
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithListener(p.listen))
	t.Cleanup(cancel)
	p.ctx = ctx
	p.do(append(first, inFront(), prefers("light"), chromedp.EmulateViewport(1440, 1000), chromedp.Navigate(url))...)
	p.waitFor(`document.documentElement.dataset.engine === "` + engine + `"`)
	return p
}

// listen notes what a page without a fault does not say.
func (p *tab) listen(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if x := e.ExceptionDetails.Exception; x != nil {
			text += " " + x.Description
		}
		p.faults = append(p.faults, text)
	case *runtime.EventConsoleAPICalled:
		for _, a := range e.Args {
			p.faults = append(p.faults, fmt.Sprintf("console.%s: %s", e.Type, a.Value))
		}
	}
}

// done checks that the page's scripts and console have had no fault.
func (p *tab) done() {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, f := range p.faults {
		p.t.Error(f)
	}
}

func (p *tab) do(steps ...step) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, steps...); err != nil {
		p.t.Fatal(err)
	}
}

// waitFor waits for a condition of the page.
func (p *tab) waitFor(condition string) {
	p.t.Helper()
	_, err := chromedp.Run(p.ctx, chromedp.Poll[bool]("Boolean("+condition+")",
		chromedp.WithPollingTimeout(patience), chromedp.WithPollingInterval(20*time.Millisecond)))
	if err != nil {
		p.t.Fatalf("waiting for %s: %v", condition, err)
	}
}

// ask evaluates an expression of JavaScript.
func ask[T any](p *tab, expression string) T {
	p.t.Helper()
	value, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression, awaited))
	if err != nil {
		p.t.Fatalf("%s: %v", expression, err)
	}
	return value
}

// want holds the value of an expression to what it should be.
func want[T comparable](p *tab, expression string, value T) {
	p.t.Helper()
	if got := ask[T](p, expression); got != value {
		p.t.Errorf("%s is %v, want %v", expression, got, value)
	}
}

// shoot keeps a picture of the part of the page that a selector names, as an artefact; of the
// window, for an empty one.
func (p *tab) shoot(name, selector string) {
	p.t.Helper()
	action := chromedp.CaptureScreenshot()
	if selector != "" {
		action = chromedp.Screenshot(chromedp.CSS(selector))
	}
	picture, err := chromedp.Run(p.ctx, action)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := os.MkdirAll(artifacts, 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(artifacts, name+".png"), picture, 0o644); err != nil {
		p.t.Fatal(err)
	}
}

// offline is the URL of the file that `make explore` makes, which is made anew.
func offline(t *testing.T) string {
	t.Helper()
	file, err := filepath.Abs(filepath.Join(artifacts, "postern-explore.html"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "run", "./internal/explore/build", "-o", file)
	cmd.Dir = "../../.."
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return "file://" + file
}

// online is the URL of a server that answers the page's calls, and shows live traffic, and what
// stops it.
func online(t *testing.T, live *explore.Live) (url string, stop func()) {
	t.Helper()
	html, err := explore.Page(t.Context(), explore.Engine{Live: true})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(explore.NewHandler(html, live))
	stop = sync.OnceFunc(func() {
		live.Close()
		srv.CloseClientConnections()
		srv.Close()
	})
	t.Cleanup(stop)
	return srv.URL, stop
}
