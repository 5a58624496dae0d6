package rpc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/internal/netio/netiotest"
	"github.com/postern-gateway/postern/protocol"
)

// A caller that has gone is logged so, whatever the function returns of its context: it is no
// failure of the function.
func TestFunctionThatReturnsItsContextsError(t *testing.T) {
	const call = `{"jsonrpc":"2.0","method":"wait","id":1}`
	for text, failed := range map[string]func(context.Context) error{
		"the error":         context.Context.Err,
		"one that wraps it": func(ctx context.Context) error { return fmt.Errorf("query: %w", ctx.Err()) },
		"the cause":         context.Cause,
	} {
		for _, gone := range []error{protocol.ErrGone, nil} { // net/http gives no cause
			ctx, leave := context.WithCancelCause(t.Context())
			var log netiotest.Log
			r := new(Registry)
			r.Log = log.Logger()
			r.Register("wait", func(ctx context.Context, _ [][]byte) ([]byte, error) {
				leave(gone)
				<-ctx.Done()
				return nil, failed(ctx)
			})
			req := (&protocol.Request{Params: protocol.Pairs("PATH_INFO", "/wait"), Body: io.NopCloser(strings.NewReader(call))}).Clone(ctx)
			if err := r.Path().Serve(httptest.NewRecorder(), req); !errors.Is(err, protocol.ErrAborted) {
				t.Errorf("%s, %v: %v", text, gone, err)
			}
			r.JSONRPC().Serve(httptest.NewRecorder(), req)
			if !strings.HasPrefix(log.String(), `level=INFO msg="call failed" err="uwsgi: rpc \"wait\": `) {
				t.Errorf("%s, %v: logged %s", text, gone, log.String())
			}
			if _, err := Local(r).Call(ctx, "wait"); !errors.Is(err, protocol.ErrAborted) {
				t.Errorf("%s, %v: in this process: %v", text, gone, err)
			}
		}
	}
	r := new(Registry)
	r.Register("other", func(context.Context, [][]byte) ([]byte, error) { return nil, context.Canceled })
	if err := r.Path().Serve(httptest.NewRecorder(), &protocol.Request{Params: protocol.Pairs("PATH_INFO", "/other")}); err == nil || errors.Is(err, protocol.ErrAborted) {
		t.Errorf("another context's error: %v", err)
	}
}
