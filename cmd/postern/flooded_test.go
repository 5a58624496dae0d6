//go:build linux && !race

package main

import (
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/internal/floodtest"
)

const (
	floodedBound = 256 << 10 // bytes of resident memory that a connection of a flood may take
	floodedConns = 100
	floodedGets  = 4000 // requests, before and meanwhile: the first garbage is collected by then
)

// heldBytes is what a flood sends first if it means to have much held.
const heldBytes = 2000

// needsHandler reports whether a flood asks for what the demo does not have.
func needsHandler(k *floodtest.Kind) bool {
	for _, path := range []string{"/stuck", "/large", "/copy", "/late", "/read"} {
		if strings.Contains(string(k.First), path) {
			return true
		}
	}
	return false
}

// TestFloodedConnectionsAreSmall: what TestFloods in internal/floodtest measures from inside, from
// outside: with the garbage that a client on another connection makes meanwhile. The process kept
// four times of what was in use as garbage: half of a head of 200 KB took 543 KB.
func TestFloodedConnectionsAreSmall(t *testing.T) {
	t.Setenv("GOMAXPROCS", "2") // each has buffers and stacks in store
	for _, kind := range floodtest.Kinds() {
		if len(kind.First) < heldBytes || needsHandler(&kind) {
			continue
		}
		t.Run(kind.Protocol+"/"+kind.Name, func(t *testing.T) {
			urls, cmd := startCommand(t, 2, "--listen", kind.Protocol+"://127.0.0.1:0", "--listen", "http://127.0.0.1:0", "--to", "demo:?handler=http",
				"--log-level", "error")
			p := &process{t: t, pid: cmd.Process.Pid}
			before := p.busy(urls[1])
			source := floodtest.Source{Kind: &kind, Dial: func() (net.Conn, error) {
				return net.Dial("tcp", strings.TrimPrefix(urls[0], kind.Protocol+"://"))
			}}
			for range floodedConns {
				go source.Flood(t.Context())
			}
			flooded := p.busy(urls[1])
			t.Logf("%d KB each", (flooded-before)/floodedConns>>10)
			if flooded > before+floodedConns*floodedBound {
				t.Errorf("%d bytes each", (flooded-before)/floodedConns)
			}
		})
	}
}

// busy makes requests, and returns what the process takes meanwhile: the median of some looks.
func (p *process) busy(url string) int {
	var looks []int
	for i := range floodedGets {
		res, err := http.Get(url)
		if err != nil {
			p.t.Fatal(err)
		}
		res.Body.Close()
		if i%100 == 0 {
			looks = append(looks, p.resident())
		}
	}
	slices.Sort(looks)
	return looks[len(looks)/2]
}
