package fastcgi

import (
	"io"
	"testing"

	"github.com/postern-gateway/postern/protocol"
)

// TestAppendixB plays the four message flows of the specification's appendix B.
func TestAppendixB(t *testing.T) {
	t.Run("1: no data on stdin", func(t *testing.T) {
		f := serve(t, Protocol{}, nil, page)
		f.dialog(`
			> BEGIN_REQUEST 1 RESPONDER
			> PARAMS 1 SERVER_PORT="80" SERVER_ADDR="199.170.183.42"
			> PARAMS 1 end
			> STDIN 1 end
			< STDOUT 1 "Status: 200 OK\r\nContent-Length: 13\r\nContent-Type: text/html\r\n\r\n<html>\n<head>"
			< STDOUT 1 end
			< END_REQUEST 1 REQUEST_COMPLETE 0
			< EOF`)
	})
	t.Run("2: data on stdin, a pair in two records", func(t *testing.T) {
		f := serve(t, Protocol{}, nil, func(w protocol.ResponseWriter, r *protocol.Request) error {
			body, err := io.ReadAll(r.Body)
			if string(body) != "quantity=100&item=3047936" || err != nil || r.Params.Get("SERVER_ADDR") != "199.170.183.42" {
				t.Errorf("body %q, %v, variables %v", body, err, r.Params)
			}
			return page(w, r)
		})
		f.dialog(`
			> BEGIN_REQUEST 1 RESPONDER
			> PARAMS 1 "\x0b\x02SERVER_PORT80\x0b\x0eSER"
			> PARAMS 1 "VER_ADDR199.170.183.42"
			> PARAMS 1 end
			> STDIN 1 "quantity=100&item=3047936"
			> STDIN 1 end
			< STDOUT 1 "Status: 200 OK\r\nContent-Length: 13\r\nContent-Type: text/html\r\n\r\n<html>\n<head>"
			< STDOUT 1 end
			< END_REQUEST 1 REQUEST_COMPLETE 0
			< EOF`)
	})
	t.Run("3: an application that complains", func(t *testing.T) {
		f := serve(t, Protocol{}, nil, func(w protocol.ResponseWriter, r *protocol.Request) error {
			stderr, ok := protocol.Stderr(w)
			if !ok {
				t.Error("no Stderr")
			}
			io.WriteString(stderr, "config error: missing SI_UID\n")
			return page(w, r)
		})
		f.dialog(`
			> BEGIN_REQUEST 1 RESPONDER
			> PARAMS 1 SERVER_PORT="80" SERVER_ADDR="199.170.183.42"
			> PARAMS 1 end
			> STDIN 1 end
			< STDERR 1 "config error: missing SI_UID\n"
			< STDOUT 1 "Status: 200 OK\r\nContent-Length: 13\r\nContent-Type: text/html\r\n\r\n<html>\n<head>"
			< STDOUT 1 end
			< STDERR 1 end
			< END_REQUEST 1 REQUEST_COMPLETE 0
			< EOF`)
	})
	t.Run("4: two requests, interleaved", func(t *testing.T) {
		f := serve(t, Protocol{}, nil, page)
		f.dialog(`
			> BEGIN_REQUEST 1 RESPONDER KEEP_CONN
			> PARAMS 1 SERVER_PORT="80" SERVER_ADDR="199.170.183.42"
			> PARAMS 1 end
			> BEGIN_REQUEST 2 RESPONDER KEEP_CONN
			> PARAMS 2 SERVER_PORT="80" SERVER_ADDR="199.170.183.42"
			> STDIN 1 end
			< STDOUT 1 "Status: 200 OK\r\nContent-Length: 13\r\nContent-Type: text/html\r\n\r\n<html>\n<head>"
			< STDOUT 1 end
			< END_REQUEST 1 REQUEST_COMPLETE 0
			> PARAMS 2 end
			> STDIN 2 end
			< STDOUT 2 "Status: 200 OK\r\nContent-Length: 13\r\nContent-Type: text/html\r\n\r\n<html>\n<head>"
			< STDOUT 2 end
			< END_REQUEST 2 REQUEST_COMPLETE 0`)
	})
}

func page(w protocol.ResponseWriter, r *protocol.Request) error {
	w.Header().Set("Content-Type", "text/html")
	_, err := io.WriteString(w, "<html>\n<head>")
	return err
}
