package protocoltest

import (
	"io"
	"net/http"
	"strings"

	"github.com/postern-gateway/postern/protocol"
)

var entityCases = []testCase{
	{
		name:    "sniff-html",
		want:    "A body without a Content-Type has its type found by its first bytes.",
		handler: native(func(w protocol.ResponseWriter, r *protocol.Request) { io.WriteString(w, "<!DOCTYPE html><p>") }),
		check:   func(x *trial) { x.field(x.get(), "Content-Type", "text/html; charset=utf-8") },
	},
	{
		name:    "sniff-binary",
		want:    "Bytes that nothing is known of are application/octet-stream, never text/html.",
		handler: native(func(w protocol.ResponseWriter, r *protocol.Request) { w.Write([]byte{0, 1, 2, 3}) }),
		check:   func(x *trial) { x.field(x.get(), "Content-Type", "application/octet-stream") },
	},
	{
		name: "sniff-pieces",
		want: "The type is found by what the first writes make together, not by the first alone.",
		handler: native(func(w protocol.ResponseWriter, r *protocol.Request) {
			for _, piece := range []string{"<!DOC", "TYPE", " html>", "<p>"} {
				io.WriteString(w, piece)
			}
		}),
		check: func(x *trial) {
			got := x.get()
			x.whole(got, 200, "<!DOCTYPE html><p>")
			x.field(got, "Content-Type", "text/html; charset=utf-8")
		},
	},
	{
		name: "type-kept",
		want: "A Content-Type that the handler sets is kept.",
		handler: native(func(w protocol.ResponseWriter, r *protocol.Request) {
			w.Header().Set("Content-Type", "application/x-mine")
			io.WriteString(w, "<!DOCTYPE html>")
		}),
		check: func(x *trial) { x.field(x.get(), "Content-Type", "application/x-mine") },
	},
	{
		name: "type-none",
		want: "A Content-Type that is there without a value means that none is to be sent.",
		handler: native(func(w protocol.ResponseWriter, r *protocol.Request) {
			w.Header()["Content-Type"] = nil
			io.WriteString(w, "<!DOCTYPE html>")
		}),
		check: func(x *trial) { x.field(x.get(), "Content-Type") },
	},
	{
		name: "type-encoded",
		want: "A body with a Content-Encoding is not sniffed: its first bytes are the coding's.",
		handler: native(func(w protocol.ResponseWriter, r *protocol.Request) {
			w.Header().Set("Content-Encoding", "br")
			io.WriteString(w, "<!DOCTYPE html>")
		}),
		check: func(x *trial) {
			got := x.get()
			x.field(got, "Content-Type")
			x.field(got, "Content-Encoding", "br")
		},
	},
	{
		name: "length-automatic",
		want: "A small answer has a true Content-Length without the handler's help.",
		handler: native(func(w protocol.ResponseWriter, r *protocol.Request) {
			io.WriteString(w, "hello, ")
			io.WriteString(w, "world\n")
		}),
		check: func(x *trial) { x.field(x.get(), "Content-Length", "13") },
	},
	{
		name: "length-flushed",
		want: "An answer that was flushed before its end has no Content-Length, and is whole.",
		handler: native(func(w protocol.ResponseWriter, r *protocol.Request) {
			io.WriteString(w, "hello, ")
			w.(http.Flusher).Flush()
			io.WriteString(w, "world\n")
		}),
		check: func(x *trial) {
			got := x.get()
			x.whole(got, 200, "hello, world\n")
			if !x.pair.Chain { // which may have had all of it before it sent the head
				x.field(got, "Content-Length")
			}
		},
	},
	{
		name: "length-large",
		want: "An answer of 100,000 bytes without a Content-Length arrives whole and without one.",
		handler: native(func(w protocol.ResponseWriter, r *protocol.Request) {
			io.WriteString(w, strings.Repeat("0123456789", 10000))
		}),
		check: func(x *trial) {
			got := x.get()
			x.whole(got, 200, strings.Repeat("0123456789", 10000))
			x.field(got, "Content-Length")
		},
	},
	{
		name: "length-around-buffers",
		want: "Bodies a byte around every buffer's size arrive whole, written at once and in two pieces.",
		handler: native(func(w protocol.ResponseWriter, r *protocol.Request) {
			size, split := number(r, "HTTP_X_SIZE"), number(r, "HTTP_X_SPLIT")
			io.WriteString(w, strings.Repeat("a", split))
			io.WriteString(w, strings.Repeat("b", size-split))
		}),
		check: func(x *trial) {
			for _, size := range []int{1, 4095, 4096, 4097, 16383, 16384, 16385, 32768, 65535, 65536, 65537} {
				for _, split := range []int{0, 1, size - 1} {
					got := x.do(x.request("GET", "/", "HTTP_X_SIZE", itoa(size), "HTTP_X_SPLIT", itoa(split)))
					x.whole(got, 200, strings.Repeat("a", split)+strings.Repeat("b", size-split))
				}
			}
		},
	},
	{
		name: "length-malformed",
		want: "A Content-Length that is no number, or two of them, refuses the head: 500.",
		handler: native(func(w protocol.ResponseWriter, r *protocol.Request) {
			w.Header()["Content-Length"] = strings.Split(r.Params.Get("HTTP_X_LENGTHS"), "|")
			io.WriteString(w, "body")
		}),
		check: func(x *trial) {
			for _, lengths := range []string{"four", "-4", "+4", "4 4", "4|5", "", "99999999999999999999"} {
				x.status(x.do(x.request("GET", "/", "HTTP_X_LENGTHS", lengths)), 500)
			}
		},
	},
	{
		name: "write-nothing",
		want: "Writes of no bytes are no end and no error.",
		handler: native(func(w protocol.ResponseWriter, r *protocol.Request) {
			for range 3 {
				w.Write(nil)
				w.(http.Flusher).Flush()
			}
			io.WriteString(w, "body")
			w.(http.Flusher).Flush()
			w.Write([]byte{})
		}),
		check: func(x *trial) { x.whole(x.get(), 200, "body") },
	},
}
