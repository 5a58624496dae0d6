package rpc

import (
	"context"
	"io"
	"log/slog"
	"maps"
	"math"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/postern-gateway/postern/internal/ratelimit"
	"github.com/postern-gateway/postern/protocol"
)

// A Func is a function that can be called. The arguments and what backs them are good until it has
// returned, and are used again then: it keeps none, must not change them, and may return a part of
// them. What it returns may have any length, and must not change afterwards.
//
// ctx ends when the caller has gone, when the call's time is over and when the function has
// returned. An error is a failure, of which the caller learns the text only if it is an [Error].
type Func func(ctx context.Context, args [][]byte) ([]byte, error)

// A StreamFunc is a Func whose result is read from a stream, of length bytes; of a length that is
// less than 0 the result is read into memory first, up to [Registry.MaxStream]. A result that is an
// io.Closer is closed. What it reads from must not be the arguments.
type StreamFunc func(ctx context.Context, args [][]byte) (result io.Reader, length int64, err error)

// A Caller calls functions by their names: a [Client] in another process, [Local] in this one. What
// it returns is the caller's.
type Caller interface {
	Call(ctx context.Context, name string, args ...[]byte) ([]byte, error)
}

// The defaults of [Registry].
const (
	DefaultTimeout   = 30 * time.Second
	DefaultMaxCalls  = 256
	DefaultMaxStream = 64 << 20
)

// A Registry has the functions that can be called. Its zero value has none, and is ready to use: in
// [uwsgi.Protocol] as the Kind of [uwsgi.ModifierRPC], for HTTP by [Registry.HTTP], and in this
// process by [Local]. Beside them it has system.listMethods, system.methodHelp and
// system.methodSignature, which tell a caller of the others, unless functions of those names are
// registered. It is safe for concurrent use; its fields must not be changed once in use.
type Registry struct {
	// Allow says which peers may call, of those that the listener admits: gateway.AllowList's
	// Admits, for one. nil: all of them. Another is answered 403.
	Allow func(peer net.Addr) bool

	// Timeout is how long a function may run. One that runs longer is answered 504, and runs on
	// without a caller until it heeds its context; it counts for MaxCalls as long. 0: 30 s; less:
	// no limit. Local calls have no other limit than their context's.
	Timeout time.Duration

	// MaxCalls is how many functions may run at once. Further calls are answered 503. 0: 256; less:
	// no limit. Local calls do not count.
	MaxCalls int

	// MaxStream bounds the result of a StreamFunc that is read into memory, in bytes. Once the
	// results of a batch of [Registry.JSONRPC] or a multicall of [Registry.XMLRPC] are longer, its
	// further calls fail. 0: 64 MiB; less: no limit.
	MaxStream int64

	// WrapRaw makes an answer of HTTP of a raw result (modifier2 1) that is none, and of a failure:
	// so nginx can call any function.
	WrapRaw bool

	// MaxBody bounds a document of [Registry.XMLRPC] and [Registry.JSONRPC], in bytes. 0: 1 MiB;
	// less: no limit.
	MaxBody int64

	// Log is where these two log calls that have failed, which they answer with status 200. All
	// others are logged by the [protocol.Loop]. nil: slog.Default. It gets up to 100 lines a
	// second.
	Log *slog.Logger

	mu      sync.Mutex // held while functions changes
	table   atomic.Pointer[map[string]*function]
	running atomic.Int64
	lines   ratelimit.Limiter // of Log
}

// A function is a row of a Registry.
type function struct {
	name   string
	call   Func
	stream StreamFunc // in place of call; nil: call is
	uri    string     // how logs name it
	doc    Doc
}

// A Doc says of a function what callers of the bridges may ask for. Its zero value says nothing.
type Doc struct {
	Help string // a text for people

	// Signature is the types of the result and of each argument, as XML-RPC names them: "int",
	// "i8", "string", "boolean", "double", "dateTime.iso8601", "base64", "array", "struct". nil:
	// unknown.
	Signature []string

	// Result is the type of the result. Typed says that the result is that type's text, as [Encode]
	// makes it: then the bridges send the value, and not its text as a string.
	Result string
	Typed  bool
}

