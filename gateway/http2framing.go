package gateway

import (
	"encoding/binary"
	"sync/atomic"

	"github.com/postern-gateway/postern/internal/throttle"
)

// An http2Framing follows the frames that one side of a connection of HTTP/2 sends (RFC 9113
// section 4.1).
type http2Framing struct {
	header [frameHeader]byte
	got    int // bytes of it
	left   int // bytes of the frame to come after it
	typ    frameType
	block  bool // the fields of a head are still to come in further frames
}

// frameHeader is the size of a frame's header.
const frameHeader = 9

// A frameType is the type of a frame.
type frameType uint8

const (
	frameData         frameType = 0
	frameHeaders      frameType = 1
	frameReset        frameType = 3
	frameSettings     frameType = 4
	framePing         frameType = 6
	frameGoAway       frameType = 7
	frameWindowUpdate frameType = 8
	frameContinuation frameType = 9

	framePreface frameType = 255 // none: what a client sends first
)

const (
	flagAck        = 1
	flagEndHeaders = 4
)

// follow calls frame for each frame of which p has the end of the header.
func (f *http2Framing) follow(p []byte, frame func(typ frameType, flags byte, length int)) {
	for len(p) > 0 {
		if f.left > 0 {
			n := min(f.left, len(p))
			f.left -= n
			p = p[n:]
			continue
		}
		n := copy(f.header[f.got:], p)
		f.got += n
		if p = p[n:]; f.got == frameHeader {
			f.got, f.typ = 0, frameType(f.header[3])
			f.left = int(binary.BigEndian.Uint32(f.header[:]) >> 8)
			if f.typ == frameHeaders || f.typ == frameContinuation {
				f.block = f.header[4]&flagEndHeaders == 0
			}
			frame(f.typ, f.header[4], f.left)
		}
	}
}

// midway reports whether a head, or a frame that is no data, has begun and is not whole.
func (f *http2Framing) midway() bool {
	return f.block || f.got > 0 || f.left > 0 && f.typ != frameData && f.typ != framePreface
}

// An http2Work counts what the peer of a connection of HTTP/2 has done in vain: net/http bounds
// what of that is held, not how much there is of it.
type http2Work struct {
	throttle.Meter              // used by the reader
	refused        atomic.Int64 // units of what was answered by a reset
	paid           atomic.Int64 // units that window updates may cost, for what was sent
	away           atomic.Bool  // the peer was told that the connection ends
}

// What a frame is counted as, in units of a Meter: net/http passes each from one goroutine to
// another.
const (
	frameWork  = 8
	answerWork = 32 // one that is answered at once

	plainData = 256     // bytes that make a frame of data no work of its own
	mostPaid  = 1 << 16 // units
)

// came counts a frame that has come.
func (w *http2Work) came(typ frameType, flags byte, length int) {
	switch {
	case typ == frameHeaders, typ == frameContinuation && flags&flagEndHeaders != 0:
		w.Request(0)
	case typ == frameData && length >= plainData:
	case typ == frameWindowUpdate && w.paid.Load() >= frameWork:
		w.paid.Add(-frameWork)
	case typ == frameReset:
		w.Waste(throttle.AbortWork)
	case (typ == framePing || typ == frameSettings) && flags&flagAck == 0:
		w.Waste(answerWork)
	default:
		w.Waste(frameWork)
	}
}

// sent notes a frame that was sent.
func (w *http2Work) sent(typ frameType, _ byte, length int) {
	switch typ {
	case frameData:
		if w.paid.Load() < mostPaid {
			w.paid.Add(int64(length>>7) + 1)
		}
	case frameReset:
		w.refused.Add(throttle.AbortWork)
	case frameGoAway:
		w.away.Store(true)
	}
}

// pause waits if there was much.
func (w *http2Work) pause() {
	if w.refused.Load() > 0 {
		w.Waste(int(w.refused.Swap(0)))
	}
	w.Pause()
}
