package endpoint

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/protocol"
)

// A backend that remembers what it was asked.
type recorder struct{ got protocol.Params }

func (b *recorder) RoundTrip(_ context.Context, r *protocol.Request) (*protocol.Response, error) {
	b.got = r.Params
	return nil, protocol.ErrUpstream
}

func TestParamIsSetForTheBackendAlone(t *testing.T) {
	e, err := Parse("fastcgi+unix:/run/php.sock?param=SCRIPT_FILENAME=/srv/app/index.php&param=SCRIPT_NAME=/a%3Db")
	if err != nil {
		t.Fatal(err)
	}
	b := new(recorder)
	c, err := e.withParams(&Client{RoundTripper: b})
	if err != nil {
		t.Fatal(err)
	}
	r := &protocol.Request{Params: protocol.Pairs("SCRIPT_NAME", "", "REQUEST_METHOD", "GET")}
	c.RoundTrip(t.Context(), r)
	if d := cmp.Diff(protocol.Pairs("SCRIPT_NAME", "/a=b", "REQUEST_METHOD", "GET", "SCRIPT_FILENAME", "/srv/app/index.php"), b.got); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(protocol.Pairs("SCRIPT_NAME", "", "REQUEST_METHOD", "GET"), r.Params); d != "" {
		t.Errorf("the request itself: %s", d)
	}
}

func TestParamWithoutAValue(t *testing.T) {
	if _, err := NewClient("uwsgi://127.0.0.1:3031?param=NAME", nil); err == nil || !strings.Contains(err.Error(), "write it as param=NAME=value") {
		t.Errorf("%v", err)
	}
}
