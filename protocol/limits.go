package protocol

import "time"

// Limits bound what one peer can make us hold or wait for. In every field 0 is the documented
// default and a negative value means no limit. A nil *Limits is all defaults. What is beyond a
// limit is an error that names both figures, never cut.
type Limits struct {
	ParamBytes int // all names and values of one request, in their encoded form; 200 KiB
	ParamCount int // variables of one request; 1024

	// a request's body in bytes; no limit (a body streams, and fronts have limits of their own)
	Body int64
	// bytes of a body held in memory when it must be taken in before it is read; 64 KiB
	SpoolMemory int
	Spool       int64 // bytes of a body held in a temporary file beyond SpoolMemory; 1 GiB

	ResponseHead int // the head of a backend's response, in bytes; 256 KiB

	// requests that one connection may have open at once, where the protocol multiplexes; 128
	Requests int

	// ConnMemory is how many bytes all requests of one connection hold in memory, where the
	// protocol multiplexes: 1 KiB for each, its variables, what waits of its body (of all at most a
	// third), and 7 KiB for a handler that runs (of all at most three eighths). So 8 requests are
	// served at once and others wait their turn; one is always served. One whose variables do not
	// fit is answered 503. Of HTTP/2's requests it is what heads have beyond 8 KiB each. 160 KiB.
	ConnMemory  int
	ConnSpool   int64 // bytes of their bodies in temporary files; 1 GiB
	ConnFiles   int   // those files; 64
	TotalMemory int64 // ConnMemory for all connections with the same Budget; 256 MiB
	// bytes in temporary files for all connections with the same Budget, of every protocol; 4 GiB
	TotalSpool int64
	TotalFiles int // those files; 512
	// what they hold; nil: no total is kept. A gateway's server has one of its own
	Budget *Budget

	// from a request's first byte (or the connection's start) to its last variable; 30 s
	HeadTimeout  time.Duration
	IdleTimeout  time.Duration // between two requests of a kept connection; 5 min
	BodyTimeout  time.Duration // without any byte, while a body is being read; 2 min
	WriteTimeout time.Duration // without any progress, while a response is being written; 5 min

	// What a client gives its backend. The defaults are nginx's, so that who puts us behind or in
	// the place of nginx finds the same. The time in which the request's body has yet to come from
	// the client does not count, and a 101's connection has neither.
	// from the sending of a request to its response's whole head; so long, too, a full backlog is
	// tried again and a request waits where a client's MaxOpen connections are in use; 60 s
	FirstByteTimeout time.Duration
	ReadTimeout      time.Duration // without any byte, while a response's body is being read; 60 s
}

// The defaults of [Limits].
const (
	DefaultParamBytes   = 200 << 10
	DefaultParamCount   = 1024
	DefaultSpoolMemory  = 64 << 10
	DefaultSpool        = 1 << 30
	DefaultResponseHead = 256 << 10
	DefaultRequests     = 128
	DefaultConnMemory   = 160 << 10
	DefaultConnSpool    = 1 << 30
	DefaultConnFiles    = 64
	DefaultTotalMemory  = 256 << 20
	DefaultTotalSpool   = 4 << 30
	DefaultTotalFiles   = 512
	DefaultHeadTimeout  = 30 * time.Second
	DefaultIdleTimeout  = 5 * time.Minute
	DefaultBodyTimeout  = 2 * time.Minute
	DefaultWriteTimeout = 5 * time.Minute

	DefaultFirstByteTimeout = 60 * time.Second
	DefaultReadTimeout      = 60 * time.Second
)

// Resolve returns l with every default filled in and every absent limit as the type's largest value
// (0 for a timeout), so that code compares without cases. l may be nil.
func (l *Limits) Resolve() Limits {
	var r Limits
	if l != nil {
		r = *l
	}
	resolve(&r.ParamBytes, DefaultParamBytes, maxInt)
	resolve(&r.ParamCount, DefaultParamCount, maxInt)
	resolve(&r.Body, maxInt64, maxInt64)
	resolve(&r.SpoolMemory, DefaultSpoolMemory, maxInt)
	resolve(&r.Spool, DefaultSpool, maxInt64)
	resolve(&r.ResponseHead, DefaultResponseHead, maxInt)
	resolve(&r.Requests, DefaultRequests, maxInt)
	resolve(&r.ConnMemory, DefaultConnMemory, maxInt)
	resolve(&r.ConnSpool, DefaultConnSpool, maxInt64)
	resolve(&r.ConnFiles, DefaultConnFiles, maxInt)
	resolve(&r.TotalFiles, DefaultTotalFiles, maxInt)
	resolve(&r.TotalMemory, DefaultTotalMemory, maxInt64)
	resolve(&r.TotalSpool, DefaultTotalSpool, maxInt64)
	resolve(&r.HeadTimeout, DefaultHeadTimeout, 0)
	resolve(&r.IdleTimeout, DefaultIdleTimeout, 0)
	resolve(&r.BodyTimeout, DefaultBodyTimeout, 0)
	resolve(&r.WriteTimeout, DefaultWriteTimeout, 0)
	resolve(&r.FirstByteTimeout, DefaultFirstByteTimeout, 0)
	resolve(&r.ReadTimeout, DefaultReadTimeout, 0)
	return r
}

const (
	maxInt   = int(^uint(0) >> 1)
	maxInt64 = int64(^uint64(0) >> 1)
)

func resolve[T ~int | ~int64](v *T, byDefault, none T) {
	switch {
	case *v == 0:
		*v = byDefault
	case *v < 0:
		*v = none
	}
}
