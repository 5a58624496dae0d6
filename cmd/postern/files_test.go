package main

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
)

// Files are served by one command: as the backend, and as what a rule names.
func TestServeFiles(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{"index.html": "<p>start", "x.php": "<?php"} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, args := range map[string][]string{
		"backend": {"--to", "files:" + root + "/"},
		"rule":    {"--to", "demo:", "--route", "^/ files:" + root},
	} {
		t.Run(name, func(t *testing.T) {
			url := startServe(t, 1, append(args, "--listen", "http://127.0.0.1:0")...)[0]
			for path, want := range map[string]string{"/": "<p>start", "/index.html": "<p>start", "/x.php": "404 Not Found\n"} {
				res, err := http.Get(url + path)
				if err != nil {
					t.Fatal(err)
				}
				defer res.Body.Close()
				if body, err := io.ReadAll(res.Body); string(body) != want || err != nil {
					t.Errorf("%s: %d %q, %v", path, res.StatusCode, body, err)
				}
			}
		})
	}
}
