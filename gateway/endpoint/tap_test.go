package endpoint

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

func TestTracers(t *testing.T) {
	for name, want := range map[string]string{"fastcgi": "fastcgi", "auto": "fastcgi http scgi uwsgi", "cgi": "", "ajp": ""} {
		tracers, err := Tracers(name)
		var got []string
		for _, tracer := range tracers {
			got = append(got, tracer.Name())
		}
		if strings.Join(got, " ") != want || (err != nil) != (want == "") {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

func ExampleEndpoint_Dialer() {
	for _, url := range []string{"fastcgi+unix:/nonexistent", "auto://127.0.0.1:9000", "cgi:/bin/true", "scgi+fd:3", "uwsgi://127.0.0.1:1?param=A=b"} {
		e, err := Parse(url)
		if err != nil {
			fmt.Println(err)
			continue
		}
		dial, err := e.Dialer()
		if err == nil {
			_, err = dial(context.Background())
		}
		fmt.Println(err)
	}
	// Output:
	// dial unix /nonexistent: connect: no such file or directory
	// auto://127.0.0.1:9000: one cannot connect to auto: name the protocol that the backend speaks, over TCP or a Unix socket
	// cgi:/bin/true: one cannot connect to cgi: name the protocol that the backend speaks, over TCP or a Unix socket
	// scgi+fd:3: a file descriptor is for listening: write scgi://HOST:PORT or scgi+unix:PATH
	// uwsgi://127.0.0.1:1: option param is for requests, and bytes are passed on as they are
}
