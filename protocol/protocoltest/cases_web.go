package protocoltest

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strings"

	"github.com/postern-gateway/postern/protocol"
)

// routed is an ordinary net/http program.
var routed = func() protocol.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /items/{id}", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "item ", r.PathValue("id")) })
	mux.HandleFunc("POST /form", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.FormValue("a"), " ", r.FormValue("b"), " ", r.PostForm)
	})
	mux.HandleFunc("/dir/", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "in the directory") })
	mux.HandleFunc("/auth", func(w http.ResponseWriter, r *http.Request) {
		if user, password, ok := r.BasicAuth(); ok {
			fmt.Fprint(w, user, " ", password)
			return
		}
		w.Header().Set("WWW-Authenticate", "Basic")
		http.Error(w, "who are you", http.StatusUnauthorized)
	})
	return protocol.FromHTTP(mux)
}()

var webCases = []testCase{
	{
		name:    "serve-mux",
		want:    "http.ServeMux routes by method, path and wildcards; its own 404, 405 and redirects arrive.",
		handler: routed,
		check: func(x *trial) {
			x.whole(x.do(x.request("GET", "/items/a%2Fb")), 200, "item a/b")
			x.status(x.do(x.request("GET", "/nothing")), 404)
			got := x.do(x.request("DELETE", "/items/7"))
			x.status(got, 405)
			x.field(got, "Allow", "GET, HEAD")
			if got = x.do(x.request("GET", "/dir?q=1")); got.header.Get("Location") != "/dir/?q=1" {
				x.Errorf("%d %v", got.status, got.header)
			}
		},
	},
	{
		name:    "form",
		want:    "A form in the body and one in the query are parsed as over HTTP.",
		handler: routed,
		check: func(x *trial) {
			r := x.post("a=1&c=%20x", "CONTENT_TYPE", "application/x-www-form-urlencoded")
			r.Params.Set("REQUEST_URI", "/form?b=2")
			r.Params.Set("PATH_INFO", "/form")
			r.Params.Set("QUERY_STRING", "b=2")
			x.whole(x.do(r), 200, "1 2 map[a:[1] c:[ x]]")
		},
	},
	{
		name:    "basic-auth",
		want:    "HTTP_AUTHORIZATION is the handler's Authorization field.",
		handler: routed,
		check: func(x *trial) {
			x.status(x.do(x.request("GET", "/auth")), 401)
			token := "Basic " + base64.StdEncoding.EncodeToString([]byte("ada:lovelace"))
			x.whole(x.do(x.request("GET", "/auth", "HTTP_AUTHORIZATION", token)), 200, "ada lovelace")
		},
	},
	{
		name: "upload",
		want: "A multipart upload of 3 MB is parsed, its file whole, and its temporary files are gone afterwards.",
		handler: web(func(w http.ResponseWriter, r *http.Request) {
			if err := r.ParseMultipartForm(100000); err != nil {
				http.Error(w, err.Error(), 400)
				return
			}
			f, head, err := r.FormFile("image_data")
			if err != nil {
				http.Error(w, err.Error(), 400)
				return
			}
			defer f.Close()
			fmt.Fprint(w, head.Filename, " ", head.Size, " ", text(compare(f, 3<<20)), " ", r.FormValue("note"))
		}),
		check: func(x *trial) {
			var b bytes.Buffer
			form := multipart.NewWriter(&b)
			form.WriteField("note", "a note")
			part, err := form.CreateFormFile("image_data", "blank-image.png")
			if err != nil {
				x.Fatal(err)
			}
			io.CopyN(part, new(pattern), 3<<20)
			form.Close()
			x.whole(x.do(x.post(b.String(), "CONTENT_TYPE", form.FormDataContentType())), 200, "blank-image.png 3145728 none a note")
		},
	},
	{
		name: "max-bytes-reader",
		want: "http.MaxBytesReader ends a body that is too long, and the 413 that follows arrives.",
		handler: web(func(w http.ResponseWriter, r *http.Request) {
			if _, err := io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, 1000)); err != nil {
				http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
			}
		}),
		check: func(x *trial) {
			x.status(x.do(x.post(strings.Repeat("m", 1000))), 200)
			x.whole(x.do(x.post(strings.Repeat("m", 300000))), 413, "http: request body too large\n")
		},
	},
}
