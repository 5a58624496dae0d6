package netio

import (
	"context"
	"errors"
	"io"
	"net"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/net/nettest"
)

// dialedPair is a connection that DialUnix has made.
func dialedPair(t testing.TB) (client, server net.Conn) {
	t.Helper()
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client, err = DialUnix(t.Context(), "unix", l.Addr().String())
	if err == nil {
		t.Cleanup(func() { client.Close() })
		server, err = l.Accept()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return client, server
}

// TestDialUnixIsAConn is the suite of x/net for a net.Conn.
func TestDialUnixIsAConn(t *testing.T) {
	nettest.TestConn(t, func() (c1, c2 net.Conn, stop func(), err error) {
		client, server := dialedPair(t)
		return client, server, func() { client.Close(); server.Close() }, nil
	})
}

// TestDialUnixReads what the server says first, before it is asked, and the end.
func TestDialUnixReads(t *testing.T) {
	client, server := dialedPair(t)
	io.WriteString(server, "hello")
	server.Close()
	if got, err := io.ReadAll(client); string(got) != "hello" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// TestDialUnixAsPackageNet: addresses and errors are those of a net.Dialer.
func TestDialUnixAsPackageNet(t *testing.T) {
	dir := t.TempDir()
	stale, abstract := filepath.Join(dir, "stale"), "@postern-"+strings.ReplaceAll(dir, "/", "-")
	l, err := net.Listen("unix", stale)
	if err != nil {
		t.Fatal(err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	l.Close()
	addresses := []string{filepath.Join(dir, "none"), stale, dir + strings.Repeat("/x", 60)}
	if l, err := net.Listen("unix", abstract); err == nil {
		defer l.Close()
		addresses = append(addresses, abstract)
	}
	open := filepath.Join(dir, "open")
	if l, err = net.Listen("unix", open); err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, address := range append(addresses, open) {
		want, wantErr := net.Dial("unix", address)
		got, gotErr := DialUnix(context.Background(), "unix", address)
		if wantErr != nil || gotErr != nil {
			if !reflect.DeepEqual(gotErr, wantErr) {
				t.Errorf("%s: %v, package net has %v", address, gotErr, wantErr)
			}
			continue
		}
		if got.LocalAddr().String() != want.LocalAddr().String() || !reflect.DeepEqual(got.RemoteAddr(), want.RemoteAddr()) {
			t.Errorf("%s: from %v to %v, package net has %v, %v", address, got.LocalAddr(), got.RemoteAddr(), want.LocalAddr(), want.RemoteAddr())
		}
		want.Close()
		got.Close()
	}
}

// TestDialUnixWaitsForNobody: a backlog that is full is told at once.
func TestDialUnixWaitsForNobody(t *testing.T) {
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fd)
	name := filepath.Join(t.TempDir(), "s")
	if err := syscall.Bind(fd, &syscall.SockaddrUnix{Name: name}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		c, err := DialUnix(t.Context(), "unix", name)
		if err == nil {
			defer c.Close()
			continue
		}
		if !errors.Is(err, syscall.EAGAIN) {
			t.Errorf("a full backlog is %v", err)
		}
		return
	}
	t.Error("the backlog has no end")
}
