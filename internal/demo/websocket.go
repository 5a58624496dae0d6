package demo

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// The parts of RFC 6455 that an echo needs. Fragments are echoed as they come, each a frame with its own opcode and
// FIN bit, so no message has to be held as a whole.
const (
	opClose = 0x8
	opPing  = 0x9
	opPong  = 0xA

	finBit, maskBit = 0x80, 0x80
	reservedBits    = 0x70

	maxFrame = 1 << 20
	idleTime = time.Minute

	acceptGUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11" // section 1.3
)

func (c call) webSocket() error {
	key := c.field("Sec-WebSocket-Key")
	if !strings.EqualFold(c.field("Upgrade"), "websocket") || key == "" {
		c.w.Header().Set("Upgrade", "websocket")
		c.text(http.StatusUpgradeRequired, "this path is a WebSocket: the front must pass Upgrade and Sec-WebSocket-Key\n")
		return nil
	}
	hijacker, ok := c.w.(http.Hijacker)
	if !ok {
		return &protocol.Error{Op: "demo: /ws", Kind: protocol.ErrUnsupported, Detail: "this protocol cannot hand over its connection"}
	}
	sum := sha1.Sum([]byte(key + acceptGUID))
	h := c.w.Header()
	h.Set("Upgrade", "websocket")
	h.Set("Connection", "Upgrade")
	h.Set("Sec-WebSocket-Accept", base64.StdEncoding.EncodeToString(sum[:]))
	c.w.WriteHeader(http.StatusSwitchingProtocols)
	conn, rw, err := hijacker.Hijack()
	if err != nil {
		return err
	}
	defer conn.Close()
	for {
		if err := conn.SetDeadline(time.Now().Add(idleTime)); err != nil {
			return nil
		}
		if err := echoFrame(rw); err != nil {
			return nil // the connection is ours and ends here, whyever
		}
	}
}

var errClosed = errors.New("demo: WebSocket closed")

// echoFrame reads one frame and answers it. Once the peer closes it returns an error.
func echoFrame(rw *bufio.ReadWriter) error {
	first, payload, err := readFrame(rw.Reader)
	if err != nil {
		return err
	}
	op := first & 0x0f
	switch op {
	case opPing:
		first = finBit | opPong
	case opPong:
		return nil
	}
	if err := writeFrame(rw.Writer, first, payload); err != nil {
		return err
	}
	if op == opClose {
		return errClosed
	}
	return nil
}

// readFrame reads a client's frame, section 5.2, and takes the mask off.
func readFrame(r io.Reader) (first byte, payload []byte, err error) {
	var b [8]byte
	if _, err := io.ReadFull(r, b[:2]); err != nil {
		return 0, nil, err
	}
	first = b[0]
	size := uint64(b[1] &^ maskBit)
	if first&reservedBits != 0 || b[1]&maskBit == 0 {
		return 0, nil, errors.New("demo: WebSocket frame with reserved bits or without a mask")
	}
	if size >= 126 {
		long := b[:2]
		if size == 127 {
			long = b[:8]
		}
		if _, err := io.ReadFull(r, long); err != nil {
			return 0, nil, err
		}
		if size = uint64(binary.BigEndian.Uint16(long)); len(long) == 8 {
			size = binary.BigEndian.Uint64(long)
		}
	}
	if size > maxFrame {
		return 0, nil, fmt.Errorf("demo: WebSocket frame: %s", protocol.Exceeds(int64(min(size, 1<<62)), maxFrame, "bytes"))
	}
	var mask [4]byte
	if _, err := io.ReadFull(r, mask[:]); err != nil {
		return 0, nil, err
	}
	payload = make([]byte, size)
	if _, err := io.ReadFull(r, payload); err != nil {
		return 0, nil, err
	}
	for i := range payload {
		payload[i] ^= mask[i%4]
	}
	return first, payload, nil
}

func writeFrame(w *bufio.Writer, first byte, payload []byte) error {
	head := []byte{first}
	switch n := len(payload); {
	case n < 126:
		head = append(head, byte(n))
	case n <= 0xffff:
		head = binary.BigEndian.AppendUint16(append(head, 126), uint16(n))
	default:
		head = binary.BigEndian.AppendUint64(append(head, 127), uint64(n))
	}
	if _, err := w.Write(head); err != nil {
		return err
	}
	if _, err := w.Write(payload); err != nil {
		return err
	}
	return w.Flush()
}
