package protocol

import (
	"bytes"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"testing"
)

// FuzzParseHead: a head is whole or it is not, whatever follows it; what is read of it can be
// written and read again.
func FuzzParseHead(f *testing.F) {
	for _, row := range headRows {
		f.Add([]byte(row.head))
	}
	f.Add([]byte("X-A: 1\n folded\n\n"))
	f.Add([]byte("HTTP/1.1 99\n\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		status, h, n, err := ParseHead(b)
		switch {
		case n < 0 || n > len(b) || n == 0 && (err != nil || h != nil):
			t.Fatalf("%d, %v, %d, %v", status, h, n, err)
		case n > 0:
			if _, _, m, _ := ParseHead(b[:n-1]); m != 0 {
				t.Fatalf("a head of %d bytes within one of %d", m, n)
			}
		}
		if n == 0 {
			return
		}
		if err != nil {
			if !errors.Is(err, ErrUpstream) || strings.Contains(err.Error(), "\n") {
				t.Fatalf("%q", err)
			}
			return
		}
		if status < 100 || status > 999 {
			t.Fatalf("status %d", status)
		}
		for _, form := range []HeadForm{StatusField, StatusLine} {
			out := AppendHead(nil, form, status, h)
			again, h2, m, err := ParseHead(out)
			if again != status || m != len(out) || err != nil || !bytes.Equal(AppendHead(nil, form, status, h2), out) {
				t.Fatalf("%q, %d, %v, %v", out, again, h2, err)
			}
		}
		if s, h3, rest, err := ReadHead(bytes.NewReader(b), len(b)+1); s != status || len(h3) != len(h) || err != nil && len(rest) == 0 {
			t.Fatalf("ReadHead: %d, %v, %v", s, h3, err)
		}
	})
}

// FuzzHTTP: whatever the variables are, a request is derived or refused, its URL is net/http's, and
// nothing passes that must not.
func FuzzHTTP(f *testing.F) {
	for _, row := range fronts {
		var b strings.Builder
		for name, value := range row.p.All() {
			b.WriteString(name + "\x00" + value + "\x00")
		}
		f.Add(b.String())
	}
	f.Add("REQUEST_URI\x00/%zz\x00HTTP_PROXY\x00x\x00")
	f.Fuzz(func(t *testing.T, s string) {
		var p Params
		parts := strings.Split(s, "\x00")
		for i := 0; i+1 < len(parts); i += 2 {
			p.Add(parts[i], parts[i+1])
		}
		r := &Request{Params: p}
		hr, err := r.HTTP()
		if err != nil {
			if !errors.Is(err, ErrMalformed) {
				t.Fatal(err)
			}
			return
		}
		for name := range hr.Header {
			switch name {
			case "Proxy", "Host", "Transfer-Encoding", "Trailer", "Content-Length":
				t.Fatalf("%s has passed", name)
			}
			if validField(name, nil) != nil {
				t.Fatalf("the field is called %q", name)
			}
		}
		if uri := p.Get("REQUEST_URI"); uri != "" {
			u, err := url.ParseRequestURI(uri)
			if err != nil || hr.URL.String() != u.String() || hr.URL.Path != u.Path || hr.URL.RawQuery != u.RawQuery {
				t.Fatalf("%q is %q, net/http has %v, %v", uri, hr.URL, u, err)
			}
		}
		if hr.RequestURI == "" || hr.Method == "" || hr.Body == nil || hr.Proto == "" {
			t.Fatalf("%+v", hr)
		}
		back := NewRequest(hr)
		if back.Params.Get("REQUEST_METHOD") != hr.Method || back.Params.Get("QUERY_STRING") != hr.URL.RawQuery {
			t.Fatalf("%v", back.Params)
		}
	})
}

// FuzzContentLength: a length is read only of digits, and is theirs; of two the last counts.
func FuzzContentLength(f *testing.F) {
	for _, s := range []string{"", "0", "27", "-1", "+5", "9223372036854775807", "9223372036854775808", "0x5", "1_0", " 5", "5\x00"} {
		f.Add(s, "")
	}
	for _, s := range []string{"", "0", "27", "-1", "+5", "9223372036854775808", "0x5"} {
		f.Add("5", s)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		n, ok, err := Pairs("CONTENT_LENGTH", a, "CONTENT_LENGTH", b).ContentLength()
		if err != nil {
			if n != 0 || ok || !errors.Is(err, ErrMalformed) || strings.Contains(err.Error(), "\n") {
				t.Fatalf("%d, %v, %q", n, ok, err)
			}
			return
		}
		if n < 0 || ok != (b != "") {
			t.Fatalf("%q, %q: %d, %v", a, b, n, ok)
		}
		if m, err := strconv.ParseUint(b, 10, 63); ok && (err != nil || int64(m) != n) {
			t.Fatalf("%q is %d, %v", b, n, ok)
		}
	})
}
