package endpoint

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// A names is a resolver of which a test says what it answers.
type names struct {
	addrs []string // nil: it fails
	asked int
}

func (n *names) lookup(_ context.Context, host string) ([]string, error) {
	n.asked++
	if host != "backend.test" || n.addrs == nil {
		return nil, errors.New("no such host")
	}
	return n.addrs, nil
}

// The addresses of a host are connected to in turn, and looked for again when their time is over.
func TestResolve(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n names
		var dialled []string
		dead := map[string]bool{}
		e, err := Parse("scgi://backend.test:4000?resolve=30s")
		if err != nil {
			t.Fatal(err)
		}
		e.connect = func(_ context.Context, _, address string) (net.Conn, error) {
			host, _, _ := net.SplitHostPort(address)
			if dialled = append(dialled, host); dead[host] {
				return refused()
			}
			return answering(answers["scgi"]), nil
		}
		c, err := e.Client(&ClientOptions{LookupHost: n.lookup})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		began := time.Now()
		for _, step := range []struct {
			at    int // seconds
			addrs []string
			dead  string
			asks  int
			want  string // what is dialled
			asked int    // how often names are looked up, in all
		}{
			{0, nil, "", 1, "", 1}, // nothing is known: the next request asks again
			{1, []string{"192.0.2.1", "2001:db8::2"}, "", 3, "192.0.2.1 2001:db8::2 192.0.2.1", 2},
			{30, []string{"192.0.2.3"}, "", 1, "2001:db8::2", 2},
			{31, []string{"192.0.2.3"}, "", 2, "192.0.2.3 192.0.2.3", 3},
			{61, nil, "", 1, "192.0.2.3", 4}, // not found again: it stays good
			{62, nil, "", 1, "192.0.2.3", 4},
			{91, []string{"192.0.2.4", "192.0.2.5"}, "192.0.2.4", 3, "192.0.2.4 192.0.2.5 192.0.2.5 192.0.2.4 192.0.2.5", 5},
		} {
			<-time.After(time.Until(began.Add(time.Duration(step.at) * time.Second)))
			n.addrs, dialled, dead = step.addrs, nil, map[string]bool{step.dead: true}
			for range step.asks {
				if err := get(t, c); (err != nil) != (step.want == "") {
					t.Errorf("at %d s: %v", step.at, err)
				}
			}
			if got := strings.Join(dialled, " "); got != step.want || n.asked != step.asked {
				t.Errorf("at %d s dialled %s, looked up %d times; want %s, %d times", step.at, got, n.asked, step.want, step.asked)
			}
		}
	})
}

// Where nobody answers what a name's addresses are, those that were found last are used, and a
// request whose client leaves waits for none.
func TestResolveWhileNobodyAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hanging := false
		e, err := Parse("scgi://backend.test:4000?resolve=30s")
		if err != nil {
			t.Fatal(err)
		}
		e.connect = func(ctx context.Context, _, _ string) (net.Conn, error) {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			return answering(answers["scgi"]), nil
		}
		c, err := e.Client(&ClientOptions{LookupHost: func(ctx context.Context, _ string) ([]string, error) {
			if hanging {
				<-ctx.Done()
				return nil, ctx.Err()
			}
			return []string{"192.0.2.1"}, nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if err := get(t, c); err != nil {
			t.Error(err)
		}
		hanging = true
		<-time.After(time.Minute)
		began := time.Now()
		for range 3 {
			if err := get(t, c); err != nil {
				t.Error(err)
			}
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("three requests took %v", took)
		}
		<-time.After(2 * time.Minute) // no lookup is left
	})
}

// Of several that wait for a name's first addresses each waits as long as its client does.
func TestFirstLookupThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		c, err := NewClient("scgi://backend.test:4000?resolve=30s&connect-timeout=none", &ClientOptions{LookupHost: func(ctx context.Context, _ string) ([]string, error) {
			asked++
			<-ctx.Done()
			return nil, ctx.Err()
		}})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		began := time.Now()
		var all sync.WaitGroup
		for i := range 3 {
			patience := time.Duration(3-i) * time.Second
			all.Go(func() {
				ctx, end := context.WithTimeout(t.Context(), patience)
				defer end()
				_, err := c.RoundTrip(ctx, &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "GET")})
				if took := time.Since(began); err == nil || took != patience {
					t.Errorf("%v after %v, want %v", err, took, patience)
				}
			})
			synctest.Wait()
		}
		all.Wait()
		if asked != 1 {
			t.Errorf("asked %d times", asked)
		}
		<-time.After(2 * time.Minute)
	})
}

