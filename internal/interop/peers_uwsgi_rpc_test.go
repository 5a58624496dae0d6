package interop

import (
	"bytes"
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/uwsgi"
	"github.com/postern-gateway/postern/uwsgi/rpc"
)

// The table of calls: results of these sizes, and so many arguments.
var (
	rpcSizes  = []int{0, 1, 65534, 65535, 65536, 10_000_000}
	rpcCounts = []int{0, 1, 253, 254}
)

// sizedResult is the result of n bytes of a function that got so many arguments. Results of a size
// share their bytes, which are not to be written to.
func sizedResult(n, count int) []byte {
	unit := fmt.Appendf(nil, "%d;", count)
	of := sync.OnceValue(func() []byte { return bytes.Repeat(unit, slices.Max(rpcSizes)/len(unit)+1) })
	all, _ := results.LoadOrStore(count, of)
	return all.(func() []byte)()[:n:n]
}

// results are the longest results, by the number of arguments.
var results sync.Map

// rpcFunctions are those of testdata/peers/rpc.py.
func rpcFunctions() *rpc.Registry {
	r := new(rpc.Registry)
	answer := func(f func(args [][]byte) []byte) rpc.Func {
		return func(_ context.Context, args [][]byte) ([]byte, error) { return f(args), nil }
	}
	r.Register("hello", answer(func([][]byte) []byte { return []byte("Hello World") }))
	r.Register("echo", answer(func(args [][]byte) []byte { return bytes.Join(args, []byte("|")) }))
	r.Register("count", answer(func(args [][]byte) []byte { return fmt.Append(nil, len(args)) }))
	r.Register("lens", answer(func(args [][]byte) []byte {
		lens := make([]string, len(args))
		for i, a := range args {
			lens[i] = fmt.Sprint(len(a))
		}
		return []byte(strings.Join(lens, ","))
	}))
	r.Register("fail", func(context.Context, [][]byte) ([]byte, error) { return nil, errors.New("a secret") })
	r.Register("panic", func(context.Context, [][]byte) ([]byte, error) { panic("a function") })
	for _, n := range rpcSizes {
		r.Register(fmt.Sprint("big", n), answer(func(args [][]byte) []byte { return sizedResult(n, len(args)) }))
	}
	return r
}

