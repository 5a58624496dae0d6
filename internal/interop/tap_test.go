package interop

import (
	"crypto/sha1"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A tapProcess is a "postern tap" before a backend.
type tapProcess struct {
	*process
	addr net.Addr
}

// startTap starts a tap for FastCGI.
func startTap(t *testing.T, program, to string, args ...string) *tapProcess {
	t.Helper()
	argv := append([]string{program, "tap", "--listen", "fastcgi://127.0.0.1:0", "--to", to}, args...)
	p, err := startProcess(filepath.Join(t.TempDir(), "log"), nil, argv...)
	if err != nil {
		t.Fatal(err)
	}
	p.stopAtEnd(t)
	tap := &tapProcess{process: p}
	eventually(t, "a line that says where the tap is", func() bool {
		_, after, _ := strings.Cut(fileText(p.log), "listening on fastcgi://")
		text, _, whole := strings.Cut(after, ",")
		tap.addr, err = net.ResolveTCPAddr("tcp", text)
		return whole && err == nil
	})
	return tap
}

// TestTap has a tap between nginx and php-fpm, and between HAProxy that multiplexes and our server.
func TestTap(t *testing.T) {
	needPeers(t)
	t.Parallel()
	program := posternProgram(t)
	t.Run("nginx and php-fpm", func(t *testing.T) { tapBehindNginx(t, program) })
	t.Run("HAProxy", func(t *testing.T) { tapBehindHAProxy(t, program) })
}

// posted are the lines of a POST, without times and connections.
var posted = []string{
	`^. \* open 127\.0\.0\.1:\d+ -> 127\.0\.0\.1:\d+, fastcgi$`,
	`^. > BEGIN_REQUEST 1 RESPONDER$`,
	`^. > PARAMS 1 QUERY_STRING="do=sum" REQUEST_METHOD="POST" CONTENT_TYPE="" CONTENT_LENGTH="100" .*SCRIPT_FILENAME=".*/app\.php" `,
	`^. > PARAMS 1 end$`,
	`^. > STDIN 1 ".{64,}"\+36$`,
	`^. > STDIN 1 end$`,
	`^. < STDOUT 1 "(X-Powered-By: PHP/.*\\r\\n)?Content-type: text/plain;charset=UTF-8`,
	`^. < END_REQUEST 1 REQUEST_COMPLETE 0$`,
	`^. < end$`,
	`^. > end$`,
	`^. \* closed: \d+ bytes >, \d+ bytes <, .*s$`,
}

func tapBehindNginx(t *testing.T, program string) {
	f := phpFPM(t, 0)
	file := filepath.Join(t.TempDir(), "pcap")
	tap := startTap(t, program, "fastcgi+unix:"+f.socket, "--pcap", file, "--match", "REQUEST_METHOD=POST")
	c := startFront(t, peersFront(), "tap", tap.addr, f.dir)
	s := peerWay("http", loopback(c.Port))
	t.Cleanup(s.client.CloseIdleConnections)
	body := strings.Repeat("0123456789", 10)
	s.get(t, "/?do=uri").wantBody(t, "GET /?do=uri\n")
	s.do(t, call{path: "/?do=sum", body: strings.NewReader(body)}).want(t, 200).wantBody(t, fmt.Sprintf("100 of 100 %x\n", sha1.Sum([]byte(body))))
	tap.endsWell(t)
	_, said, _ := strings.Cut(strings.TrimSpace(fileText(tap.log)), "\n") // the listener's line
	lines := strings.Split(said, "\n")
	t.Logf("printed:\n%s", strings.Join(lines, "\n"))
	for i, want := range posted {
		line := ""
		if i < len(lines) {
			_, line, _ = strings.Cut(lines[i], " ") // behind the time
		}
		if !regexp.MustCompile(want).MatchString(line) {
			t.Errorf("line %d is %q, want %s", i, line, want)
		}
	}
	if len(lines) != len(posted) {
		t.Errorf("%d lines, want %d", len(lines), len(posted))
	}
	readByTcpdump(t, file, tap.addr.(*net.TCPAddr).Port, len(body))
	decoded, err := exec.CommandContext(t.Context(), program, "decode", "--match", "REQUEST_METHOD=GET", file).Output()
	if err != nil || strings.Count(string(decoded), " > BEGIN_REQUEST 1 RESPONDER") != 1 || strings.Contains(string(decoded), "POST") {
		t.Errorf("decode: %v: %s", err, decoded)
	}
}

// readByTcpdump finds the connections of the two requests in a capture, whole and with nothing
// that tcpdump complains of.
func readByTcpdump(t *testing.T, file string, port, body int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "tcpdump", "-nn", "-v", "-A", "-r", file, fmt.Sprintf("tcp port %d", port))
	errs, err := os.Create(filepath.Join(t.TempDir(), "errors"))
	if err != nil {
		t.Fatal(err)
	}
	defer errs.Close()
	cmd.Stderr = errs
	out, err := cmd.Output()
	text := string(out)
	if err != nil || strings.Contains(text, "incorrect") || strings.Contains(text, "bad cksum") {
		t.Errorf("tcpdump: %v; %s\n%s", err, fileText(errs.Name()), text)
	}
	to, from := fmt.Sprintf(` > 127\.0\.0\.1\.%d: `, port), fmt.Sprintf(`127\.0\.0\.1\.%d > 127\.0\.0\.1\.\d+: `, port)
	for _, want := range []struct {
		line  string
		times int
	}{
		{to + `Flags \[S\], cksum 0x[0-9a-f]+ \(correct\), seq 0, `, 2},
		{from + `Flags \[S\.\], cksum 0x[0-9a-f]+ \(correct\), seq 0, ack 1, `, 2},
		{to + `Flags \[P\.\], cksum 0x[0-9a-f]+ \(correct\), seq 1:\d+, ack 1, `, 2},
		{from + `Flags \[P\.\], cksum 0x[0-9a-f]+ \(correct\), seq 1:\d+, ack \d+, `, 2},
		{from + `Flags \[F\.\], `, 2},
		{to + `Flags \[F\.\], `, 2},
		{`REQUEST_METHODPOST`, 1},
		{`Content-type: text/plain;charset=UTF-8`, 1},
		{strings.Repeat("0123456789", body/10), 1},
	} {
		if n := len(regexp.MustCompile(want.line).FindAllString(text, -1)); n != want.times {
			t.Errorf("%d times %s, want %d, in\n%s", n, want.line, want.times, text)
		}
	}
}

