package site_test

import (
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/site"
	"github.com/postern-gateway/postern/protocol"
)

// A site of static files at /static, and a program for everything else. The same handler can be
// served by FastCGI behind nginx, or by any other protocol.
func ExampleFiles() {
	root, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(root)
	os.WriteFile(filepath.Join(root, "style.css"), []byte("body { margin: 2em }\n"), 0o644)

	program := protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		_, err := io.WriteString(w, "made by a program\n")
		return err
	})
	handler := gateway.Mux{
		{Prefix: "/static", Handler: &site.Files{Root: root, Mount: "/static"}},
		{Handler: program},
	}

	srv := httptest.NewServer(protocol.ToHTTP(handler)) // in a test; else endpoint.Serve(handler)
	defer srv.Close()
	for _, path := range []string{"/static/style.css", "/static/.htaccess", "/other"} {
		res, err := srv.Client().Get(srv.URL + path)
		if err != nil {
			fmt.Println(err)
			return
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		fmt.Printf("%d %s: %s", res.StatusCode, res.Header.Get("Content-Type"), body)
	}
	// Output:
	// 200 text/css; charset=utf-8: body { margin: 2em }
	// 404 text/plain; charset=utf-8: 404 Not Found
	// 200 text/plain; charset=utf-8: made by a program
}

// A program checks who asks, and names the file that is sent: it need not copy it.
func ExampleSendFiles() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	os.WriteFile(filepath.Join(dir, "report.txt"), []byte("for members\n"), 0o644)

	// In the place of this handler most often stands a gateway.Proxy.
	program := protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		w.Header().Set("Content-Disposition", `attachment; filename="report.txt"`)
		w.Header().Set("X-Accel-Redirect", "/members/report.txt")
		return nil
	})
	handler := &site.SendFiles{Handler: program, Internal: map[string]string{"/members": dir}}

	srv := httptest.NewServer(protocol.ToHTTP(handler))
	defer srv.Close()
	res, err := srv.Client().Get(srv.URL + "/download?id=7")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	fmt.Printf("%d %s: %s", res.StatusCode, res.Header.Get("Content-Disposition"), body)
	// Output:
	// 200 attachment; filename="report.txt": for members
}
