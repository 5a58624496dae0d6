package wire

import (
	"bytes"
	"io"
	"net"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/scgi"
)

// TestListener prints both sides of a connection, and passes on what they are.
func TestListener(t *testing.T) {
	for _, row := range []struct {
		protocol       protocol.Tracer
		asks, says     string
		listener, dial string // what is printed
	}{
		{scgi.Protocol{}, "44:CONTENT_LENGTH\x002\x00SCGI\x001\x00REQUEST_METHOD\x00POST\x00,hi", "Status: 200 OK\r\n\r\nhello",
			"> request CONTENT_LENGTH=\"2\" SCGI=\"1\" REQUEST_METHOD=\"POST\"\n> body \"hi\"\n< head 200\n< body \"hello\"\n",
			"> request\n" +
				"     0  34 34                     length          44\n" +
				"     2  3a                        colon           \":\"\n" +
				"     3  43 4f 4e 54 45 4e 54 ...  name            \"CONTENT_LENGTH\"\n" +
				"    17  00                        NUL\n" +
				"    18  32                        value           \"2\"\n" +
				"    19  00                        NUL\n" +
				"    20  53 43 47 49               name            \"SCGI\"\n" +
				"    24  00                        NUL\n" +
				"    25  31                        value           \"1\"\n" +
				"    26  00                        NUL\n" +
				"    27  52 45 51 55 45 53 54 ...  name            \"REQUEST_METHOD\"\n" +
				"    41  00                        NUL\n" +
				"    42  50 4f 53 54               value           \"POST\"\n" +
				"    46  00                        NUL\n" +
				"    47  2c                        comma           \",\"\n" +
				"> body\n" +
				"    48  68 69                     body            \"hi\"\n" +
				"< head 200\n" +
				"     0  53 74 61 74 75 73         field name      \"Status\"\n" +
				"     6  3a 20                     colon           \": \"\n" +
				"     8  32 30 30 20 4f 4b         field value     \"200 OK\"\n" +
				"    14  0d 0a                     end of line\n" +
				"    16  0d 0a                     end of head\n" +
				"< body\n" +
				"    18  68 65 6c 6c 6f            body            \"hello\"\n"},
		{gateway.HTTPTracer{}, "GET / HTTP/1.0\r\n\r\n", "HTTP/1.0 204 No Content\r\n\r\n",
			"> request HTTP/1.0 GET \"/\"\n< head 204\n",
			"> request HTTP/1.0 GET\n" +
				"     0  47 45 54                  method          GET\n" +
				"     3  20                        space\n" +
				"     4  2f                        request-target  \"/\"\n" +
				"     5  20                        space\n" +
				"     6  48 54 54 50 2f 31 2e 30   HTTP-version    HTTP/1.0\n" +
				"    14  0d 0a                     end of line\n" +
				"    16  0d 0a                     end of head\n" +
				"< head 204\n" +
				"     0  48 54 54 50 2f 31 2e ...  status line     \"HTTP/1.0 204 No Content\\r\\n\"\n" +
				"    25  0d 0a                     end of head\n"},
		{scgi.Protocol{}, "GET / HTTP/1.0\r\n\r\n", "", "> scgi: read head: malformed: netstring length \"G\": \"GET / HTTP/1.0\\r\\n\\r\\n\"\n", ""},
	} {
		listener, dial := talk(t, row.protocol, row.asks, row.says)
		if diff := cmp.Diff(row.listener, listener); diff != "" {
			t.Errorf("the listener's: %s", diff)
		}
		if diff := cmp.Diff(row.dial, dial); diff != "" && row.dial != "" {
			t.Errorf("the client's: %s", diff)
		}
	}
}

// talk has a client ask and a server say something, and returns what was printed of it.
func talk(t *testing.T, p protocol.Tracer, asks, says string) (listener, dial string) {
	t.Helper()
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	var out, dialOut bytes.Buffer
	l := Listener(plain, p, &out)
	var server sync.WaitGroup
	server.Go(func() {
		c, err := l.Accept()
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		if b, err := io.ReadAll(c); string(b) != asks || err != nil {
			t.Errorf("the server read %q, %v", b, err)
		}
		io.WriteString(c, says)
		c.(interface{ CloseWrite() error }).CloseWrite()
	})
	raw, err := net.Dial("tcp", plain.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	c := Explain(raw, p, &dialOut)
	defer c.Close()
	io.WriteString(c, asks)
	c.(interface{ CloseWrite() error }).CloseWrite()
	if b, err := io.ReadAll(c); string(b) != says || err != nil {
		t.Errorf("the client read %q, %v", b, err)
	}
	server.Wait()
	return out.String(), dialOut.String()
}
