package tap

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/internal/pcap"
	"github.com/postern-gateway/postern/protocol"
)

// story has each kind of event, on a TCP connection, one of IPv6 and one of a Unix socket.
func story() (events []Event) {
	at := time.Unix(1_000_000_000, 0)
	conns := []*Conn{
		{ID: 1, Front: "127.0.0.1:4711", Server: "127.0.0.1:9001"},
		{ID: 2, Front: "[::1]:4711", Server: "[::1]:9001"},
		{ID: 3, Front: "@", Server: "/run/s"},
		{ID: 4, Front: "127.0.0.1:4711", Server: "127.0.0.1:9001"}, // as the first
	}
	add := func(c *Conn, kind Kind, side protocol.Side, data string) {
		at = at.Add(time.Millisecond)
		events = append(events, Event{Conn: c, Time: at, Kind: kind, Side: side, Data: []byte(data)})
	}
	for _, c := range conns {
		c.FrontAddr, _ = netip.ParseAddrPort(c.Front)
		c.ServerAddr, _ = netip.ParseAddrPort(c.Server)
		add(c, Opened, 0, "")
		add(c, Data, 0, "ask")
		add(c, Data, 1, strings.Repeat("answer", 20_000))
		switch c.ID {
		case 1, 4:
			add(c, Ended, 1, "")
			add(c, Data, 0, "more")
			add(c, Ended, 0, "")
		case 2:
			add(c, Reset, 0, "")
		case 3:
			add(c, Lost, 0, "")
			events[len(events)-1].Lost = 7
			add(c, Data, 0, "after")
		}
		add(c, Closed, 0, "")
	}
	return events
}

// told is what events say, pieces of data in a row as one.
func told(events []Event) string {
	var s strings.Builder
	size := 0
	for i, e := range events {
		if e.Kind == Data {
			if size += len(e.Data); i+1 < len(events) && events[i+1].Kind == Data && events[i+1].Side == e.Side && events[i+1].Conn == e.Conn {
				continue
			}
		}
		fmt.Fprintln(&s, e.Conn.ID, e.Conn.Front, e.Conn.Server, e.Kind, e.Side, size, e.Lost)
		size = 0
	}
	return s.String()
}

// What is captured is read again.
func TestCapture(t *testing.T) {
	var file bytes.Buffer
	c, err := NewCapture(&file)
	if err != nil {
		t.Fatal(err)
	}
	c.ServerPort = 9000
	for _, e := range story() {
		c.Add(e)
	}
	if c.Err() != nil || len(c.conns) > 0 {
		t.Errorf("%v, %d connections are not forgotten", c.Err(), len(c.conns))
	}
	var got []Event
	rec := &Recording{Tracers: []protocol.Tracer{wordTracer{}}, Emit: func(*Message) {}, Observe: func(e Event) { got = append(got, e) }}
	if err := rec.Read(&file); err != nil {
		t.Error(err)
	}
	want := strings.ReplaceAll(told(story()), "3 @ /run/s ", "3 127.0.0.1:32771 127.0.0.1:9000 ")
	// A capture shows late what it lacks, and a connection that was cut as one that was reset.
	lost := "3 127.0.0.1:32771 127.0.0.1:9000 lost 0 0 7\n3 127.0.0.1:32771 127.0.0.1:9000 message 0 5 0\n"
	want = strings.Replace(want, lost, "3 127.0.0.1:32771 127.0.0.1:9000 reset 1 0 0\n"+lost, 1)
	if diff := cmp.Diff(want, told(got)); diff != "" {
		t.Error(diff)
	}
}

