package cgi_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"github.com/postern-gateway/postern/cgi"
	"github.com/postern-gateway/postern/protocol"
)

func ExampleClient() {
	dir, err := os.MkdirTemp("", "scripts")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	script := "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\nhello from %s, %s\\n' \"$SCRIPT_NAME\" \"$PATH_INFO\"\n"
	if err := os.WriteFile(filepath.Join(dir, "hello.cgi"), []byte(script), 0o755); err != nil {
		log.Fatal(err)
	}

	c := &cgi.Client{Dir: &cgi.Dir{Root: dir, Prefix: "/cgi-bin"}}
	defer c.Close()
	resp, err := c.RoundTrip(context.Background(), &protocol.Request{Params: protocol.Params{
		{Name: "REQUEST_METHOD", Value: "GET"},
		{Name: "SCRIPT_NAME", Value: "/cgi-bin/hello.cgi/world"},
	}})
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	fmt.Printf("%d %s%v\n", resp.Status, body, err)
	// Output:
	// 200 hello from /cgi-bin/hello.cgi, /world
	// <nil>
}

func ExampleDir() {
	c := &cgi.Client{
		Dir:          &cgi.Dir{Root: "/usr/lib/cgi-bin", Prefix: "/cgi-bin", Allow: []string{".cgi", ".py"}, Index: []string{"index.cgi"}},
		Interpreters: map[string]string{".py": "/usr/bin/python3"},
	}
	defer c.Close()
	// c is now a backend for any gateway: gateway.Proxy, or a handler of one's own that calls
	// c.RoundTrip.
}

func ExampleProgram() {
	var out strings.Builder // a script leaves all of these to be the process's own
	p := &cgi.Program{Environ: []string{"REQUEST_METHOD=GET", "PATH_INFO=/world"}, Stdin: strings.NewReader(""), Stdout: &out, NPH: true}
	err := p.Serve(protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		w.Header().Set("Content-Type", "text/plain")
		_, err := fmt.Fprintf(w, "hello, %s\n", r.Params.Get("PATH_INFO"))
		return err
	}))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(strings.ReplaceAll(out.String(), "\r\n", "\n"))
	// Output:
	// HTTP/1.1 200 OK
	// Connection: close
	// Content-Length: 14
	// Content-Type: text/plain
	//
	// hello, /world
}

func ExampleRun() {
	c := &cgi.Client{Path: "/bin/true", Observe: func(r cgi.Run) { fmt.Println(r.Script, "wrote", r.Received, "bytes") }}
	defer c.Close()
	_, err := c.RoundTrip(context.Background(), &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "GET")})
	fmt.Println(protocol.Status(err)) // nothing is no head
	// Output:
	// /bin/true wrote 0 bytes
	// 502
}

func ExampleClient_Stats() {
	c := &cgi.Client{Path: "/bin/sleep", CommandLine: true}
	for _, seconds := range []string{"0", "1000"} {
		ctx, cancel := context.WithCancel(context.Background())
		if seconds == "1000" {
			time.AfterFunc(100*time.Millisecond, cancel) // the client goes
		}
		c.RoundTrip(ctx, &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "GET", "QUERY_STRING", seconds)})
		cancel()
	}
	c.Close() // waits until both are gone
	var s cgi.Stats = c.Stats()
	fmt.Println(s.Started, "started,", s.Stopped, "stopped,", s.Running, "running")
	// Output:
	// 2 started, 1 stopped, 0 running
}

func ExampleResourceLimits() {
	c := &cgi.Client{
		Dir:            &cgi.Dir{Root: "/usr/lib/cgi-bin"},
		User:           "www-data",
		ResourceLimits: cgi.ResourceLimits{CPU: 30 * time.Second, Memory: 512 << 20, Files: 64},
	}
	defer c.Close()
	// Each script of c runs as www-data, and is ended by the system beyond these limits.
}

// A program that ends at the second interrupt leaves no script behind.
func ExampleKillAll() {
	interrupts := make(chan os.Signal, 2)
	signal.Notify(interrupts, os.Interrupt)
	go func() {
		<-interrupts // the first: shut down
		<-interrupts
		cgi.KillAll()
		os.Exit(1)
	}()
}
