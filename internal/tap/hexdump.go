package tap

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// The forms of a hexdump's line: an offset, bytes, and the same as a text behind two blanks.
var (
	xxdLine = regexp.MustCompile(`^([0-9a-fA-F]{8,}): ((?:[0-9a-fA-F]{2})+(?: (?:[0-9a-fA-F]{2})+)*) `)
	// hexdump -C and Wireshark leave a gap after eight bytes, od -t x1 and tshark -x leave none
	byteLine = regexp.MustCompile(`^(?:([0-9a-fA-F]{4,}) +)?(` + half + `(?:  ` + half + `)?|[0-9a-fA-F]{2}(?: [0-9a-fA-F]{2})*)(?: *| {2,}[^ ].*)$`)
	offset   = regexp.MustCompile(`^[0-9a-fA-F]{6,}$`)
	// of hexdump without -C, and of od without -t
	words    = regexp.MustCompile(`^[0-9a-f]{7}(?: +[0-9a-f]{4,6})+ *$`)
	tcpdumps = regexp.MustCompile(`^[-0-9: ]*\d\.\d+ (?:\S+ +(?:In|Out|[BMP]) +)?IP6? `)
)

const half = `(?:[0-9a-fA-F]{2} ){0,7}[0-9a-fA-F]{2}`

// isHexdump reports whether a file looks like the output of xxd, od, hexdump, tcpdump or Wireshark.
func isHexdump(b []byte) bool {
	line := firstLine(b)
	return xxdLine.Match(line) || byteLine.Match(line) || words.Match(line) || tcpdumps.Match(line) || isPlain(b)
}

// firstLine is the first line that is not empty.
func firstLine(b []byte) []byte {
	line, _, _ := bytes.Cut(bytes.TrimLeft(bytes.TrimPrefix(b, []byte(byteOrder)), "\r\n"), []byte("\n"))
	return bytes.Trim(line, " \r")
}

// byteOrder is the mark that Windows begins a text with.
const byteOrder = "\ufeff"

// isPlain reports whether a file has hexadecimal digits alone, as xxd -p writes them.
func isPlain(b []byte) bool {
	digits := 0
	for _, c := range b {
		switch {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'f', c >= 'A' && c <= 'F':
			digits++
		case c != ' ' && c != '\n' && c != '\r':
			return false
		}
	}
	return digits >= 4 && digits%2 == 0
}

// A hexdump is one that is read.
type hexdump struct {
	out, row []byte
	base     int // of its offsets
	first    int // offset; -1: none has come
	indent   int // of the first line
	repeats  bool
}

// parseHexdump reads the output of xxd, hexdump -C, od -t x1 or Wireshark. A "*" stands for lines
// that are as the one before it.
func parseHexdump(b []byte) ([]byte, error) {
	text := strings.TrimPrefix(string(b), byteOrder)
	if line := firstLine(b); isPlain(b) && !byteLine.Match(line) && !words.Match(line) {
		return hex.DecodeString(strings.Join(strings.Fields(text), ""))
	}
	d := &hexdump{first: -1, indent: -1}
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimRight(line, " \r\n")
		if line == "" {
			continue
		}
		known, err := d.line(line)
		switch {
		case err != nil:
			return nil, fmt.Errorf("line %d%w", number, err)
		case !known:
			return nil, fmt.Errorf("line %d is of no hexdump: %.60q; those of xxd, hexdump -C, od -t x1 and Wireshark are known", number, line)
		}
	}
	return d.out, nil
}

// line reads a line, and reports whether it is of a hexdump.
func (d *hexdump) line(line string) (known bool, err error) {
	bare := strings.TrimLeft(line, " ")
	in := len(line) - len(bare)
	if d.indent < 0 {
		d.indent = in
	}
	at, cells := "", ""
	switch m := append(xxdLine.FindStringSubmatch(bare+" "), byteLine.FindStringSubmatch(bare)...); {
	case bare == "*":
		d.repeats = true
		return true, nil
	case offset.MatchString(bare):
		at = bare
	case len(m) > 0:
		at, cells = m[1], m[2]
	case words.MatchString(bare):
		return false, errors.New(": these are words whose bytes are swapped: write them by xxd or hexdump -C")
	case tcpdumps.MatchString(bare):
		return false, errors.New(" is a text of tcpdump's: write the packets by tcpdump -w FILE, and decode that")
	default:
		return false, nil
	}
	if in > d.indent && len(d.out) > 0 {
		return false, errors.New(" is farther in, as the other side is where Wireshark follows a stream: save one side alone")
	}
	if err := d.goTo(at); err != nil {
		return false, err
	}
	d.row, err = hex.DecodeString(strings.ReplaceAll(cells, " ", ""))
	d.out = append(d.out, d.row...)
	return true, err
}

// goTo takes the offset of a line, and the lines before it that were left out.
func (d *hexdump) goTo(at string) error {
	if at == "" {
		if d.repeats {
			return errors.New(": nothing says how many lines are left out before it: write all of them, by od -v")
		}
		return nil
	}
	n, err := d.offset(at)
	if err != nil {
		return fmt.Errorf(": bad offset %s", at)
	}
	if d.first < 0 {
		d.first = n
	}
	for d.repeats && len(d.row) > 0 && d.first+len(d.out)+len(d.row) <= n && len(d.out) < maxRecording {
		d.out = append(d.out, d.row...)
	}
	if d.repeats = false; d.first+len(d.out) != n {
		return fmt.Errorf(" is of offset %s, and %s is the next: lines are missing", strconv.FormatInt(int64(n), d.base), strconv.FormatInt(int64(d.first+len(d.out)), d.base))
	}
	return nil
}

// offset reads an offset. One of seven digits is od's, and octal unless the second of them says
// that it is decimal.
func (d *hexdump) offset(at string) (int, error) {
	switch {
	case d.base != 0 && len(d.out) != len(d.row):
	case len(at) != 7:
		d.base = 16
	default:
		d.base = 8
		if n, err := strconv.ParseInt(at, 10, 32); err == nil && d.first == 0 && int(n) == len(d.out) {
			d.base = 10
		}
	}
	n, err := strconv.ParseInt(at, d.base, 32)
	return int(n), err
}
