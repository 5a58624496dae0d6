package fastcgi

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// TestBody has how a body ends. The handler tells what it read.
func TestBody(t *testing.T) {
	rows := []struct {
		text, length, stdin string
		body                string
		err                 error
	}{
		{"as long as declared", `"5"`, "STDIN 1 \"hello\"\nSTDIN 1 end", "hello", nil},
		{"in two records", `"5"`, "STDIN 1 \"he\"\nSTDIN 1 \"llo\"\nSTDIN 1 end", "hello", nil},
		{"empty CONTENT_LENGTH: as long as STDIN", `""`, "STDIN 1 \"hello\"\nSTDIN 1 end", "hello", nil},
		{"shorter than declared", `"6"`, "STDIN 1 \"hello\"\nSTDIN 1 end", "hello", io.ErrUnexpectedEOF},
		{"declared, and nothing", `"6"`, "STDIN 1 end", "", io.ErrUnexpectedEOF},
		{"longer than declared is cut", `"4"`, "STDIN 1 \"hello\"\nSTDIN 1 end", "hell", nil},
		{"two lengths: the last counts", `"4" CONTENT_LENGTH="5"`, "STDIN 1 \"hello\"\nSTDIN 1 end", "hello", nil},
		{"blanked for an auth_request: no body came", `"5" HTTP_CONTENT_LENGTH="5" CONTENT_LENGTH=""`, "STDIN 1 end", "", nil},
		{"two lengths that are the same", `"5" HTTP_CONTENT_LENGTH="5"`, "STDIN 1 \"hello\"\nSTDIN 1 end", "hello", nil},
		{"twice the same length", `"5" CONTENT_LENGTH="5"`, "STDIN 1 \"hello\"\nSTDIN 1 end", "hello", nil},
		{"STDIN after its end is skipped", `"5"`, "STDIN 1 \"hello\"\nSTDIN 1 end\nSTDIN 1 \"more\"", "hello", nil},
		{"ABORT in its midst", `"9"`, "STDIN 1 \"hello\"\nABORT_REQUEST 1", "", protocol.ErrAborted},
	}
	for _, row := range rows {
		t.Run(row.text, func(t *testing.T) {
			type read struct {
				body []byte
				err  error
			}
			got := make(chan read, 1)
			f := serve(t, Protocol{}, nil, func(w protocol.ResponseWriter, r *protocol.Request) error {
				body, err := io.ReadAll(r.Body)
				got <- read{body, err}
				return nil
			})
			f.say("BEGIN_REQUEST 1 RESPONDER KEEP_CONN", "PARAMS 1 CONTENT_LENGTH="+row.length, "PARAMS 1 end", row.stdin)
			f.answer(1)
			r := <-got
			if !errors.Is(r.err, row.err) || r.err != nil && row.err == nil || row.err != protocol.ErrAborted && string(r.body) != row.body {
				t.Errorf("read %q, %v; want %q, %v", r.body, r.err, row.body, row.err)
			}
			f.say(get(2))
			f.answer(2)
		})
	}
}

// TestLostConnection: the end of the connection ends the body and the context, also while the
// handler reads nothing.
func TestLostConnection(t *testing.T) {
	for _, reads := range []bool{true, false} {
		got := make(chan error, 1)
		f := serve(t, Protocol{}, nil, func(w protocol.ResponseWriter, r *protocol.Request) error {
			if reads {
				_, err := io.ReadAll(r.Body)
				got <- err
			}
			<-r.Context().Done()
			got <- context.Cause(r.Context())
			return nil
		})
		f.say("BEGIN_REQUEST 1 RESPONDER KEEP_CONN", `PARAMS 1 CONTENT_LENGTH="9"`, "PARAMS 1 end", `STDIN 1 "hello"`)
		f.nc.Close()
		if err := <-got; !errors.Is(err, protocol.ErrAborted) {
			t.Errorf("reads = %v: %v", reads, err)
		}
		f.wait()
	}
}

// TestLargeBody sends 8 MB that a handler reads at its own pace; the records' sizes are of every
// kind.
func TestLargeBody(t *testing.T) {
	body := bytes.Repeat([]byte("0123456789abcdef"), 512<<10)
	same := make(chan bool, 1)
	f := serve(t, Protocol{}, nil, func(w protocol.ResponseWriter, r *protocol.Request) error {
		var got []byte
		buf := make([]byte, 100_000)
		for i := 0; ; i++ {
			n, err := r.Body.Read(buf[:1+i*7919%len(buf)])
			got = append(got, buf[:n]...)
			if err == io.EOF {
				break
			}
			if err != nil {
				return err
			}
		}
		same <- bytes.Equal(got, body)
		return nil
	})
	f.say("BEGIN_REQUEST 1 RESPONDER KEEP_CONN", "PARAMS 1 CONTENT_LENGTH=\"8388608\"", "PARAMS 1 end")
	for i, b := 0, body; len(b) > 0; i++ {
		n := min(len(b), 1+i*31337%maxContent)
		f.write(appendRecord(nil, typeStdin, 1, b[:n]))
		b = b[n:]
	}
	f.say("STDIN 1 end")
	f.answer(1)
	if !<-same {
		t.Error("the body is another")
	}
}

