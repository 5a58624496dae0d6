package benchmarks

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/postern-gateway/postern/cgi"
	"github.com/postern-gateway/postern/fastcgi"
	"github.com/postern-gateway/postern/protocol"
)

// catSize is what goes through cat, and comes back.
const catSize = 200 << 20

const catScript = "#!/bin/sh\nprintf 'Content-Type: application/octet-stream\\r\\n\\r\\n'\nexec cat\n"

// benchmarkCat sends 200 MiB through cat and back: through two pipes, through our host of CGI
// programs alone, and through FastCGI and that host.
func benchmarkCat(b *testing.B) {
	script := filepath.Join(b.TempDir(), "cat.cgi")
	if err := os.WriteFile(script, []byte(catScript), 0o700); err != nil {
		b.Fatal(err)
	}
	b.Run("pipes", func(b *testing.B) { both(b, catPipes) })
	b.Run("host", func(b *testing.B) {
		client := &cgi.Client{Path: script}
		both(b, func(in io.Reader, out io.Writer) error { return catOver(client, in, out) })
	})
	b.Run("fastcgi", func(b *testing.B) {
		s := startServer(b, "cgi postern "+script)
		client := &fastcgi.Client{Dial: func(ctx context.Context) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", s.socket)
		}}
		both(b, func(in io.Reader, out io.Writer) error { return catOver(client, in, out) })
	})
}

// both has cat copy catSize bytes from in to out, and checks them.
func both(b *testing.B, cat func(in io.Reader, out io.Writer) error) {
	b.SetBytes(2 * catSize)
	for b.Loop() {
		back := new(pattern)
		if err := cat(io.LimitReader(new(pattern), catSize), back); err != nil || back.at != catSize {
			b.Fatalf("%d of %d bytes came back: %v", back.at, catSize, err)
		}
	}
}

func catPipes(in io.Reader, out io.Writer) error {
	cmd := exec.Command("cat")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	sent := make(chan error, 1)
	go func() {
		_, err := io.Copy(stdin, in)
		stdin.Close()
		sent <- err
	}()
	_, err = io.Copy(out, stdout)
	if serr := <-sent; err == nil {
		err = serr
	}
	if werr := cmd.Wait(); err == nil {
		err = werr
	}
	return err
}

func catOver(client protocol.RoundTripper, in io.Reader, out io.Writer) error {
	res, err := client.RoundTrip(context.Background(), &protocol.Request{
		ContentLength: catSize,
		Body:          in,
		Params: protocol.Pairs("REQUEST_METHOD", "POST", "SCRIPT_NAME", "/cat", "SERVER_PROTOCOL", "HTTP/1.1", "SERVER_NAME", "localhost",
			"SERVER_PORT", "80", "REMOTE_ADDR", "127.0.0.1", "REQUEST_URI", "/cat", "GATEWAY_INTERFACE", "CGI/1.1", "QUERY_STRING", ""),
	})
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.Status != 200 {
		return fmt.Errorf("status %d", res.Status)
	}
	_, err = io.Copy(out, res.Body)
	return err
}

// A pattern is piece again and again, to read, or to compare with what is written.
type pattern struct{ at int }

func (p *pattern) Read(b []byte) (int, error) {
	n := copy(b, piece[p.at%len(piece):])
	p.at += n
	return n, nil
}

func (p *pattern) Write(b []byte) (int, error) {
	for rest := b; len(rest) > 0; {
		n := min(len(rest), len(piece)-p.at%len(piece))
		if !bytes.Equal(rest[:n], piece[p.at%len(piece):][:n]) {
			return 0, fmt.Errorf("other bytes than were sent, after %d", p.at)
		}
		p.at, rest = p.at+n, rest[n:]
	}
	return len(b), nil
}
