package tap

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/postern-gateway/postern/internal/pcap"
	"github.com/postern-gateway/postern/internal/sniff"
	"github.com/postern-gateway/postern/protocol"
)

// maxRecording is the most of a recording of one side, in bytes. That of a capture has no bound.
const maxRecording = 256 << 20

// A Recording is a conversation that somebody has recorded: a capture, a hexdump of what one side
// said, or the bytes themselves.
type Recording struct {
	Name string // of the file
	Port uint16 // of a capture, the only port that servers listen at; 0: any
	// Side is whose bytes they are, where they are one side's.
	Side protocol.Side
	// Tracers has the wire's, or several among which the first bytes tell.
	Tracers []protocol.Tracer
	// Emit is called with each message.
	Emit func(*Message)
	// Observe is called with each event before its messages. nil: nobody is told.
	Observe func(Event)
}

// Read decodes what r has. An error that comes after some messages is one of what follows them.
func (rec *Recording) Read(r io.Reader) error {
	in := bufio.NewReader(r)
	first, err := in.Peek(4)
	switch {
	case len(first) == 0 && (err == nil || err == io.EOF):
		return errors.New("it is empty")
	case pcap.IsPcap(first):
		return rec.readCapture(in)
	case err != nil && err != io.EOF:
		return err
	}
	b, err := io.ReadAll(io.LimitReader(in, maxRecording+1))
	switch {
	case err != nil:
		return err
	case len(b) > maxRecording:
		return fmt.Errorf("it has more than %d bytes, and is no capture: cut what matters out of it", maxRecording)
	}
	if isHexdump(b) {
		if b, err = parseHexdump(b); err != nil {
			return err
		}
	}
	if len(rec.Tracers) > 1 {
		t, side, err := rec.guess(b)
		if err != nil {
			return err
		}
		rec.Tracers, rec.Side = []protocol.Tracer{t}, max(side, rec.Side)
	}
	rec.readSide(b)
	return nil
}

// readSide decodes the bytes of one side.
func (rec *Recording) readSide(b []byte) {
	d := &Decoder{Tracers: rec.Tracers, Emit: rec.Emit}
	c := &Conn{ID: 1, Front: rec.Name}
	const piece = 64 << 10
	rec.add(d, Event{Conn: c, Kind: Opened})
	for ; len(b) > 0; b = b[min(piece, len(b)):] {
		rec.add(d, Event{Conn: c, Kind: Data, Side: rec.Side, Data: b[:min(piece, len(b))]})
	}
	rec.add(d, Event{Conn: c, Kind: Ended, Side: rec.Side})
	rec.add(d, Event{Conn: c, Kind: Closed})
}

func (rec *Recording) add(d *Decoder, e Event) {
	if rec.Observe != nil {
		rec.Observe(e)
	}
	d.Add(e)
}

// guess finds out what b is, which are the bytes of one side. What a wire takes for its own without
// a sign must be a request with variables, or a single message.
func (rec *Recording) guess(b []byte) (protocol.Tracer, protocol.Side, error) {
	w := sniff.Of(b)
	certain := w != nil && w.Match(b) == protocol.StrongMatch
	for _, side := range []protocol.Side{protocol.ResponseSide, protocol.RequestSide} {
		for _, t := range rec.Tracers {
			m := t.Decoder(side)(b, true)
			whole := 0
			for _, span := range m.Spans {
				whole += len(span.Bytes)
			}
			switch {
			case len(m.Spans) == 0 || m.Err() != nil:
			case side == protocol.ResponseSide && isTextHead(&m) && (t.Name() == "http") == bytes.HasPrefix(b, []byte("HTTP/")):
				return t, side, nil
			case side == protocol.RequestSide && certain && t.Name() == w.Name,
				side == protocol.RequestSide && !certain && (len(m.Params) > 0 || whole == len(b)):
				return t, side, nil
			}
		}
	}
	if certain {
		for _, t := range rec.Tracers {
			if t.Name() == w.Name { // it shows what is wrong
				return t, protocol.RequestSide, nil
			}
		}
		return nil, 0, errors.New("it looks like " + w.Title() + ", which is not decoded")
	}
	return nil, 0, errors.New("it is neither a capture (pcap, pcapng), nor a hexdump (xxd, hexdump -C, od -t x1, Wireshark), nor does it begin as a request or response that is known: " +
		"say --protocol, and --response where the backend has said it")
}

// isTextHead reports whether m is the head of a response with a field at least, as HTTP and CGI
// have it.
func isTextHead(m *protocol.Message) bool {
	for _, span := range m.Spans {
		if span.Kind == protocol.SpanName {
			return span.Field == "field name"
		}
	}
	return false
}

// readCapture decodes the connections of a capture.
func (rec *Recording) readCapture(r io.Reader) error {
	p, err := pcap.NewReader(r)
	if err != nil {
		return err
	}
	d := &Decoder{Tracers: rec.Tracers, Emit: rec.Emit}
	conns := newTCPConns(rec.Port, func(e Event) { rec.add(d, e) })
	for {
		t, s, err := p.Next()
		if err != nil {
			conns.end()
			if err != io.EOF {
				return err
			}
			break
		}
		conns.add(t, &s)
	}
	if conns.last == 0 {
		if rec.Port != 0 {
			return fmt.Errorf("it has no TCP connection to port %d", rec.Port)
		}
		return errors.New("it has no TCP connection")
	}
	return nil
}
