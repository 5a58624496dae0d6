package fastcgi_test

import (
	"bytes"
	"io"
	"net"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/fastcgi"
	"github.com/postern-gateway/postern/protocol"
)

// What php-fpm, libfcgi and others answer to GET_VALUES, and what is no answer.
func TestGetValues(t *testing.T) {
	for _, row := range []struct {
		name, says string
		want       map[string]string // nil: an error
	}{
		{"one value", "\x01\x0a\x00\x00\x00\x12\x00\x00\x0f\x01FCGI_MPXS_CONNS1", map[string]string{"FCGI_MPXS_CONNS": "1"}},
		{"two values and padding", "\x01\x0a\x00\x00\x00\x23\x06\x00\x0f\x01FCGI_MPXS_CONNS0\x0d\x02FCGI_MAX_REQS50\x00\x00\x00\x00\x00\x00",
			map[string]string{"FCGI_MPXS_CONNS": "0", "FCGI_MAX_REQS": "50"}},
		{"nothing is known", "\x01\x0a\x00\x00\x00\x00\x00\x00", map[string]string{}},
		{"a pair that is cut", "\x01\x0a\x00\x00\x00\x04\x00\x00\x0f\x01FC", nil},
		{"another record", "\x01\x0b\x00\x00\x00\x08\x00\x00\x09\x00\x00\x00\x00\x00\x00\x00", nil},
		{"another protocol", "HTTP/1.1 400 Bad Request\r\n\r\n", nil},
		{"an end in a record", "\x01\x0a\x00\x00\x00\x12\x00\x00\x0f\x01FCGI", nil},
		{"an end", "", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			var asked bytes.Buffer
			got, err := fastcgi.GetValues(struct {
				io.Reader
				io.Writer
			}{bytes.NewBufferString(row.says), &asked})
			if row.want == nil {
				if err == nil {
					t.Error(got)
				}
				return
			}
			if diff := cmp.Diff(row.want, got); diff != "" || err != nil {
				t.Errorf("%v, -want +got:\n%s", err, diff)
			}
		})
	}
}

// Our own server says what is true of a connection.
func TestGetValuesOfOurs(t *testing.T) {
	ours, theirs := net.Pipe()
	loop := protocol.Loop{Handler: protocol.HandlerFunc(func(protocol.ResponseWriter, *protocol.Request) error { return nil })}
	done := make(chan error)
	go func() {
		lim := (*protocol.Limits)(nil).Resolve()
		done <- loop.Serve(t.Context(), fastcgi.Protocol{MaxConns: 7}.NewConn(theirs, &lim))
	}()
	ours.SetDeadline(time.Now().Add(time.Minute))
	got, err := fastcgi.GetValues(ours)
	if err != nil || got["FCGI_MPXS_CONNS"] != "1" || got["FCGI_MAX_CONNS"] != "7" {
		t.Error(got, err)
	}
	ours.Close()
	<-done
}