// A failing file ends the capture and nothing else.
func TestCaptureThatCannotBeWritten(t *testing.T) {
	full := errors.New("full")
	c, err := NewCapture(writerFunc(func(p []byte) (int, error) {
		if len(p) > 1000 {
			return 0, full
		}
		return len(p), nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range story() {
		c.Add(e)
	}
	if c.Err() != full {
		t.Error(c.Err())
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// portOf is what --port says: one of the two servers'.
func portOf(segments []pcap.Segment) uint16 {
	if a := segments[0]; a.Src.Port() == 50000 || a.Dst.Port() == 50000 {
		return 50000
	}
	return 9000
}

// Segments come in any order, again, in part, cut, and without their connection's beginning.
func TestFlows(t *testing.T) {
	front, server := netip.MustParseAddrPort("10.0.0.1:40000"), netip.MustParseAddrPort("10.0.0.2:9000")
	up := func(seq uint32, flags pcap.Flags, text string) pcap.Segment {
		return pcap.Segment{Src: front, Dst: server, Seq: seq, Flags: flags | pcap.ACK, Payload: []byte(text)}
	}
	down := func(seq uint32, flags pcap.Flags, text string) pcap.Segment {
		return pcap.Segment{Src: server, Dst: front, Seq: seq, Flags: flags | pcap.ACK, Payload: []byte(text)}
	}
	cut := up(1, 0, "abc")
	cut.Cut = 2
	highServer := netip.AddrPortFrom(server.Addr(), 50000)
	high := func(s pcap.Segment) pcap.Segment { // the same with a server whose port is the greater
		for _, a := range []*netip.AddrPort{&s.Src, &s.Dst} {
			if *a == server {
				*a = highServer
			}
		}
		return s
	}
	for _, row := range []struct {
		text     string
		segments []pcap.Segment
		want     string
	}{
		{"from its middle, to a great port", []pcap.Segment{high(up(0, 0, "a")), high(down(0, 0, "x"))}, "open >a <x close"},
		{"the great port's bytes first", []pcap.Segment{high(down(0, 0, "x")), high(up(0, 0, "a"))}, "open <x >a close"},
		{"in order", []pcap.Segment{up(0, 0, "ab"), down(9, 0, "xy"), up(2, pcap.FIN, "c"), down(11, pcap.FIN, "")}, "open >ab <xy >c end> end< close"},
		{"out of order", []pcap.Segment{up(0, 0, "a"), up(3, pcap.FIN, "d"), up(2, 0, "c"), up(1, 0, "b")}, "open >a >b >c >d end> close"},
		{"again and in part", []pcap.Segment{up(0, 0, "abc"), up(0, 0, "abc"), up(1, 0, "bcd"), up(0, 0, "")}, "open >abc >d close"},
		{"around zero", []pcap.Segment{up(0xfffffffe, 0, "abc"), up(1, 0, "d")}, "open >abc >d close"},
		{"one is missing", []pcap.Segment{up(0, 0, "a"), up(3, 0, "d"), up(3, 0, "d"), up(6, 0, "g")}, "open >a lost 2 >d lost 2 >g close"},
		{"one was cut", []pcap.Segment{cut, up(6, 0, "f")}, "open >abc lost 2 >f close"},
		{"only acknowledgements", []pcap.Segment{up(0, 0, ""), down(0, pcap.FIN, "")}, ""},
		{"the server's bytes first", []pcap.Segment{down(0, 0, "x"), up(0, 0, "a")}, "open <x >a close"},
		{"a reset", []pcap.Segment{up(0, 0, "a"), down(5, pcap.RST, ""), up(1, 0, "b")}, "open >a reset< close open >b close"},
		{"an answer to a SYN", []pcap.Segment{down(5, pcap.SYN, ""), down(7, 0, "y"), down(6, 0, "x"), up(0, 0, "a")}, "open <x <y >a close"},
	} {
		var got []string
		f := newTCPConns(portOf(row.segments), func(e Event) {
			mark := (&Message{Side: e.Side, Kind: Data}).mark()
			switch e.Kind {
			case Data:
				got = append(got, mark+string(e.Data))
			case Lost:
				got = append(got, fmt.Sprint(e.Kind, e.Lost))
			case Opened, Closed:
				got = append(got, e.Kind.String())
			default:
				got = append(got, e.Kind.String()+mark)
			}
		})
		for i := range row.segments {
			f.add(time.Unix(1, 0), &row.segments[i])
		}
		f.end()
		if diff := cmp.Diff(row.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s: %s", row.text, diff)
		}
	}
}
