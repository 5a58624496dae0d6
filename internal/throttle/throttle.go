// Package throttle slows down connections whose peers cause work that serves no request: records
// that say little, bytes one at a time, bodies that nobody reads, requests that are taken back.
//
// What such a connection has done is counted, and after a slice of it the connection pauses; its
// peer is not read meanwhile. The more connections pause, the longer each of them does, so that all
// of the process together take about a sixteenth of its processors. A flood leaves the rest to
// others, however many connections it has. One connection alone is hardly slowed down, and one that
// takes a second or more for a slice is not at all.
package throttle

import (
	"runtime"
	"sync/atomic"
	"time"
)

// A Meter counts the work of one connection. The zero value is ready to use. It is for one
// goroutine at a time.
type Meter struct {
	work int       // that served nothing
	cost int       // of what is being read; a request takes it back
	last time.Time // when the last slice was done
}

// What work is counted as, in units of about half a microsecond.
const (
	slice = 1024 // between two pauses

	ReadWork   = 64  // a read that brings little: whoever sent it was woken for it, too
	DrainWork  = 256 // a read of what nobody wants
	AnswerWork = 4   // an answer to what is no request
	AbortWork  = 32  // a request that is taken back
	servedCost = 320 // what a request may have cost, in a few small pieces

	smallRead   = 1 << 10 // bytes, fewer of which are little
	plainFields = 128     // variables of a request, each of whose others is a unit
)

// Waste counts units of work that served nothing.
func (m *Meter) Waste(units int) { m.work += units }

// Piece counts a record or a chunk that says little.
func (m *Meter) Piece() { m.cost++ }

// Bytes counts the work of n bytes that are dropped, or kept in a temporary file.
func (m *Meter) Bytes(n int) { m.work += n >> 10 }

// Read counts a read of n bytes.
func (m *Meter) Read(n int) {
	if n < smallRead {
		m.cost += ReadWork
	}
}

// Request takes back what a request has cost that is going to be served, but for all its variables.
func (m *Meter) Request(variables int) {
	m.work += max(0, m.cost-servedCost) + max(0, variables-plainFields)
	m.cost = 0
}

// Pause waits if a slice has been done since the last time.
func (m *Meter) Pause() {
	all := m.work + m.cost
	if all < slice {
		return
	}
	n := all / slice
	m.work, m.cost = all%slice, 0
	if time.Since(m.last) < tolerated {
		delay(n)
	}
	m.last = time.Now()
}

// How long a slice delays who has done it.
const (
	alone      = time.Millisecond
	eachOther  = 8 * time.Millisecond // for each other that is delayed, on one processor
	mostDelays = time.Second
	tolerated  = time.Second // a slice that took so long delays nobody
)

var delayed atomic.Int64

// mostEnds bounds the ended connections that are held at once.
const mostEnds = 256

var ending atomic.Int64

// End delays the end of a connection whose peer has sent no request, and would connect again at
// once. It comes before anything that tells the peer of the end.
func End() {
	defer ending.Add(-1)
	if ending.Add(1) <= mostEnds {
		delay(1)
	}
}

// delay waits as long as n slices demand. It sleeps, and nothing wakes it: what the peer does, a
// close by it above all, must not shorten the wait, and a Close by us waits for a second at most.
func delay(n int) {
	others := delayed.Add(1) - 1
	defer delayed.Add(-1)
	each := max(alone, time.Duration(others)*eachOther/time.Duration(runtime.GOMAXPROCS(0)))
	time.Sleep(min(time.Duration(n)*each, mostDelays))
}
