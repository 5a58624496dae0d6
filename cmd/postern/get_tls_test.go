package main

import (
	"crypto/x509/pkix"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/internal/certtest"
)

// TestGetOverTLS: get and probe go by what is spoken within TLS, and --wire shows that.
func TestGetOverTLS(t *testing.T) {
	ca, dir := certtest.New(t), t.TempDir()
	cert, key := certtest.Write(t, dir, "server", ca.Issue(t, pkix.Name{CommonName: "one"}))
	trust := "ca=" + ca.WriteCA(t, dir)
	args := []string{"--to", "demo:", "--log-level", "error"}
	schemes := []string{"fastcgis", "scgis", "uwsgis", "https"}
	for _, scheme := range schemes {
		args = append(args, "--listen", scheme+"://127.0.0.1:0?cert="+cert+"&key="+key)
	}
	urls := startServe(t, len(schemes), args...)
	for i, row := range []struct{ wire, probe string }{
		{"1 > BEGIN_REQUEST 1 RESPONDER", " get-values "},
		{"REQUEST_METHOD", " connect "},
		{"REQUEST_METHOD", " uwsgi-ping "},
		{`request HTTP/1.1 GET "/vars?a=b"`, " request status=200 "},
	} {
		out, errs, status := commandLine(t, "", "get", urls[i]+"/vars?a=b", "--wire", "--option", trust)
		if status != 0 || !strings.Contains(out, `["QUERY_STRING","a=b"]`) || !strings.Contains(errs, row.wire) {
			t.Errorf("get %s: status %d, %.200s\n%.600s", urls[i], status, out, errs)
		}
		out, errs, status = commandLine(t, "", "probe", urls[i], "--option", trust)
		if status != 0 || !strings.Contains(out, row.probe) {
			t.Errorf("probe %s: status %d, %q, %q", urls[i], status, out, errs)
		}
		out, errs, status = commandLine(t, "", "probe", urls[i]+"?"+trust)
		if status != 0 || !strings.Contains(out, row.probe) {
			t.Errorf("probe %s with its option: status %d, %q, %q", urls[i], status, out, errs)
		}
	}
	other, _ := certtest.Write(t, t.TempDir(), "other", ca.Issue(t, pkix.Name{CommonName: "two"}))
	for _, options := range []string{"", "cert=" + dir + "/missing.pem", "cert=" + other + "&key=" + key} {
		_, errs, status := commandLine(t, "", "serve", "--to", "demo:", "--listen", "https://127.0.0.1:0?"+options)
		if status != 2 || strings.Count(errs, "\n") != 1 {
			t.Errorf("a listener with %q: status %d, %q", options, status, errs)
		}
	}
	if _, errs, status := commandLine(t, "", "get", urls[0]+"/vars"); status != 60 || strings.Count(errs, "\n") != 1 {
		t.Errorf("an unknown authority: status %d, %q", status, errs)
	}
}