// Register makes f callable by name. A function of that name is replaced, also for calls in other
// connections. It panics if the name is empty, has a NUL in it or is longer than 255 bytes.
func (r *Registry) Register(name string, f Func, doc ...Doc) {
	r.add(&function{name: name, call: f}, doc)
}

// RegisterStream is Register for a function whose result is a stream.
func (r *Registry) RegisterStream(name string, f StreamFunc, doc ...Doc) {
	fn := &function{name: name, stream: f}
	fn.call = func(ctx context.Context, args [][]byte) ([]byte, error) { return r.readAll(ctx, f, args) }
	r.add(fn, doc)
}

func (r *Registry) add(f *function, doc []Doc) {
	if err := checkName(f.name); err != nil {
		panic(err)
	}
	f.uri = "/" + f.name
	if len(doc) > 0 {
		f.doc = doc[0]
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	table := map[string]*function{f.name: f}
	for name, old := range r.functions() {
		if name != f.name {
			table[name] = old
		}
	}
	r.table.Store(&table)
}

// Unregister makes no function callable by name. Calls that run go on.
func (r *Registry) Unregister(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	table := maps.Clone(r.functions())
	delete(table, name)
	r.table.Store(&table)
}

// Names returns the names of the functions, sorted.
func (r *Registry) Names() []string { return slices.Sorted(maps.Keys(r.functions())) }

func (r *Registry) functions() map[string]*function {
	if t := r.table.Load(); t != nil {
		return *t
	}
	return nil
}

// unknown is the error of a call of a function that is not there.
func unknown(name string) error {
	return &protocol.Error{Protocol: "uwsgi", Op: "rpc " + strconv.Quote(protocol.Clip(name)), Kind: protocol.ErrNotFound, Detail: "no function of that name is registered"}
}

// readAll reads the result of a StreamFunc.
func (r *Registry) readAll(ctx context.Context, f StreamFunc, args [][]byte) ([]byte, error) {
	body, length, err := f(ctx, args)
	if err != nil {
		return nil, err
	}
	if c, ok := body.(io.Closer); ok {
		defer c.Close()
	}
	limit := r.maxStream()
	if length > limit {
		return nil, tooLong(length, limit)
	}
	b, err := readWithin(body, limit)
	switch {
	case err != nil:
		return nil, err
	case int64(len(b)) > limit:
		return nil, tooLong(int64(len(b)), limit)
	case length >= 0 && int64(len(b)) != length:
		return nil, wrongLength(int64(len(b)), length)
	}
	return b, nil
}

func (r *Registry) maxStream() int64 { return limitOf(r.MaxStream, DefaultMaxStream) }

// limitOf returns a limit of bytes as it is set: 0 is the default, and less is none.
func limitOf(set, byDefault int64) int64 {
	switch {
	case set == 0:
		return byDefault
	case set < 0:
		return math.MaxInt64
	}
	return set
}

// readWithin reads r to its end, but no more than one byte beyond the limit.
func readWithin(r io.Reader, limit int64) ([]byte, error) {
	return io.ReadAll(io.LimitReader(r, oneMore(limit)))
}

// oneMore is n and one more, which shows that n are too few; the largest number has none.
func oneMore(n int64) int64 { return max(n, n+1) }

func tooLong(got, limit int64) error {
	return &protocol.Error{Protocol: "uwsgi", Op: "rpc", Kind: protocol.ErrTooLarge, Status: http.StatusInternalServerError,
		Detail: protocol.Exceeds(got, limit, "bytes of results that are held in memory")}
}

func wrongLength(got, want int64) error {
	return &protocol.Error{Protocol: "uwsgi", Op: "rpc", Kind: errFailed, Err: io.ErrUnexpectedEOF,
		Detail: "the result has " + strconv.FormatInt(got, 10) + " bytes of " + strconv.FormatInt(want, 10)}
}
