// Package arch holds the architecture, as a test: who may import whom, how large a file and a
// function may be, what a protocol's folder looks like, and what a test may not do.
package arch

import (
	"go/parser"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/postern-gateway/postern/"

// The layers, from the outside in. A package imports only from layers further in than its own, but
// for those of the same name (a folder below another).
var layers = []struct {
	packages []string // folders; a folder stands for those below it, unless they stand elsewhere
	// what may be imported from elsewhere than the standard library, in addition to the rows below
	outside []string
}{
	{packages: []string{"cmd", "examples", "benchmarks", "internal/interop", "internal/casescript"}, outside: []string{
		"github.com/spf13/cobra", "github.com/spf13/pflag", "github.com/BurntSushi/toml", "golang.org/x/image", "github.com/coder/websocket", "github.com/go-chi/chi"}},
	{packages: []string{"internal/demo", "internal/explore", "internal/probe"}, outside: []string{"github.com/coder/websocket"}},
	{packages: []string{"internal/compare", "internal/fetch"}},
	{packages: []string{"internal/load"}, outside: []string{"github.com/HdrHistogram/hdrhistogram-go"}},
	{packages: []string{"gateway/endpoint"}},
	{packages: []string{"gateway", "cgi", "fastcgi", "scgi", "uwsgi"}},
	{packages: []string{"gateway/site", "gateway/upstream", "internal/tap"}, outside: []string{"golang.org/x/sys"}},
	{packages: []string{"internal/netio", "internal/sniff", "internal/floodtest", "internal/certtest"}},
	{packages: []string{"protocol"}, outside: []string{"golang.org/x/net", "github.com/valyala/bytebufferpool"}},
	{packages: []string{"internal/bufpool", "internal/rawio", "internal/ratelimit", "internal/throttle", "internal/garbage", "internal/lazycontext", "internal/pcap", "internal/chart", "internal/units", "internal/suggest"}},
}

// testOnly may be imported by tests, everywhere.
var testOnly = []string{"github.com/google/go-cmp", "github.com/rogpeppe/go-internal", "go.uber.org/goleak", "github.com/coder/websocket"}

// layerOf finds the layer and the folder, by the longest folder that holds the package.
func layerOf(pkg string) (layer int, folder string) {
	layer = -1
	for i, l := range layers {
		for _, p := range l.packages {
			if (pkg == p || strings.HasPrefix(pkg, p+"/")) && len(p) > len(folder) {
				layer, folder = i, p
			}
		}
	}
	return layer, folder
}

func TestImportsRunOneWay(t *testing.T) {
	for _, f := range sources(t, parser.ImportsOnly) {
		layer, folder := layerOf(f.dir)
		if layer < 0 {
			if f.dir != "internal/arch" {
				t.Errorf("%s: folder %q has no place in the architecture", f.path, f.dir)
			}
			continue
		}
		for _, spec := range f.ast.Imports {
			path, _ := strconv.Unquote(spec.Path.Value)
			switch ours, isOurs := strings.CutPrefix(path, module); {
			case isOurs:
				to, toFolder := layerOf(ours)
				if to <= layer && toFolder != folder && !f.test {
					t.Errorf("%s imports %s: imports run from %s inwards only", f.path, ours, folder)
				}
				if f.test && isProtocol(folder) && isProtocol(toFolder) && folder != toFolder {
					t.Errorf("%s imports %s: protocols do not know each other", f.path, ours)
				}
			case strings.Contains(strings.Split(path, "/")[0], "."):
				if !allowed(layer, path, f.test) {
					t.Errorf("%s imports %s, which its layer may not", f.path, path)
				}
			}
		}
	}
}

func isProtocol(folder string) bool {
	return folder == "cgi" || folder == "fastcgi" || folder == "scgi" || folder == "uwsgi"
}

func allowed(layer int, path string, test bool) bool {
	for _, l := range layers[layer:] {
		if under(path, l.outside) {
			return true
		}
	}
	return test && under(path, testOnly)
}

func under(path string, roots []string) bool {
	for _, root := range roots {
		if path == root || strings.HasPrefix(path, root+"/") {
			return true
		}
	}
	return false
}