// An address that does not answer costs a request its part of the time once a period, however often
// its turn comes.
func TestResolvedAddressThatIsMute(t *testing.T) {
	for scheme, answer := range answers {
		synctest.Test(t, func(t *testing.T) {
			n := names{addrs: []string{"192.0.2.1", "192.0.2.2", "192.0.2.3"}}
			dialled := make(map[string]int)
			e, err := Parse(scheme + "://backend.test:4000?resolve=30s&connect-timeout=9s")
			if err != nil {
				t.Fatal(err)
			}
			e.connect = func(ctx context.Context, _, address string) (net.Conn, error) {
				host, _, _ := net.SplitHostPort(address)
				if dialled[host]++; host != "192.0.2.2" {
					return answering(answer), nil
				}
				<-ctx.Done()
				return nil, ctx.Err()
			}
			c, err := e.Client(&ClientOptions{LookupHost: n.lookup})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			began := time.Now()
			for period, mute := range []int{1, 2} {
				<-time.After(time.Until(began.Add(time.Duration(period) * 40 * time.Second)))
				for range 12 {
					if err := get(t, c); err != nil {
						t.Error(err)
					}
				}
				if got := dialled["192.0.2.2"]; got != mute || time.Since(began) > 50*time.Second {
					t.Errorf("%s: after %v the mute address was dialled %d times, want %d; %v", scheme, time.Since(began), got, mute, dialled)
				}
			}
			if dialled["192.0.2.1"] < 8 || dialled["192.0.2.3"] < 8 {
				t.Errorf("%s: %v", scheme, dialled)
			}
		})
	}
}

// get sends a GET and reads the answer.
func get(t *testing.T, c *Client) error {
	res, err := c.RoundTrip(t.Context(), &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "GET", "REQUEST_URI", "/", "HTTP_HOST", "h")})
	if err != nil {
		return err
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	return err
}

// Each phase of an exchange has its limit, by every client, and the error is 504's.
func TestTimeLimits(t *testing.T) {
	hangs := func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	// drips sends an answer's head at once and then nothing, or a byte a second without an end
	drips := func(head string) connectFunc {
		return func(context.Context, string, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			go func() {
				defer theirs.Close()
				theirs.Read(make([]byte, 64<<10))
				for _, err := io.WriteString(theirs, head); err == nil; _, err = io.WriteString(theirs, "x") {
					<-time.After(time.Second)
				}
			}()
			return ours, nil
		}
	}
	for scheme := range answers {
		for _, row := range []struct {
			name, options string
			connect       connectFunc
			took          time.Duration
		}{
			{"dial", "", hangs, 10 * time.Second},
			{"dial, shorter", "?connect-timeout=2s", hangs, 2 * time.Second},
			{"dial, longer", "?connect-timeout=20s", hangs, 20 * time.Second},
			{"dial to two addresses", "?connect-timeout=10s&resolve=1m", hangs, 10 * time.Second},
			{"dial, within all", "?total-timeout=3s", hangs, 3 * time.Second},
			{"head", "?total-timeout=5s", drips(""), 5 * time.Second},
			{"body", "?total-timeout=7s", drips("HTTP/1.1 200 OK\r\n\r\n"), 7 * time.Second},
		} {
			if row.name == "body" && scheme == "fastcgi" || row.name == "head" && scheme != "scgi" {
				continue // the text is of another wire
			}
			t.Run(scheme+"/"+row.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					e, err := Parse(scheme + "://backend.test:9" + row.options)
					if err != nil {
						t.Fatal(err)
					}
					e.connect = row.connect
					n := &names{addrs: []string{"192.0.2.1", "192.0.2.2"}}
					c, err := e.Client(&ClientOptions{LookupHost: n.lookup})
					if err != nil {
						t.Fatal(err)
					}
					defer c.Close()
					began := time.Now()
					err = get(t, c)
					if took := time.Since(began); took != row.took || protocol.Status(err) != 504 {
						t.Errorf("%v: %d %v", took, protocol.Status(err), err)
					}
					<-time.After(time.Second) // what drips notices
				})
			})
		}
	}
}
