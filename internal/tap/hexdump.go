package tap

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// The forms of a hexdump's line.
var (
	xxdLine   = regexp.MustCompile(`^([0-9a-f]{8,}): ((?:[0-9a-f]{2}){1,}(?: (?:[0-9a-f]{2})+)*) `)
	canonical = regexp.MustCompile(`^([0-9a-f]{8,})  ((?:[0-9a-f]{2} {1,2}){1,16}) *\|`)
	offset    = regexp.MustCompile(`^[0-9a-f]{7,}$`)
	words     = regexp.MustCompile(`^[0-9a-f]{7}(?: +[0-9a-f]{4})+ *$`) // of hexdump without -C
)

// isHexdump reports whether a file looks like the output of xxd, or of hexdump with -C or without.
func isHexdump(b []byte) bool {
	line, _, _ := bytes.Cut(b, []byte("\n"))
	line = bytes.TrimSuffix(line, []byte("\r"))
	return xxdLine.Match(line) || canonical.Match(line) || words.Match(line)
}

// parseHexdump reads the output of xxd, or of hexdump -C. A "*" stands for lines that are as the
// one before it.
func parseHexdump(b []byte) ([]byte, error) {
	var out, row []byte
	first, repeats, number := -1, false, 0
	for line := range strings.Lines(string(b)) {
		number++
		line = strings.TrimRight(line, "\r\n")
		at, cells := "", ""
		switch m := append(xxdLine.FindStringSubmatch(line), canonical.FindStringSubmatch(line)...); {
		case len(m) > 0:
			at, cells = m[1], m[2]
		case line == "*":
			repeats = true
			continue
		case offset.MatchString(line):
			at = line
		case line == "":
			continue
		case words.MatchString(line):
			return nil, fmt.Errorf("line %d: these are words whose bytes are swapped: write them by xxd or hexdump -C", number)
		default:
			return nil, fmt.Errorf("line %d is of no hexdump: %.60q; xxd and hexdump -C are known", number, line)
		}
		n, err := strconv.ParseInt(at, 16, 32)
		if err != nil {
			return nil, fmt.Errorf("line %d: bad offset %s", number, at)
		}
		if first < 0 {
			first = int(n)
		}
		for repeats && len(row) > 0 && first+len(out)+len(row) <= int(n) && len(out) < maxRecording {
			out = append(out, row...)
		}
		if repeats = false; first+len(out) != int(n) {
			return nil, fmt.Errorf("line %d is of offset %x, and %x is the next: lines are missing", number, n, first+len(out))
		}
		if row, err = hex.DecodeString(strings.ReplaceAll(cells, " ", "")); err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		out = append(out, row...)
	}
	return out, nil
}
