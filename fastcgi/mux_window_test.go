package fastcgi

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/postern-gateway/postern/protocol"
)

// sendsBig answers /big with a body, /endless with one again and again, and anything else with its
// URI. lost gets the error of a write.
func sendsBig(body []byte, lost chan error) protocol.HandlerFunc {
	return func(w protocol.ResponseWriter, r *protocol.Request) (err error) {
		switch r.RequestURI() {
		case "/big":
			_, err = w.Write(body)
		case "/endless":
			for err == nil {
				_, err = w.Write(body)
			}
			lost <- err
		default:
			_, err = io.WriteString(w, r.RequestURI())
		}
		return err
	}
}

// TestMuxSlowReader has a client that does not read a large answer for a while.
func TestMuxSlowReader(t *testing.T) {
	body := randomBytes(2 << 20)
	ask := func(t *testing.T, uri string, lim *protocol.Limits) (c *Client, big *protocol.Response, lost chan error) {
		lost = make(chan error, 1)
		b := &muxBackend{handler: sendsBig(body, lost)}
		c = b.client(t)
		c.MaxOpen, c.Limits = 1, lim
		big, err := c.RoundTrip(t.Context(), request("GET", "REQUEST_URI", uri))
		if err != nil {
			t.Fatal(err)
		}
		return c, big, lost
	}
	t.Run("others do not wait for it", func(t *testing.T) {
		lim := &protocol.Limits{Budget: new(protocol.Budget)}
		c, big, _ := ask(t, "/big", lim)
		defer big.Body.Close()
		getAtOnce(t, c, 5)
		got, err := io.ReadAll(big.Body)
		if err != nil || !bytes.Equal(got, body) {
			t.Errorf("%d bytes, %v", len(got), err)
		}
		big.Body.Close()
		if mem, spool := lim.Budget.HoldMemory(0), lim.Budget.HoldSpool(0); mem != 0 || spool != 0 {
			t.Errorf("%d bytes are held in memory, %d on disk", mem, spool)
		}
	})
	t.Run("alone, its backend waits", func(t *testing.T) {
		lim := &protocol.Limits{Budget: new(protocol.Budget)}
		_, big, _ := ask(t, "/big", lim)
		defer big.Body.Close()
		var got bytes.Buffer
		for buf := make([]byte, 10_000); ; {
			n, err := big.Body.Read(buf)
			got.Write(buf[:n])
			if mem, spool := lim.Budget.HoldMemory(0), lim.Budget.HoldSpool(0); mem > muxWindow || spool != 0 {
				t.Fatalf("%d bytes are held in memory, %d on disk", mem, spool)
			}
			if err != nil {
				break
			}
		}
		if !bytes.Equal(got.Bytes(), body) {
			t.Errorf("%d bytes", got.Len())
		}
	})
	t.Run("it fails where there is no room on disk", func(t *testing.T) {
		c, big, lost := ask(t, "/endless", &protocol.Limits{Spool: 100_000})
		defer big.Body.Close()
		getAtOnce(t, c, 5)
		for err := error(nil); err == nil; { // until the big answer was given up
			getAtOnce(t, c, 2)
			select {
			case err = <-lost:
			default:
			}
		}
		if _, err := io.ReadAll(big.Body); !errors.Is(err, protocol.ErrUpstream) || !errors.Is(err, protocol.ErrTooLarge) {
			t.Errorf("got %v", err)
		}
		getAtOnce(t, c, 5)
	})
}
