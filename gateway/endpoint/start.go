package endpoint

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/postern-gateway/postern/cgi"
	"github.com/postern-gateway/postern/fastcgi"
	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
)

// DefaultListen is where [Serve] listens when a program is started by hand and POSTERN_LISTEN says
// nothing else.
const DefaultListen = "auto://127.0.0.1:9000"

// Grace is how long [Serve] lets requests end that are being served when it is told to stop.
const Grace = 30 * time.Second

// Serve serves h in the way that the program was started for, and returns when it is done:
//
//   - by socket activation (LISTEN_FDS and LISTEN_PID are set): on every socket that is passed, by
//     the protocol that LISTEN_FDNAMES gives as its name, else by those that auto knows;
//   - by spawn-fcgi, or a web server that starts FastCGI programs (descriptor 0 is a socket that
//     listens): by FastCGI, and for the peers in FCGI_WEB_SERVER_ADDRS, where that is set;
//   - as a CGI script (GATEWAY_INTERFACE or REQUEST_METHOD is set): one request;
//   - by hand: on the URLs in POSTERN_LISTEN, separated by spaces, or on DefaultListen.
//
// POSTERN_ALLOW is the allow-list of TCP listeners that have none: loopback unless it is set.
//
// SIGTERM and SIGINT end it: requests that are being served have Grace to end, and it returns nil.
// A second signal ends the process at once. SIGHUP ends nothing.
func Serve(h protocol.Handler) error {
	st, err := detect(os.Getenv, os.Getpid())
	if err != nil {
		return err
	}
	if st.script {
		return cgi.Serve(h)
	}
	ctx, stop := UntilSignal(context.Background(), slog.Default())
	defer stop()
	ls, err := st.open(ctx)
	if err != nil {
		return err
	}
	for _, l := range ls {
		slog.Info("listening", "url", l.URL())
	}
	return Run(ctx, &gateway.Server{Handler: h, Allow: st.allow}, Grace, ls...)
}

// A start is how a program was started.
type start struct {
	script bool     // as a CGI script
	urls   []string // else: where to listen
	allow  gateway.AllowList
	web    []netip.Addr // FCGI_WEB_SERVER_ADDRS; nil: all
}

// detect finds out how this process was started.
func detect(env func(string) string, pid int) (st start, err error) {
	if st.allow, err = gateway.ParseAllow(env("POSTERN_ALLOW")); err != nil {
		return st, fmt.Errorf("POSTERN_ALLOW: %w", err)
	}
	switch {
	case env("LISTEN_FDS") != "" && env("LISTEN_PID") == strconv.Itoa(pid):
		st.urls, err = activated(env("LISTEN_FDS"), env("LISTEN_FDNAMES"))
		for _, name := range []string{"LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"} {
			os.Unsetenv(name) // they are not meant for our children
		}
	case listens(0) == nil:
		st.urls = []string{"fastcgi+fd:0"}
		st.web, err = fastcgi.ParseWebServerAddrs(env("FCGI_WEB_SERVER_ADDRS"))
	case env("GATEWAY_INTERFACE") != "" || env("REQUEST_METHOD") != "":
		st.script = true
	default:
		if st.urls = strings.Fields(env("POSTERN_LISTEN")); len(st.urls) == 0 {
			st.urls = []string{DefaultListen}
		}
	}
	return st, err
}

// activated gives the URLs of the sockets that systemd's protocol passes, from descriptor 3 on.
func activated(count, names string) (urls []string, err error) {
	n, err := strconv.Atoi(count)
	if err != nil || n < 1 || n > 1<<16 {
		return nil, fmt.Errorf("LISTEN_FDS is %q: the number of sockets is meant", count)
	}
	list := strings.Split(names, ":")
	for i := range n {
		scheme := "auto"
		if i < len(list) {
			if r := find(list[i]); r != nil && r.serve != nil {
				scheme = r.name
			}
		}
		urls = append(urls, scheme+"+fd:"+strconv.Itoa(3+i))
	}
	return urls, nil
}

// open opens all the listeners, or none.
func (st *start) open(ctx context.Context) (ls []*Listener, err error) {
	for _, url := range st.urls {
		l, err := Listen(ctx, url)
		if err != nil {
			for _, l := range ls {
				l.Close()
			}
			return nil, err
		}
		if st.web != nil {
			l.webServerAddrs = st.web
			l.Allow = nil
			for _, a := range st.web {
				l.Allow = append(l.Allow, netip.PrefixFrom(a, a.BitLen()))
			}
		}
		ls = append(ls, l)
	}
	return ls, nil
}

// Run has s serve all of ls until ctx ends or one of them fails, and then shuts s down, which may
// take grace. It returns nil after the end of ctx, unless requests had to be cut. A listener that
// was detached has not failed: Run goes on with the others, and ends as after the end of ctx once
// all were (see [gateway.Server.Detach]).
func Run(ctx context.Context, s *gateway.Server, grace time.Duration, ls ...*Listener) error {
	defer noteRunning(s)()
	errs := make(chan error, len(ls))
	for _, l := range ls {
		go func() { errs <- l.Serve(s) }()
	}
	running, failed := awaitEnd(ctx, errs, len(ls))
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	err := s.Shutdown(end)
	for range running {
		<-errs
	}
	switch {
	case failed != nil && !errors.Is(failed, gateway.ErrServerClosed):
		return failed
	case err != nil:
		return fmt.Errorf("requests were cut that had not ended %v after the signal to stop: %w", grace, err)
	}
	return nil
}

// awaitEnd waits until ctx ends, or one of the listeners fails, or the last one has been detached.
// It returns how many are left, and the failure.
func awaitEnd(ctx context.Context, errs <-chan error, running int) (left int, failed error) {
	for {
		select {
		case <-ctx.Done():
			return running, nil
		case err := <-errs:
			running--
			if !errors.Is(err, gateway.ErrDetached) {
				return running, err
			}
			if running == 0 {
				return 0, nil
			}
		}
	}
}
