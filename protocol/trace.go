package protocol

import (
	"fmt"
	"io"
)

// A MessageWriter decodes what is written to it: one side of a connection, in pieces of any size. A
// message is held until it is whole. It is not safe for concurrent use.
type MessageWriter struct {
	Decode DecodeFunc

	// Emit is called with each message. Its Bytes are valid during the call only. An error is
	// returned by the Write or Close in which it came; the message counts as emitted.
	Emit func(Message) error

	// Limit is how many bytes are held of a message that is not whole. One that is longer is
	// emitted with an error, an ErrTooLarge. 0: no limit.
	Limit int

	held   []byte // what no message has had yet
	offset int64  // of held
	err    error  // of the wire
}

// Write emits the messages that p completes. The error of a message is returned by the Write that
// met it, and by each one after it, which emits nothing.
func (w *MessageWriter) Write(p []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	w.held = append(w.held, p...)
	if err := w.decode(false); err != nil {
		return 0, err
	}
	if w.Limit > 0 && len(w.held) > w.Limit {
		return 0, w.tooLong()
	}
	return len(p), nil
}

// tooLong emits what is held as a message that is too long.
func (w *MessageWriter) tooLong() error {
	w.err = &Error{Op: "decode message", Kind: ErrTooLarge, Detail: Exceeds(int64(len(w.held)), int64(w.Limit), "bytes")}
	var m Message
	m.Fail(w.held, w.err)
	m.Spans[0].Offset = w.offset
	w.held = nil
	w.Emit(m) // the error of the message is the one to return
	return w.err
}

// Close says that the side has ended. What is left of a message that is not whole is emitted as one
// with an error, which Close returns, and so is the lack of what was to follow.
func (w *MessageWriter) Close() error {
	if w.err != nil {
		return w.err
	}
	return w.decode(true)
}

func (w *MessageWriter) decode(atEOF bool) error {
	rest := w.held
	defer func() { w.held = append(w.held[:0], rest...) }()
	for len(rest) > 0 || atEOF {
		m := w.Decode(rest, atEOF)
		n := 0
		for i := range m.Spans {
			m.Spans[i].Offset = w.offset + int64(n)
			n += len(m.Spans[i].Bytes)
		}
		w.err = m.Err()
		if n == 0 && w.err == nil {
			return nil
		}
		err := w.Emit(m)
		rest, w.offset = rest[n:], w.offset+int64(n)
		switch {
		case w.err != nil:
			rest = nil
			return w.err
		case err != nil:
			return err
		}
	}
	return nil
}

// A Trace prints one side of a connection: a line for each message that has been written to it
// whole, a piece of body being one. Prefix begins each line; ">" and "<" are usual for what the
// front and what the server says. It is not safe for concurrent use.
//
//	> request CONTENT_LENGTH="2" SCGI="1" REQUEST_METHOD="POST"
//	> body "hi"
//	< head 200 Content-Type="text/plain"
//	< body "hello"
//
// What is not of the protocol is printed with its error, and ends the trace.
type Trace struct {
	Protocol Tracer
	Side     Side
	Out      io.Writer
	Prefix   string
	Max      int // see the clip of [Message.Line]

	w *MessageWriter
}

// Write prints the messages that p completes, as [MessageWriter.Write] emits them.
func (t *Trace) Write(p []byte) (int, error) { return t.writer().Write(p) }

// Close prints what is left of a message that is not whole, as an error. A Trace that is not closed
// holds nothing but memory.
func (t *Trace) Close() error { return t.writer().Close() }

func (t *Trace) writer() *MessageWriter {
	if t.w == nil {
		t.w = &MessageWriter{Decode: t.Protocol.Decoder(t.Side), Emit: func(m Message) error {
			_, err := fmt.Fprintf(t.Out, "%s %s\n", t.Prefix, m.Line(t.Max))
			return err
		}}
	}
	return t.w
}
