package upstream_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/postern-gateway/postern/gateway/upstream"
	"github.com/postern-gateway/postern/protocol"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A client is a backend's client that is a function.
type client func(ctx context.Context, r *protocol.Request) (*protocol.Response, error)

func (c client) RoundTrip(ctx context.Context, r *protocol.Request) (*protocol.Response, error) {
	return c(ctx, r)
}

// says answers with text.
func says(text string) client {
	return func(context.Context, *protocol.Request) (*protocol.Response, error) {
		return &protocol.Response{Status: 200, Header: make(http.Header), Body: io.NopCloser(strings.NewReader(text))}, nil
	}
}

// fails fails with err.
func fails(err error) client {
	return func(context.Context, *protocol.Request) (*protocol.Response, error) { return nil, err }
}

var (
	errRefused = &protocol.Error{Op: "connect", Kind: protocol.ErrUpstream, NotSent: true, Err: errors.New("connection refused")}
	errClosed  = &protocol.Error{Op: "read response head", Kind: protocol.ErrUpstream, Err: io.ErrUnexpectedEOF}
)

// balancer returns b with backends, each with its name for its answer where it has no client.
func balancer(t testing.TB, b *upstream.Balancer, backends ...upstream.Backend) *upstream.Balancer {
	t.Helper()
	if b.Log == nil {
		b.Log = slog.New(slog.DiscardHandler)
	}
	for _, be := range backends {
		if be.Client == nil {
			be.Client = says(be.Name)
		}
		if err := b.Add(be); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(b.Close)
	return b
}

func request(method string) *protocol.Request {
	return &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", method, "REQUEST_URI", "/")}
}

// ask sends a GET and returns the text of the answer, or what the error says.
func ask(t testing.TB, b *upstream.Balancer) string {
	t.Helper()
	return askFor(t, b, request("GET"))
}

func askFor(t testing.TB, b *upstream.Balancer, r *protocol.Request) string {
	t.Helper()
	res, err := b.RoundTrip(t.Context(), r)
	if err != nil {
		return err.Error()
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Error(err)
	}
	return string(text)
}

// hold sends a GET, and leaves the response's body open.
func hold(t testing.TB, b *upstream.Balancer) (name string, body io.Closer) {
	t.Helper()
	res, err := b.RoundTrip(t.Context(), request("GET"))
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(res.Body)
	t.Cleanup(func() { res.Body.Close() })
	return string(text), res.Body
}

// asks returns the answers to n requests, one after another.
func asks(t testing.TB, b *upstream.Balancer, n int) string {
	t.Helper()
	answers := make([]string, n)
	for i := range answers {
		answers[i] = ask(t, b)
	}
	return strings.Join(answers, " ")
}

// states returns the backends' states.
func states(b *upstream.Balancer) string {
	var all []string
	for _, s := range b.Stats().Backends {
		all = append(all, s.Name+" "+s.State.String())
	}
	return strings.Join(all, ", ")
}
