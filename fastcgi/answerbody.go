package fastcgi

import (
	"io"
	"strconv"

	"github.com/postern-gateway/postern/protocol"
)

// An answerBody is a response's body.
type answerBody exchange

// Read returns io.EOF once END_REQUEST has come and the body has its declared length, together with the last bytes
// where it is known by then.
func (b *answerBody) Read(p []byte) (n int, err error) {
	x := (*exchange)(b)
	if x.err != nil {
		return 0, x.err
	}
	if len(p) == 0 {
		return 0, nil
	}
	for n == 0 && err == nil {
		n, err = x.read(p)
	}
	if err == nil {
		err = x.peek()
	}
	n, x.err = x.verdict(n, err)
	return n, x.err
}

// read reads content of STDOUT. What a response without a body has of it is dropped.
func (x *exchange) read(p []byte) (n int, err error) {
	if len(x.rest) > 0 {
		n = copy(p, x.rest)
		x.rest = x.rest[n:]
	} else if n, err = x.readRecord(p); err != nil {
		return 0, err
	}
	if x.none {
		return 0, nil
	}
	return n, nil
}

func (x *exchange) readRecord(p []byte) (n int, err error) {
	if err := x.advance(); err != nil {
		return 0, err
	}
	p = p[:min(len(p), x.left)]
	if len(x.l.in.buffered()) == 0 && len(p) >= inputSize/2 {
		n, err = x.l.nc.Read(p)
		if x.left -= n; n > 0 {
			return n, nil
		}
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return 0, err
	}
	if err := x.l.fill(1); err != nil {
		return 0, err
	}
	n = copy(p, x.l.in.buffered())
	x.take(n)
	return n, nil
}

// verdict tells a whole response from one that was cut, and ends the exchange with either.
func (x *exchange) verdict(n int, err error) (int, error) {
	switch {
	case x.none:
	case x.want >= 0 && int64(n) > x.want:
		n = int(x.want)
		err = &protocol.Error{Op: "read response", Kind: protocol.ErrUpstream, Detail: "longer than its Content-Length"}
	case x.want >= 0:
		if x.want -= int64(n); err == io.EOF && x.want > 0 {
			err = &protocol.Error{Op: "read response", Kind: protocol.ErrUpstream, Err: io.ErrUnexpectedEOF,
				Detail: strconv.FormatInt(x.want, 10) + " bytes short of its Content-Length"}
		}
	}
	switch err {
	case nil:
		return n, nil
	case io.EOF:
		x.finish()
		return n, io.EOF
	}
	err = x.failed("read response", err)
	x.close()
	return n, err
}

// Close ends the exchange at once. It may come while another goroutine reads.
func (b *answerBody) Close() error {
	(*exchange)(b).close()
	return nil
}
