package interop

import (
	"encoding/xml"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/protocol"
)

// TestRTorrent calls rTorrent by XML-RPC over SCGI, which is how its web interfaces drive it: by
// our client, and by HTTP through the command.
func TestRTorrent(t *testing.T) {
	needPeers(t)
	t.Parallel()
	dir := t.TempDir()
	socket := filepath.Join(dir, "s")
	p, err := startProcess(filepath.Join(dir, "log"), nil, "rtorrent", "-n", "-o", "system.daemon.set=true", "-o", "session.path.set="+dir,
		"-o", "network.scgi.open_local="+socket)
	if err != nil {
		t.Fatal(err)
	}
	p.stopAtEnd(t)
	waitSocket(t, p, socket)
	t.Run("by the client", func(t *testing.T) { rtorrentByClient(t, socket) })
	t.Run("by postern serve", func(t *testing.T) {
		_, web := startServe(t, "scgi+unix:"+socket)
		client := newClient()
		t.Cleanup(client.CloseIdleConnections)
		for range 3 {
			b, err := readAll(client.Post("http://"+web+"/RPC2", "text/xml", strings.NewReader(listMethods)))
			if err != nil {
				t.Fatal(err)
			}
			wantMethods(t, b)
		}
	})
}

const listMethods = `<?xml version="1.0"?><methodCall><methodName>system.listMethods</methodName><params/></methodCall>`

func rtorrentByClient(t *testing.T, socket string) {
	c, err := endpoint.NewClient("scgi+unix:"+socket, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	res, err := c.RoundTrip(t.Context(), &protocol.Request{
		Params: protocol.Pairs("REQUEST_METHOD", "POST", "REQUEST_URI", "/RPC2", "CONTENT_TYPE", "text/xml",
			"CONTENT_LENGTH", strconv.Itoa(len(listMethods)), "SERVER_PROTOCOL", "HTTP/1.1"),
		Body: strings.NewReader(listMethods), ContentLength: int64(len(listMethods)),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil || res.Status != http.StatusOK {
		t.Fatalf("%d %.200q, %v", res.Status, b, err)
	}
	wantMethods(t, b)
}

// wantMethods fails unless an answer lists the methods of rTorrent.
func wantMethods(t *testing.T, answer []byte) {
	t.Helper()
	var got struct {
		Methods []string `xml:"params>param>value>array>data>value>string"`
	}
	if err := xml.Unmarshal(answer, &got); err != nil {
		t.Fatalf("%.200q: %v", answer, err)
	}
	if len(got.Methods) < 300 || !slices.Contains(got.Methods, "system.listMethods") || !slices.Contains(got.Methods, "d.multicall2") {
		t.Errorf("%d methods: %.10q", len(got.Methods), got.Methods)
	}
}
