package interop

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/postern-gateway/postern/cgi"
	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
)

// What a cut response declares, and what of it is sent. The other answer's bytes are never in the
// first one's.
const (
	cutDeclared = 30_000
	cutSent     = 20_000
	otherAnswer = "the other answer"
)

// cutScript breaks off as the others do, by a signal.
var cutScript = `#!/bin/sh
echo "Content-Type: text/plain"
case $QUERY_STRING in *buffer=no*) echo "X-Accel-Buffering: no";; esac
case $QUERY_STRING in *length=yes*) echo "Content-Length: ` + strconv.Itoa(cutDeclared) + `";; esac
echo
head -c ` + strconv.Itoa(cutSent) + ` /dev/zero | tr '\0' x
kill -9 $$
`

// cutters are the handlers whose response breaks off.
func cutters(t *testing.T) map[string]protocol.Handler {
	script := filepath.Join(sharedDir(t), "cut.sh")
	writeScript(t, script, cutScript)
	return map[string]protocol.Handler{
		"handler": protocol.HandlerFunc(cutAnswer),
		"proxy":   &gateway.Proxy{Backend: cutBackend(t)},
		"script":  &gateway.Proxy{Backend: &cgi.Client{Path: script, Log: backendLog(t)}},
	}
}

func cutAnswer(w protocol.ResponseWriter, r *protocol.Request) error {
	if err := beginAnswer(w, r); err != nil {
		return err
	}
	return errors.New("interop: a failure amid the answer was asked for")
}

// beginAnswer sends a part of an answer, as the query says.
func beginAnswer(w protocol.ResponseWriter, r *protocol.Request) error {
	query := r.Params.Get("QUERY_STRING")
	if strings.Contains(query, "buffer=no") {
		w.Header().Set("X-Accel-Buffering", "no")
	}
	if strings.Contains(query, "length=yes") {
		w.Header().Set("Content-Length", strconv.Itoa(cutDeclared))
	}
	_, err := io.WriteString(w, strings.Repeat("x", cutSent))
	return err
}

// cutBackend is an HTTP backend whose response breaks off.
func cutBackend(t *testing.T) protocol.RoundTripper {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	serve(t, protocol.HandlerFunc(cutAnswer), l, "http")
	return &gateway.HTTPClient{Dial: func(ctx context.Context) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", l.Addr().String())
	}}
}

// A cutWay is how nginx reaches Postern, and what the response is like.
type cutWay struct{ protocol, network, by, buffer, length string }

func (c cutWay) String() string {
	return fmt.Sprintf("nginx %-12s %-4s %-7s buffer=%-3s length=%-3s", c.protocol, c.network, c.by, c.buffer, c.length)
}

func cutWays() (ways []cutWay) {
	for _, protocol := range []string{"fastcgi", "fastcgi-kept", "scgi", "uwsgi", "http", "http-kept"} {
		for _, network := range []string{"unix", "tcp"} {
			for _, by := range []string{"handler", "proxy", "script"} {
				for _, buffer := range []string{"yes", "no"} {
					for _, length := range []string{"yes", "no"} {
						ways = append(ways, cutWay{protocol, network, by, buffer, length})
					}
				}
			}
		}
	}
	return ways
}

// cutFront starts Postern on every listener and nginx before them.
func cutFront(t *testing.T) (addr string) {
	t.Helper()
	by := cutters(t)
	handler := protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		path := r.Params.Get("REQUEST_URI")
		for name, h := range by {
			if strings.Contains(path, "/cut/"+name) {
				return h.Serve(w, r)
			}
		}
		_, err := io.WriteString(w, otherAnswer)
		return err
	})
	return cutWaysBy(t, func(network, address, name string) net.Addr {
		l, err := net.Listen(network, address)
		if err != nil {
			t.Fatal(err)
		}
		serve(t, handler, l, name)
		return l.Addr()
	})
}

// cutWaysBy has start start a server for every protocol on both networks, each at the address that
// nginx has for it, and starts nginx before them.
func cutWaysBy(t *testing.T, start func(network, address, name string) net.Addr) (addr string) {
	t.Helper()
	sockets, port := sharedDir(t), "0"
	var first net.Addr
	for i, name := range []string{"fastcgi", "scgi", "uwsgi", "http"} {
		start("unix", filepath.Join(sockets, name), name)
		tcp := start("tcp", fmt.Sprintf("127.0.0.%d:%s", i+1, port), name)
		if first == nil {
			first = tcp
			_, port, _ = net.SplitHostPort(first.String())
		}
	}
	f := nginx()
	f.name = "cut"
	c := startFront(t, f, "ways", first, sockets)
	return loopback(c.Port)
}

// TestCutAnswersBehindNginx: a response that breaks off ends the client's connection, and no byte
// of another answer is in it. What was sent of one that declared its length arrives.
func TestCutAnswersBehindNginx(t *testing.T) {
	needFronts(t)
	t.Parallel()
	addr := cutFront(t)
	for _, way := range cutWays() {
		t.Run(strings.ReplaceAll(way.String(), " ", "_"), func(t *testing.T) {
			for range 5 {
				root := "/" + way.protocol + "/" + way.network
				cut := fmt.Sprintf("%s/cut/%s?buffer=%s&length=%s", root, way.by, way.buffer, way.length)
				seen, got := askCut(t, addr, cut, root+"/other", func() {})
				t.Logf("%s  %s, %d bytes", way, seen, got)
				if seen != "cut" {
					t.Errorf("want a cut, got %s", seen)
				}
				if way.length == "yes" && got != cutSent {
					t.Errorf("want %d bytes, got %d", cutSent, got)
				}
			}
		})
	}
}

// askCut asks for a cut answer and then, after meanwhile, for another on the same connection, and
// tells what the client makes of it.
func askCut(t *testing.T, addr, cut, other string, meanwhile func()) (seen string, got int) {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", cut)
	all, err := readCut(c, func() {
		meanwhile()
		// The connection may have ended.
		_, _ = fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", other)
	})
	if err != nil {
		t.Fatalf("%v after %d bytes: %.200q", err, len(all), all)
	}
	return judgeCut(all)
}

// readCut reads all that comes, and calls ask once all is there that was sent of the cut answer.
func readCut(c net.Conn, ask func()) (all []byte, err error) {
	br, left, head := bufio.NewReader(c), cutSent, true
	for {
		b, err := br.ReadByte()
		switch {
		case err == io.EOF || left == 0 && errors.Is(err, syscall.ECONNRESET):
			return all, nil
		case err != nil:
			return all, err
		}
		all = append(all, b)
		head = head && !bytes.HasSuffix(all, []byte("\r\n\r\n"))
		if !head && b == 'x' && left > 0 {
			if left--; left == 0 {
				ask()
			}
		}
	}
}

func judgeCut(all []byte) (seen string, got int) {
	br := bufio.NewReader(bytes.NewReader(all))
	res, err := http.ReadResponse(br, nil)
	if err != nil { // nginx had not sent the head yet
		return "cut", 0
	}
	body, err := io.ReadAll(res.Body)
	switch got = bytes.Count(body, []byte("x")); {
	case res.StatusCode != 200:
		return fmt.Sprint("status ", res.StatusCode), 0
	case bytes.Contains(body, []byte(otherAnswer)) || bytes.Contains(body, []byte("HTTP/1.1")):
		return "another answer in it", got
	case err == nil:
		return "taken for whole", got
	case bytes.Contains(all, []byte(otherAnswer)):
		return "another answer after it", got
	}
	return "cut", got
}