// startRPC serves our functions until the test ends: on TCP beside every other protocol.
func startRPC(t *testing.T, network string, r *rpc.Registry) net.Addr {
	t.Helper()
	url := "auto://127.0.0.1:0"
	if network == "unix" {
		url = "uwsgi+unix:" + filepath.Join(t.TempDir(), "s")
	}
	l, err := endpoint.Listen(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	l.UWSGI.Kinds = map[uwsgi.Modifier]uwsgi.Kind{uwsgi.ModifierRPC: r}
	runServer(t, &gateway.Server{Handler: newExercise(), Log: backendLog(t)}, l)
	return l.Addr()
}

// startUWSGIRPC starts uWSGI with the functions, and returns its socket.
func startUWSGIRPC(t *testing.T, args ...string) string {
	t.Helper()
	app, err := filepath.Abs("testdata/peers/rpc.py")
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(t.TempDir(), "s")
	uwsgiProgram(t, socket, append([]string{"--plugin", "python3", "--plugin", "rpc", "--processes", "2", "--wsgi-file", app, "--uwsgi-socket", socket}, args...)...)
	return socket
}

// rpcDial connects to a server.
func rpcDial(network, address string) func(context.Context) (net.Conn, error) {
	return func(ctx context.Context) (net.Conn, error) { return new(net.Dialer).DialContext(ctx, network, address) }
}

// conversation says bytes to a server and returns all that it answers.
func conversation(t *testing.T, dial func(context.Context) (net.Conn, error), says []byte) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, err := dial(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	c.Write(says)
	b, _ := io.ReadAll(c)
	return string(b)
}

// arrayPacket is a call as it is on the wire, whatever it is.
func arrayPacket(form uint8, items ...string) []byte {
	var block []byte
	for _, s := range items {
		block = uwsgi.AppendString(block, s)
	}
	return append(uwsgi.AppendHeader(nil, uwsgi.Header{Modifier1: uwsgi.ModifierRPC, Size: len(block), Modifier2: form}), block...)
}

// pathCall calls a function by modifier2 2.
func pathCall(ctx context.Context, dial func(context.Context) (net.Conn, error), path string, more ...string) (status int, body []byte, err error) {
	c := &uwsgi.Client{Dial: dial}
	res, err := c.RoundTrip(ctx, &protocol.Request{Modifier1: uint8(uwsgi.ModifierRPC), Modifier2: 2,
		Params: protocol.Pairs(append([]string{"REQUEST_METHOD", "GET", "PATH_INFO", path}, more...)...)})
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	length, _ := strconv.Atoi(res.Header.Get("Content-Length"))
	all := bytes.NewBuffer(make([]byte, 0, length+bytes.MinRead)) // read into once
	_, err = all.ReadFrom(res.Body)
	return res.Status, all.Bytes(), err
}

// TestUWSGIRPC calls the same functions at uWSGI and at ours, in each form, with each size of
// result and each number of arguments: all is equal, but for the empty result.
func TestUWSGIRPC(t *testing.T) {
	needPeers(t)
	t.Parallel()
	theirs, ours := startUWSGIRPC(t, "--buffer-size", "65535"), startRPC(t, "unix", rpcFunctions()).String()
	for server, socket := range map[string]string{"uWSGI": theirs, "Postern": ours} {
		dial := rpcDial("unix", socket)
		for _, size := range rpcSizes {
			for _, count := range rpcCounts {
				name := fmt.Sprint("big", size)
				t.Run(fmt.Sprintf("%s/%d bytes/%d arguments", server, size, count), func(t *testing.T) {
					ctx, cancel := context.WithTimeout(t.Context(), patience)
					defer cancel()
					args := make([][]byte, count)
					for i := range args {
						args[i] = []byte("a")
					}
					want := sizedResult(size, count)
					for _, raw := range []bool{false, true} {
						b, err := (&rpc.Client{Dial: dial, Raw: raw}).Call(ctx, name, args...)
						// nothing tells an empty result from a failure
						silent := size == 0 && (server == "uWSGI" || raw)
						if silent != errors.Is(err, rpc.ErrNoAnswer) || !silent && err != nil || !bytes.Equal(b, want) {
							t.Errorf("raw %v: %d bytes, %v", raw, len(b), err)
						}
					}
					status, body, err := pathCall(ctx, dial, "/"+name+strings.Repeat("/a", count))
					wantStatus := 200
					if size == 0 && server == "uWSGI" {
						// it takes an empty result for an unknown function
						wantStatus, want = 404, []byte("Not Found")
					}
					if status != wantStatus || !bytes.Equal(body, want) || err != nil {
						t.Errorf("by path: %d, %d bytes, %v", status, len(body), err)
					}
				})
			}
		}
	}
}

// TestUWSGICallsRPC has uWSGI's own client call ours.
func TestUWSGICallsRPC(t *testing.T) {
	needPeers(t)
	t.Parallel()
	c := &rpc.Client{Dial: rpcDial("unix", startUWSGIRPC(t, "--buffer-size", "65535"))}
	refusing := rpcFunctions()
	refusing.Allow = func(net.Addr) bool { return false }
	for _, network := range []string{"tcp", "unix"} {
		node := startRPC(t, network, rpcFunctions()).String()
		relay := func(node, name, spec string) string {
			t.Helper()
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			b, err := c.Call(ctx, "relay", []byte(node), []byte(name), []byte(spec+","))
			if err != nil {
				t.Errorf("%s %s: %v", name, spec, err)
			}
			return string(b)
		}
		sum := func(b []byte) string { return fmt.Sprintf("%d %x", len(b), sha1.Sum(b)) }
		for _, size := range rpcSizes {
			for _, count := range rpcCounts {
				want := sum(sizedResult(size, count))
				if size == 0 {
					want = "None" // it drops a well-formed answer of 0 bytes
				}
				if got := relay(node, fmt.Sprint("big", size), strings.Repeat("1,", count)); got != want {
					t.Errorf("%s: %d bytes, %d arguments: %s, want %s", network, size, count, got, want)
				}
			}
		}
		for _, row := range []struct{ text, name, spec, want string }{
			{"the largest argument", "lens", "65527", sum([]byte("65527"))},
			{"binary arguments of several sizes", "lens", "3,0,5,0", sum([]byte("3,0,5,0"))},
			{"a packet that does not fit is not sent", "lens", "65530", "None"},
			{"an unknown function", "nobody", "1", "None"},
			{"a failure", "fail", "1", "None"},
			{"a panic", "panic", "1", "None"},
			{"255 arguments", "count", strings.Repeat("1,", 255), "None"},
			{"256 arguments: it counts in 8 bits, and sends none", "count", strings.Repeat("1,", 256), sum([]byte("0"))},
			{"65,536 bytes: it counts in 16 bits, and sends none of them", "lens", "65536", sum([]byte("0"))},
			{"65,540 bytes: it sends the first 4", "lens", "65540", sum([]byte("4"))},
		} {
			if got := relay(node, row.name, row.spec); got != row.want {
				t.Errorf("%s: %s: %s, want %s", network, row.text, got, row.want)
			}
		}
		if got := relay(startRPC(t, network, refusing).String(), "hello", "1"); got != "None" {
			t.Errorf("a peer that may not call: %s", got)
		}
	}
}

// TestUWSGIRPCDefects says what uWSGI 2.0.21 does against its documentation, and what ours does.
func TestUWSGIRPCDefects(t *testing.T) {
	needPeers(t)
	t.Parallel()
	theirs, ours := rpcDial("unix", startUWSGIRPC(t)), rpcDial("unix", startRPC(t, "unix", rpcFunctions()).String())
	failure := func(status int, text string) string {
		block := uwsgi.AppendString(uwsgi.AppendString(nil, "RPC_STATUS"), fmt.Sprint(status))
		block = uwsgi.AppendString(uwsgi.AppendString(block, "RPC_ERROR"), text)
		return string(uwsgi.AppendHeader(nil, uwsgi.Header{Modifier1: uwsgi.ModifierRPC, Size: len(block), Modifier2: 5})) + string(block)
	}
	packet := func(text string) string {
		return string(uwsgi.AppendHeader(nil, uwsgi.Header{Modifier1: uwsgi.ModifierRPC, Size: len(text)})) + text
	}
	call := func(items ...string) []byte { return arrayPacket(0, items...) }
	many := func(n int) []string { return append([]string{"count"}, strings.Split(strings.Repeat("a", n), "")...) }
	for _, row := range []struct {
		text        string
		says        []byte
		their, ours string
	}{
		{"an unknown function", call("nobody"), "", failure(404, "no function of that name is registered")},
		{"an exception", call("fail"), "", failure(500, "")},
		{"an empty result", call("big0"), "", packet("")},
		{"an empty argument is left out, and the next one moves", call("lens", "", "a"), packet("1"), packet("0,1")},
		{"an empty argument at the end: the call is dropped", call("lens", "a", ""), "", packet("1,0")},
		{"an empty item before the function", call("", "hello"), packet("Hello World"), failure(400, "the function's name is empty")},
		{"NUL in the name ends it", call("hello\x00junk"), packet("Hello World"), failure(400, `there is a NUL in the function's name "hello\x00junk"`)},
		{"255 arguments: the last is dropped", call(many(255)...), packet("254"), failure(413, "255 > 254 arguments")},
		{"300 arguments", call(many(300)...), packet("254"), failure(413, "300 > 254 arguments")},
		{"one byte left", append([]byte("\xad\x08\x00\x00"), "\x05\x00hello\x01"...), "", failure(400, "item 2 takes 2 bytes of the 1 that are left of the block")},
		{"no function", []byte("\xad\x00\x00\x00"), "", failure(400, "no function is named")},
		{"4,096 bytes", call("lens", strings.Repeat("a", 4096-8)), packet("4088"), packet("4088")},
		{"4,097 bytes: more than its buffer-size, which is the default", call("lens", strings.Repeat("a", 4097-8)), "", packet("4089")},
		{"nginx's documented padding, with modifier2 1", arrayPacket(1, "echo", "foo", "bar", ""), "", "foo|bar"},
		{"padding before the function, with modifier2 1", arrayPacket(1, "", "echo", "foo"), "foo", "foo"},
		{"modifier2 6 is 1", arrayPacket(6, "hello"), "Hello World", "Hello World"},
	} {
		if got := conversation(t, theirs, row.says); got != row.their {
			t.Errorf("%s: uWSGI answers %q, want %q", row.text, got, row.their)
		}
		if got := conversation(t, ours, row.says); got != row.ours {
			t.Errorf("%s: we answer %q, want %q", row.text, got, row.ours)
		}
	}
	// Python's functions that must be called with so many arguments, and return bytes.
	for _, says := range [][]byte{call("two", "a"), call("text")} {
		if got := conversation(t, theirs, says); got != "" {
			t.Errorf("%q: uWSGI answers %q", says, got)
		}
	}
	// Its own call() keeps empty arguments, which its server does not.
	if b, err := (&rpc.Client{Dial: theirs}).Call(t.Context(), "local", []byte("lens")); string(b) != "got 0,1,0" || err != nil {
		t.Errorf("%q, %v", b, err)
	}
}

// TestUWSGIRPCPathDefects is the same for HTTP by a path, with modifier2 2, and for XML-RPC.
func TestUWSGIRPCPathDefects(t *testing.T) {
	needPeers(t)
	t.Parallel()
	theirs, ours := rpcDial("unix", startUWSGIRPC(t)), rpcDial("unix", startRPC(t, "unix", typedFunctions()).String())
	page := func(path string, more ...string) []byte {
		return arrayPacket(2, append([]string{"PATH_INFO", path}, more...)...)
	}
	const typed = "Content-Length: 11\r\nContent-Type: application/binary\r\nX-Content-Type-Options: nosniff\r\n\r\n"
	for _, row := range []struct {
		text        string
		says        []byte
		their, ours string // how the answer begins
	}{
		{"a call", page("/hello"), "HTTP/1.0 200 OK\r\nContent-Length: 11\r\nContent-Type: application/binary\r\n\r\nHello World", "HTTP/1.1 200 OK\r\n" + typed + "Hello World"},
		{"HEAD has a body", page("/hello", "REQUEST_METHOD", "HEAD"), "HTTP/1.0 200 OK\r\nContent-Length: 11\r\nContent-Type: application/binary\r\n\r\nHello World", "HTTP/1.1 200 OK\r\n" + typed},
		{"SERVER_PROTOCOL comes back", page("/hello", "SERVER_PROTOCOL", "FOO BAR"), "FOO BAR 200 OK", "HTTP/1.1 200 OK"},
		{"Accept comes back with its line breaks", page("/hello", "HTTP_ACCEPT", "a/b\r\nX-Evil: 1"),
			"HTTP/1.0 200 OK\r\nContent-Length: 11\r\nContent-Type: a/b\r\nX-Evil: 1\r\n", "HTTP/1.1 200 OK\r\n" + typed},
		{"an empty result", page("/big0"), "HTTP/1.0 404 Not Found", "HTTP/1.1 200 OK"},
		{"without a slash, and with more", page("echo//a///b/"), "HTTP/1.0 200 OK\r\nContent-Length: 3", "HTTP/1.1 200 OK\r\nContent-Length: 3"},
		{"percent signs are not decoded", page("/echo/%41"), "HTTP/1.0 200 OK\r\nContent-Length: 3", "HTTP/1.1 200 OK\r\nContent-Length: 3"},
		{"no path", page(""), "HTTP/1.0 500 Internal Server Error", "HTTP/1.1 400 Bad Request"},
		{"no function", page("/"), "HTTP/1.0 500 Internal Server Error", "HTTP/1.1 400 Bad Request"},
		{"an unknown function", page("/nobody"), "HTTP/1.0 404 Not Found", "HTTP/1.1 404 Not Found"},
		{"XML-RPC: the body is not there, as the variables have not been read", append(arrayPacket(3, "REQUEST_METHOD", "POST", "CONTENT_TYPE", "text/xml",
			"CONTENT_LENGTH", fmt.Sprint(len(xmlDocument))), xmlDocument...), "HTTP/1.0 500 Internal Server Error", "HTTP/1.1 200 OK"},
		{"JSON-RPC, which it takes for a raw call", append(arrayPacket(4, "CONTENT_LENGTH", fmt.Sprint(len(jsonDocument))), jsonDocument...), "", "HTTP/1.1 200 OK"},
		{"bad variables", []byte("\xad\x03\x00\x02\x01\x00A"), "", "HTTP/1.1 400 Bad Request"},
		{"255 arguments", page("/count" + strings.Repeat("/a", 255)), "HTTP/1.0 200 OK\r\nContent-Length: 3", "HTTP/1.1 413 "},
		{"256 arguments: the last takes the function's place", page("/count" + strings.Repeat("/a", 255) + "/hello"), "HTTP/1.0 200 OK\r\nContent-Length: 11", "HTTP/1.1 413 "},
	} {
		if got := conversation(t, theirs, row.says); !strings.HasPrefix(got, row.their) || row.their == "" && got != "" {
			t.Errorf("%s: uWSGI answers %.200q, want %q", row.text, got, row.their)
		}
		if got := conversation(t, ours, row.says); !strings.HasPrefix(got, row.ours) {
			t.Errorf("%s: we answer %.200q, want %q", row.text, got, row.ours)
		}
	}
}
