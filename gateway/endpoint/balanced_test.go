package endpoint

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/upstream"
	"github.com/postern-gateway/postern/protocol"
)

func TestNewBackend(t *testing.T) {
	for _, row := range []struct {
		url  string
		want upstream.Backend
		err  string
	}{
		{url: "fastcgi://127.0.0.1:9000", want: upstream.Backend{Weight: 1, MaxFails: 1}},
		{url: "http://a.test?weight=3&max-conns=20&max-fails=2&fail-timeout=5s&slow-start=30s&backup&keep=1",
			want: upstream.Backend{Weight: 3, MaxConns: 20, MaxFails: 2, FailTimeout: 5 * time.Second, SlowStart: 30 * time.Second, Backup: true}},
		{url: "scgi+unix:/run/x?max-fails=0&backup=0", want: upstream.Backend{Weight: 1, MaxFails: -1}},
		{url: "uwsgi://127.0.0.1:1?probe=5s&probe-timeout=2s&probe-fall=4&probe-rise=1", want: upstream.Backend{Weight: 1, MaxFails: 1,
			Probe: &upstream.Probe{Interval: 5 * time.Second, Timeout: 2 * time.Second, Fall: 4, Rise: 1}}},
		{url: "http://a.test?weight=0", err: "http://a.test:80: bad weight 0: it is at least 1"},
		{url: "http://a.test?weight=many", err: `bad weight "many"`},
		{url: "http://a.test?max-conns=-1", err: "bad max-conns -1: it is negative"},
		{url: "http://a.test?fail-timeout=-1s", err: "bad fail-timeout -1s: it is negative"},
		{url: "http://a.test?probe-by=/ping", err: "a probe needs its interval: write probe=5s, too"},
		{url: "http://a.test?probe=5s&probe-by=values", err: "only FastCGI has GET_VALUES"},
		{url: "fastcgi://a.test:1?probe=5s&probe-by=ping", err: "write connect, values"},
		{url: "http://a.test?weigth=1", err: `unknown option "weigth"`},
		{url: "auto://a.test:1", err: "auto is for listening"},
	} {
		be, err := NewBackend(row.url, nil)
		if row.err != "" {
			if err == nil || !strings.Contains(err.Error(), row.err) {
				t.Errorf("%s: %v, want %s", row.url, err, row.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", row.url, err)
			continue
		}
		row.want.Name = row.url
		left := cmp.Options{cmpopts.IgnoreFields(upstream.Backend{}, "Client", "Close"), cmpopts.IgnoreFields(upstream.Probe{}, "Check")}
		if diff := cmp.Diff(row.want, be, left); diff != "" {
			t.Errorf("%s: -want +got:\n%s", row.url, diff)
		}
		be.Close()
	}
}

// A client by itself takes no option of a balancer, nor does RPC.
func TestBalancedAlone(t *testing.T) {
	const url = "uwsgi://127.0.0.1:1?weight=2"
	_, err := NewClient(url, nil)
	if err == nil || err.Error() != "uwsgi://127.0.0.1:1: option weight is for one of several backends" {
		t.Error(err)
	}
	if _, err := NewRPC(url, nil); err == nil || !strings.Contains(err.Error(), "option weight is for requests") {
		t.Error(err)
	}
	if !IsBalanced(url) || IsBalanced("uwsgi://127.0.0.1:1?max-open=2") || IsBalanced("what?weight=2") {
		t.Error("IsBalanced")
	}
}

// Each kind of check finds a backend well that is, and one that is not there or says something else
// not.
func TestChecks(t *testing.T) {
	h := protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		path, err := r.Params.Path()
		if path != "/ping" {
			w.WriteHeader(http.StatusInternalServerError)
		}
		return err
	})
	for _, row := range []struct {
		scheme, by string
		well       bool
	}{
		{"http", "", true}, {"scgi", "connect", true}, {"fastcgi", "values", true},
		{"http", "/ping", true}, {"fastcgi", "/ping", true}, {"scgi", "/ping", true}, {"uwsgi", "/ping?a=b", true},
		{"http", "/other", false}, {"fastcgi", "/other", false},
	} {
		t.Run(row.scheme+" "+row.by, func(t *testing.T) {
			at, end := serving(t, row.scheme, h)
			url := at + "?probe=1s"
			if row.by != "" {
				url += "&probe-by=" + strings.Replace(row.by, "?", "%3f", 1)
			}
			be, err := NewBackend(url, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer be.Close()
			if err := be.Probe.Check(t.Context()); (err == nil) != row.well {
				t.Error(err)
			}
			end()
			if err := be.Probe.Check(t.Context()); err == nil {
				t.Error("it is well when it is gone")
			}
		})
	}
}

// serving serves h by a protocol, until end is called or the test ends, and returns its address.
func serving(t *testing.T, scheme string, h protocol.Handler) (url string, end func()) {
	t.Helper()
	l, err := Listen(t.Context(), scheme+"://127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &gateway.Server{Handler: h, Log: slog.New(slog.DiscardHandler)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.Serve(s)
	}()
	end = func() {
		s.Close()
		<-done
	}
	t.Cleanup(end)
	return l.URL(), end
}

// A check ends with its context: of a backend that is mute, or with which no connection comes
// about.
func TestChecksEnd(t *testing.T) {
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	for _, by := range []string{"values", "/ping"} {
		be, err := NewBackend("fastcgi://"+mute.Addr().String()+"?probe=1s&probe-by="+by, nil)
		if err != nil {
			t.Fatal(err)
		}
		ctx, end := context.WithTimeout(t.Context(), 20*time.Millisecond)
		if err := be.Probe.Check(ctx); err == nil || errors.Is(err, io.EOF) {
			t.Errorf("%s: %v", by, err)
		}
		end()
		be.Close()
	}
}