// tapBehindHAProxy sees requests interleave on a connection, and decodes every record.
func tapBehindHAProxy(t *testing.T, program string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &pair{front: haproxy(), protocol: "fastcgi", conf: "fastcgi-mpxs-16k"}
	s := &site{pair: p, client: newClient(), exercise: newExercise()}
	t.Cleanup(s.client.CloseIdleConnections)
	serve(t, s.exercise, l, p.protocol)
	tap := startTap(t, program, "fastcgi://"+l.Addr().String())
	c := startFront(t, p.front, p.conf, tap.addr, "")
	s.addr, s.tlsAddr = loopback(c.Port), loopback(c.TLSPort)
	flood(t, s, 32, 4, larger)
	tap.endsWell(t)
	begun, open, most := 0, make(map[string]int), 0 // requests of each connection
	for line := range strings.Lines(fileText(tap.log)) {
		fields := strings.Fields(line)
		if strings.Contains(line, "malformed") || strings.Contains(line, "undecoded") || strings.Contains(line, "not shown") {
			t.Errorf("not decoded: %s", line)
		}
		if len(fields) < 4 {
			continue
		}
		switch fields[3] {
		case "BEGIN_REQUEST":
			begun++
			open[fields[1]]++
			most = max(most, open[fields[1]])
		case "END_REQUEST":
			open[fields[1]]--
		}
	}
	t.Logf("%d requests, up to %d at once on a connection", begun, most)
	if begun < 32*4*5/6 || most < 2 { // every sixth may be taken back before it comes here
		t.Error("nothing was multiplexed, or requests are missing")
	}
}
