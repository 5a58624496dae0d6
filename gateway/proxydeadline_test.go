package gateway_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
)

// A deadline that somebody before a Proxy has set, as a middleware does, is a 504 when the backend
// has not answered by then; a client that has left is no failure of the backend's.
func TestDeadlineOfAMiddleware(t *testing.T) {
	mute := roundTrip(func(ctx context.Context, r *protocol.Request) (*protocol.Response, error) {
		<-ctx.Done()
		return nil, context.Cause(ctx)
	})
	for _, row := range []struct {
		name   string
		end    func(ctx context.Context) (context.Context, context.CancelFunc)
		status int
		kind   error
	}{
		{"a deadline", func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithDeadline(ctx, time.Now())
		}, http.StatusGatewayTimeout, protocol.ErrUpstream},
		{"a client that has left", func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, end := context.WithCancel(ctx)
			end()
			return ctx, end
		}, http.StatusBadRequest, protocol.ErrAborted},
	} {
		var told error
		h := &protocol.Loop{Handler: &gateway.Proxy{Backend: mute}, Log: slog.New(slog.DiscardHandler),
			Observe: func(_ *protocol.Request, s protocol.Summary) { told = s.Err }}
		rec, hr := httptest.NewRecorder(), httptest.NewRequest("POST", "/", io.MultiReader(strings.NewReader("body")))
		ctx, end := row.end(hr.Context())
		h.ServeHTTP(rec, hr.WithContext(ctx))
		end()
		if rec.Code != row.status || !errors.Is(told, row.kind) {
			t.Errorf("%s: %d, %v", row.name, rec.Code, told)
		}
	}
}
