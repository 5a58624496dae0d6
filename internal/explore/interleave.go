package explore

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"

	"github.com/postern-gateway/postern/fastcgi"
	"github.com/postern-gateway/postern/protocol"
)

// A Record is one FastCGI record of two requests that share a connection.
type Record struct {
	Front   bool    `json:"front"`   // sent by the front, not by the application
	Request int     `json:"request"` // its id
	Bytes   []byte  `json:"bytes"`
	Message Message `json:"message"`
}

// Interleave returns the records of a slow request, 1, and a quick one, 2, on one connection to our
// server, in the order in which they went: the quick one begins and ends while the slow one is
// being answered.
func Interleave(ctx context.Context) ([]Record, error) {
	slow, err := requestRecords(ctx, 1, Input{Method: "GET", Path: "/slow"})
	if err != nil {
		return nil, err
	}
	quick, err := requestRecords(ctx, 2, Input{Method: "GET", Path: "/quick"})
	if err != nil {
		return nil, err
	}
	a, b := net.Pipe()
	done := make(chan error, 1)
	ended := make(chan struct{}) // the quick answer
	go func() {
		loop := &protocol.Loop{Handler: twoSpeeds(ended), Log: quiet}
		done <- loop.Serve(ctx, fastcgi.Protocol{}.NewConn(b, nil))
	}()
	t := &talk{conn: a}
	t.send(slow[:2]...) // BEGIN_REQUEST, PARAMS
	t.send(quick[0])
	t.send(slow[2:]...)
	t.await(1, "STDOUT")
	t.send(quick[1:]...)
	t.await(2, "END_REQUEST")
	close(ended)
	t.await(1, "END_REQUEST")
	a.Close()
	<-done
	return t.records, t.err
}

// twoSpeeds answers the path /quick at once, and any other in two pieces, the second one after
// ended.
func twoSpeeds(ended <-chan struct{}) protocol.Handler {
	return protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		w.Header().Set("Content-Type", "text/plain")
		if r.Params.Get("PATH_INFO") == "/quick" {
			_, err := io.WriteString(w, "done\n")
			return err
		}
		io.WriteString(w, "working ...\n")
		if err := http.NewResponseController(w).Flush(); err != nil {
			return err
		}
		<-ended
		_, err := io.WriteString(w, "done, too\n")
		return err
	})
}

// requestRecords returns the records that our client sends for a request, with another id and
// KEEP_CONN.
func requestRecords(ctx context.Context, id uint16, in Input) (records [][]byte, err error) {
	r := &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", in.Method, "PATH_INFO", in.Path)}
	newClient := func(d dialPipe) protocol.RoundTripper { return &fastcgi.Client{Dial: d, MaxIdle: 1, Log: quiet} }
	x, err := record(ctx, r, newClient, func(c net.Conn) {
		loop := &protocol.Loop{Handler: (&Answer{Status: http.StatusNoContent}).handler(), Log: quiet}
		loop.Serve(ctx, fastcgi.Protocol{}.NewConn(c, nil))
	})
	w := &protocol.MessageWriter{Decode: fastcgi.Protocol{}.Decoder(protocol.RequestSide), Emit: func(m protocol.Message) error {
		records = append(records, withID(m, id))
		return nil
	}}
	w.Write(x.request)
	return records, errors.Join(err, w.Close())
}

// withID returns the bytes of a record, with another request id.
func withID(m protocol.Message, id uint16) (b []byte) {
	for _, s := range m.Spans {
		if s.Field == "requestId" {
			b = binary.BigEndian.AppendUint16(b, id)
			continue
		}
		b = append(b, s.Bytes...)
	}
	return b
}

// A talk is a conversation of records with a server.
type talk struct {
	conn    net.Conn
	records []Record
	err     error
}

// send sends records.
func (t *talk) send(records ...[]byte) {
	for _, b := range records {
		t.note(true, b)
		if _, err := t.conn.Write(b); err != nil && t.err == nil {
			t.err = err
		}
	}
}

// note adds the record that b is.
func (t *talk) note(front bool, b []byte) Record {
	side := protocol.ResponseSide
	if front {
		side = protocol.RequestSide
	}
	m := fastcgi.Protocol{}.Decoder(side)(b, true)
	n := 0
	for i := range m.Spans {
		m.Spans[i].Offset = int64(n)
		n += len(m.Spans[i].Bytes)
	}
	c := &cutter{side: side}
	r := Record{Front: front, Bytes: b, Message: c.message(m)}
	if len(b) >= 4 {
		r.Request = int(binary.BigEndian.Uint16(b[2:]))
	}
	t.records = append(t.records, r)
	return r
}

// await reads records up to the first one of that request and type.
func (t *talk) await(id int, typ string) {
	for t.err == nil {
		var header [8]byte
		if _, t.err = io.ReadFull(t.conn, header[:]); t.err != nil {
			return
		}
		b := make([]byte, 8+int(binary.BigEndian.Uint16(header[4:]))+int(header[6]))
		copy(b, header[:])
		if _, t.err = io.ReadFull(t.conn, b[8:]); t.err != nil {
			return
		}
		r := t.note(false, b)
		if r.Request == id && len(r.Message.Title) >= len(typ) && r.Message.Title[:len(typ)] == typ {
			return
		}
	}
}