// TestBodyTimeout: a body of which nothing comes is an error, not an end.
func TestBodyTimeout(t *testing.T) {
	got := make(chan error, 1)
	f := serve(t, Protocol{}, &protocol.Limits{BodyTimeout: 20 * time.Millisecond}, func(w protocol.ResponseWriter, r *protocol.Request) error {
		_, err := io.ReadAll(r.Body)
		got <- err
		return err
	})
	f.say("BEGIN_REQUEST 1 RESPONDER KEEP_CONN", `PARAMS 1 CONTENT_LENGTH="9"`, "PARAMS 1 end", `STDIN 1 "hello"`)
	out, _, _ := f.answer(1)
	if err := <-got; err == nil || err.Error() != "fastcgi: read body: aborted: nothing came for 20ms" || !strings.HasPrefix(out, "Status: 408") {
		t.Errorf("%v; answered %q", err, out)
	}
	f.say(get(2))
	f.answer(2)
}

// TestReadDeadline: http.ResponseController's deadline is for this request alone.
func TestReadDeadline(t *testing.T) {
	got := make(chan error, 2)
	f := serve(t, Protocol{}, nil, func(w protocol.ResponseWriter, r *protocol.Request) error {
		if r.Params.Get("REQUEST_URI") != "" {
			return hello(w, r)
		}
		if err := http.NewResponseController(w).SetReadDeadline(time.Now().Add(10 * time.Millisecond)); err != nil {
			return err
		}
		_, err := io.ReadAll(r.Body)
		got <- err
		_, err = r.Body.Read(make([]byte, 1))
		got <- err
		return nil
	})
	f.say("BEGIN_REQUEST 1 RESPONDER KEEP_CONN", `PARAMS 1 CONTENT_LENGTH="9"`, "PARAMS 1 end", `STDIN 1 "hello"`)
	f.answer(1)
	for range 2 {
		if err := <-got; !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
	}
	f.say(get(2))
	f.answer(2)
}

// TestFilter has the DATA of a Filter.
func TestFilter(t *testing.T) {
	type read struct {
		body, data   []byte
		bodyErr, err error
		early        error
		dataLength   int64
	}
	got := make(chan read, 1)
	h := func(w protocol.ResponseWriter, r *protocol.Request) error {
		var x read
		if r.Params.Get("EARLY") != "" {
			_, x.early = r.Data.Read(make([]byte, 10))
		}
		x.body, x.bodyErr = io.ReadAll(r.Body)
		x.data, x.err = io.ReadAll(r.Data)
		x.dataLength = r.DataLength
		got <- x
		return nil
	}
	rows := []struct {
		text, params, data string
		want               string
		early, err         error
	}{
		{"whole", `CONTENT_LENGTH="5" FCGI_DATA_LENGTH="4" FCGI_DATA_LAST_MOD="1"`, "DATA 1 \"da\"\nDATA 1 \"ta\"\nDATA 1 end", "data", nil, nil},
		{"shorter than FCGI_DATA_LENGTH", `CONTENT_LENGTH="5" FCGI_DATA_LENGTH="5"`, "DATA 1 \"data\"\nDATA 1 end", "data", nil, io.ErrUnexpectedEOF},
		{"longer than FCGI_DATA_LENGTH", `CONTENT_LENGTH="5" FCGI_DATA_LENGTH="3"`, "DATA 1 \"data\"\nDATA 1 end", "", nil, protocol.ErrMalformed},
		{"of unknown length", `CONTENT_LENGTH="5"`, "DATA 1 \"data\"\nDATA 1 end", "data", nil, nil},
		{"read before STDIN", `EARLY="1" CONTENT_LENGTH="5" FCGI_DATA_LENGTH="4"`, "DATA 1 \"data\"\nDATA 1 end", "data", protocol.ErrUnsupported, nil},
	}
	for _, row := range rows {
		t.Run(row.text, func(t *testing.T) {
			f := serve(t, Protocol{}, nil, h)
			f.say("BEGIN_REQUEST 1 FILTER KEEP_CONN", "PARAMS 1 "+row.params, "PARAMS 1 end", `STDIN 1 "hello"`, "STDIN 1 end", row.data)
			f.answer(1)
			x := <-got
			if string(x.body) != "hello" || x.bodyErr != nil || string(x.data) != row.want || !errors.Is(x.err, row.err) || x.err != nil && row.err == nil || !errors.Is(x.early, row.early) {
				t.Errorf("got %q, %v; data %q, %v; early: %v", x.body, x.bodyErr, x.data, x.err, x.early)
			}
		})
	}
	t.Run("answered without reading", func(t *testing.T) {
		f := serve(t, Protocol{}, nil, hello)
		f.say("BEGIN_REQUEST 1 FILTER", `PARAMS 1 FCGI_DATA_LENGTH="100000"`, "PARAMS 1 end", "STDIN 1 end", `DATA 1 "some"`)
		f.answer(1)
		f.say(`DATA 1 "more"`)
		f.hearEnd()
	})
	t.Run("a length that is no number", func(t *testing.T) {
		f := serve(t, Protocol{}, nil, hello)
		f.say("BEGIN_REQUEST 1 FILTER", `PARAMS 1 FCGI_DATA_LENGTH="many"`, "PARAMS 1 end", "STDIN 1 end")
		if out, _, _ := f.answer(1); !strings.HasPrefix(out, "Status: 400") {
			t.Errorf("got %q", out)
		}
	})
}
