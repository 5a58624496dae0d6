package endpoint_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// garbage is no protocol's.
var garbage = func() string {
	random := rand.New(rand.NewPCG(3, 4))
	b := make([]byte, 3000)
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	return string(b)
}()

// A badRow is what backends do wrong, and what is said of it.
type badRow struct {
	protocols string
	name      string
	speech    speech
	want      string // a part of the client's error
	status    int    // of the gateway, 0 where it has begun to answer
}

// limits are those of the row's client. It waits for 500 ms for what never
// comes, and else patiently.
func (r badRow) limits() *protocol.Limits {
	lim := &protocol.Limits{ResponseHead: 4096}
	switch {
	case strings.HasPrefix(r.want, "no response head"):
		lim.FirstByteTimeout = 500 * time.Millisecond
	case strings.HasPrefix(r.want, "nothing more"):
		lim.ReadTimeout = 500 * time.Millisecond
	}
	return lim
}

var badBackends = []badRow{
	{"fastcgi", "speaks HTTP", speech{says: answers[6].bytes}, "read record: malformed: version 72", 502},
	{"fastcgi", "speaks SCGI", speech{says: answers[3].bytes}, "read record: malformed: version 83", 502},
	{"scgi uwsgi http", "speaks FastCGI", speech{says: answers[0].bytes}, "read response head: upstream: ", 502},
	{"http", "speaks SCGI", speech{says: answers[3].bytes}, `no status line of HTTP/1 but "Status: 2"`, 502},
	{"fastcgi scgi uwsgi http", "sends garbage", speech{says: garbage}, "read response head: upstream: ", 502},
	{"fastcgi", "a huge head", speech{says: record(stdout, "X: "+strings.Repeat("x", 10000))}, " > 4096 bytes", 502},
	{"scgi uwsgi", "a huge head", speech{says: "Status: 200 OK\r\nX: " + strings.Repeat("x", 10000)}, " > 4096 bytes", 502},
	{"http", "a huge head", speech{says: "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 10000)}, " > 4096 bytes", 502},
	{"fastcgi", "a head that is whole and too large", speech{says: record(stdout, "X: "+strings.Repeat("x", 5000)+"\r\n\r\n") + ended}, " > 4096 bytes", 502},
	{"fastcgi", "the same in two records", speech{says: record(stdout, "X: "+strings.Repeat("x", 2500)) + record(stdout, strings.Repeat("x", 2500)+"\r\n\r\n") + ended}, " > 4096 bytes", 502},
	{"scgi uwsgi http", "a head that is whole and too large", speech{says: "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 5000) + "\r\n\r\n"}, " > 4096 bytes", 502},
	{"fastcgi", "too short", speech{says: record(stdout, "Content-Length: 10\r\n\r\nhello") + ended}, "5 bytes short of its Content-Length", 502},
	{"scgi uwsgi http", "too short", speech{says: "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"}, "5 bytes short of its Content-Length", 502},
	{"scgi uwsgi http", "a length that is none", speech{says: "HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\nhello"}, "Content-Length", 502},
	{"fastcgi", "endless STDERR", speech{more: record(stderr, strings.Repeat("trouble ", 4096))}, "no response head within 500ms", 504},
	{"fastcgi", "endless STDERR in a body", speech{says: record(stdout, "A: b\r\n\r\nhello"), more: record(stderr, strings.Repeat("trouble ", 4096))},
		"nothing more of the response within 500ms", 0},
	{"fastcgi scgi uwsgi http", "nothing for ever", speech{holds: true}, "no response head within 500ms", 504},
	{"scgi uwsgi http", "half a head for ever", speech{says: "HTTP/1.1 200 OK\r\nContent-", holds: true}, "no response head within 500ms", 504},
	{"fastcgi", "half a body for ever", speech{says: record(stdout, "A: b\r\n\r\nhello"), holds: true}, "nothing more of the response within 500ms", 0},
	{"scgi uwsgi http", "half a body for ever", speech{says: "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", holds: true},
		"nothing more of the response within 500ms", 0},
	{"fastcgi scgi uwsgi http", "closes without a word", speech{}, "unexpected EOF", 502},
}

// TestBadBackends has each client call backends that do all that is wrong: the error has the
// operation, the address and the figures, the gateway answers 502 or 504, or not to the end, and no
// connection is used again.
func TestBadBackends(t *testing.T) {
	for _, row := range badBackends {
		for _, name := range strings.Fields(row.protocols) {
			t.Run(name+"/"+row.name, func(t *testing.T) {
				t.Parallel()
				b := startBad(t, name, row.speech)
				s := startBadSite(t, b.url+keeping(name), row.limits())
				for range 2 {
					_, err := s.ask(t)
					if err == nil || !errors.Is(err, protocol.ErrUpstream) || !strings.Contains(err.Error(), row.want) {
						t.Errorf("the client's error: %v; want %q", err, row.want)
					}
					if text := fmt.Sprint(err); !strings.HasPrefix(text, name) || !strings.Contains(text, ": read response") || !strings.Contains(text, b.address) {
						t.Errorf("the client's error: %v; want protocol, operation and the address %s", err, b.address)
					}
				}
				status, body, err := s.get()
				if err == nil && (row.status == 0 || status != row.status) {
					t.Errorf("the gateway answers %d %q as if it were whole; want %d", status, body, row.status)
				}
				if got := b.connections(t); got != 3 {
					t.Errorf("%d connections for 3 requests", got)
				}
			})
		}
	}
}

// TestAnswersThatAreTooLong: what is beyond a Content-Length is cut, and the connection is not used
// again.
func TestAnswersThatAreTooLong(t *testing.T) {
	for name, says := range map[string]string{
		"fastcgi": record(stdout, "Content-Length: 4\r\n\r\nhello") + ended,
		"scgi":    "Status: 200 OK\r\nContent-Length: 4\r\n\r\nhello",
		"uwsgi":   "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhello",
		"http":    "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhello",
	} {
		b := startBad(t, name, speech{says: says})
		s := startBadSite(t, b.url+keeping(name), nil)
		for range 2 {
			if body, err := s.ask(t); err != nil || body != "hell" {
				t.Errorf("%s: %q, %v", name, body, err)
			}
		}
		if got := b.connections(t); got != 2 {
			t.Errorf("%s: %d connections for 2 requests", name, got)
		}
	}
}
