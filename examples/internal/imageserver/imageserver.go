// Package imageserver is the handler that the examples of all protocols serve. It knows nothing of
// any of them.
//
//	.../inspect    the request's variables and its body, as they arrived
//	.../resize     a PNG as 800 x 800 pixels, with the request's variables drawn on it
//	any other      a page with a form that sends a PNG to .../resize
package imageserver

import (
	"io"
	"net/http"
	"path"
)

// Handler returns the image server. It goes by the last part of the path, so that it may stand
// anywhere.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch path.Base(r.URL.Path) {
		case "inspect":
			inspect(w, r)
		case "resize":
			resize(w, r)
		default:
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			io.WriteString(w, page)
		}
	})
}

const page = `<!DOCTYPE html>
<title>Image server</title>
<form method="post" enctype="multipart/form-data" action="resize">
<label>A PNG <input type="file" name="image_data" accept="image/png" required></label> <button>Resize</button>
</form>
<p><a href="inspect">What arrived here?</a></p>
`
