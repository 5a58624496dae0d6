package main

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"path/filepath"
	"testing"
)

// nginx takes the plain end of a FastCGI connection for the end of a whole answer: so it did when a
// second SIGTERM had ended the process. A record that cannot be read tells it otherwise.
func TestSecondSignalCuts(t *testing.T) {
	dir := t.TempDir()
	socket := filepath.Join(dir, "s")
	cmd, out, log := startSignalled(t, dir, "serve", "--listen", "fastcgi+unix:"+socket, "--to", "demo:", "--grace", "1h")
	out.Scan()
	c, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write(endlessRequest()); err != nil {
		t.Fatal(err)
	}
	br := bufio.NewReader(c)
	if _, err := br.Peek(1); err != nil {
		t.Fatal(err)
	}
	endsAtTheSecond(t, cmd, log)
	if all, err := io.ReadAll(br); err != nil || !bytes.HasSuffix(all, make([]byte, 8)) {
		t.Errorf("%v, the answer ends in %x", err, all[max(0, len(all)-16):])
	}
}

// endlessRequest is a request by FastCGI whose answer does not end.
func endlessRequest() []byte {
	record := func(kind byte, content string) string {
		return string([]byte{1, kind, 0, 1, 0, byte(len(content)), 0, 0}) + content
	}
	params := ""
	for _, pair := range [][2]string{{"REQUEST_METHOD", "GET"}, {"REQUEST_URI", endless}} {
		params += string([]byte{byte(len(pair[0])), byte(len(pair[1]))}) + pair[0] + pair[1]
	}
	return []byte(record(1, "\x00\x01\x00\x00\x00\x00\x00\x00") + record(4, params) + record(4, "") + record(5, ""))
}
