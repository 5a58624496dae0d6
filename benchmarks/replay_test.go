package benchmarks

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
)

// workers is how many connections a benchmark has at once.
const workers = 8

// A worker sends one recorded request again and again, and checks what comes back. It allocates
// next to nothing.
type worker struct {
	wire    *wire
	socket  string
	request []byte
	conn    net.Conn
	in      *bufio.Reader
	check   check
}

func newWorker(w *wire, x exercise, socket string, request []byte) *worker {
	return &worker{wire: w, socket: socket, request: request, in: bufio.NewReaderSize(nil, 64<<10), check: check{want: x.want}}
}

// exchange sends one request and reads its answer.
func (k *worker) exchange() (err error) {
	if k.conn == nil {
		if k.conn, err = net.Dial("unix", k.socket); err != nil {
			return err
		}
		k.in.Reset(k.conn)
	}
	if _, err := k.conn.Write(k.request); err != nil {
		return err
	}
	k.check.reset()
	if err := k.wire.read(k.in, &k.check); err != nil {
		return err
	}
	if !k.wire.kept {
		k.close()
	}
	return k.check.whole()
}

func (k *worker) close() {
	if k.conn != nil {
		k.conn.Close()
		k.conn = nil
	}
}

// crew starts that many workers, whose connections end with b.
func crew(b *testing.B, n int, w *wire, x exercise, socket string, request []byte) []*worker {
	all := make([]*worker, n)
	for i := range all {
		all[i] = newWorker(w, x, socket, request)
		b.Cleanup(all[i].close)
	}
	return all
}

// replay has the workers make n exchanges together.
func replay(b *testing.B, all []*worker, n int) {
	b.Helper()
	var next atomic.Int64
	var wg sync.WaitGroup
	errs := make([]error, len(all))
	for i, k := range all {
		wg.Go(func() {
			for errs[i] == nil && next.Add(1) <= int64(n) {
				errs[i] = k.exchange()
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		b.Fatal(err)
	}
}

// A check compares a response, head and body, with what it should be.
type check struct {
	want []byte // the body
	head []byte // as far as it has come
	body bool   // the head is whole
	at   int    // bytes of the body that came
}

func (c *check) reset() { c.head, c.body, c.at = c.head[:0], false, 0 }

func (c *check) Write(p []byte) (int, error) {
	n := len(p)
	if !c.body {
		c.head = append(c.head, p...)
		head, rest, ok := bytes.Cut(c.head, []byte("\r\n\r\n"))
		if !ok {
			return n, nil
		}
		if !bytes.Contains(head, []byte("200 OK")) {
			return 0, fmt.Errorf("response head %q", head)
		}
		c.body, p = true, rest
	}
	if !bytes.HasPrefix(c.want[c.at:], p) {
		return 0, fmt.Errorf("response body, after %d bytes: %.80q", c.at, p)
	}
	c.at += len(p)
	return n, nil
}

func (c *check) whole() error {
	if !c.body || c.at != len(c.want) {
		return fmt.Errorf("%d of %d bytes of response, after the head %q", c.at, len(c.want), c.head)
	}
	return nil
}

// readToEnd reads a response that ends with its connection.
func readToEnd(r *bufio.Reader, c *check) error {
	_, err := r.WriteTo(c)
	return err
}

// readRecords reads FastCGI's records to END_REQUEST.
func readRecords(r *bufio.Reader, c *check) error {
	for {
		h, err := r.Peek(8)
		if err != nil {
			return err
		}
		typ, content, padding := h[1], int(binary.BigEndian.Uint16(h[4:])), int(h[6])
		r.Discard(8)
		for typ == 6 && content > 0 {
			p, err := r.Peek(min(content, max(r.Buffered(), 1)))
			if err != nil {
				return err
			}
			if _, err := c.Write(p); err != nil {
				return err
			}
			r.Discard(len(p))
			content -= len(p)
		}
		if _, err := r.Discard(content + padding); err != nil {
			return err
		}
		if typ == 3 {
			return nil
		}
	}
}

// readHTTP reads an HTTP/1.1 response.
func readHTTP(r *bufio.Reader, c *check) error {
	res, err := http.ReadResponse(r, nil)
	if err != nil {
		return err
	}
	if c.body = res.StatusCode == http.StatusOK; !c.body {
		return fmt.Errorf("response status %s", res.Status)
	}
	_, err = io.Copy(c, res.Body)
	return err
}
