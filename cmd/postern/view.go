package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/spf13/pflag"

	"github.com/postern-gateway/postern/internal/tap"
	"github.com/postern-gateway/postern/protocol"
)

// A viewConfig says how a conversation is shown.
type viewConfig struct {
	wire, json bool
	match      []string
	pcap       string
}

// viewHelp is what tap and decode have in common.
const viewHelp = `--match NAME=PATTERN shows the requests alone whose variable NAME is PATTERN, with their responses; NAME!=PATTERN those whose
variable is not. A * in PATTERN stands for any bytes, a variable that is not there is as an empty one, and of several
--match all must hold. Requests of HTTP have the variables that a gateway would make of them, HTTP_HOST and so on.

--json prints a line of JSON for each message: time, conn, event (open, message, undecoded, lost, end, reset, refused, close),
side (request, response), protocol, title, request, begins, ends, offset, length, params, error, and spans, each with offset,
length, kind (framing, name, value, data), field, value, and its bytes as text, or base64 where they are no UTF-8.`

func (cfg *viewConfig) addFlags(f *pflag.FlagSet) {
	f.BoolVar(&cfg.wire, "wire", false, "print every byte too, with its offset and what it is")
	f.BoolVar(&cfg.json, "json", false, "print lines of JSON")
	f.StringArrayVar(&cfg.match, "match", nil, "show requests with this `variable` alone, as in 'REQUEST_URI=/wiki*' (repeatable)")
	f.StringVar(&cfg.pcap, "pcap", "", "write all that passes to this `file`, for Wireshark and tcpdump -r")
}

// A view shows a conversation.
type view struct {
	out     *bufio.Writer
	decoder tap.Decoder
	filter  tap.Filter
	print   func(*tap.Message) error
	file    *packetFile  // nil: none is written
	capture *tap.Capture // into file
	err     error        // why nothing more is printed
}

// open returns what shows a conversation on out. It writes no file yet.
func (cfg *viewConfig) open(out io.Writer, tracers []protocol.Tracer) (*view, error) {
	v := &view{out: bufio.NewWriterSize(out, 64<<10)}
	v.decoder = tap.Decoder{Tracers: tracers, Emit: v.filter.Add}
	v.filter.Emit = v.message
	if v.print = (&tap.Printer{Out: v.out, Wire: cfg.wire}).Print; cfg.json {
		v.print = tap.NewJSONPrinter(v.out).Print
	}
	switch {
	case cfg.json && cfg.wire:
		return nil, errors.New("--json has every byte already: leave out --wire")
	case cfg.pcap == "-":
		return nil, errors.New("--pcap -: standard output has the conversation: name a file, or a named pipe that Wireshark reads")
	}
	for _, text := range cfg.match {
		c, err := tap.ParseCondition(text)
		if err != nil {
			return nil, fmt.Errorf("--match %w", err)
		}
		v.filter.Conditions = append(v.filter.Conditions, c)
	}
	return v, nil
}

// record has what passes written to a file, if it has a name.
func (v *view) record(ctx context.Context, name, protocolName string, log *slog.Logger) (err error) {
	if name == "" {
		return nil
	}
	if v.file, err = createPacketFile(ctx, name, log); err == nil {
		v.capture, err = tap.NewCapture(v.file)
	}
	if err != nil {
		return fmt.Errorf("--pcap: %w", err)
	}
	v.capture.ServerPort = map[string]uint16{"http": 80, "scgi": 4000, "uwsgi": 3031}[protocolName]
	if v.capture.ServerPort == 0 {
		v.capture.ServerPort = 9000
	}
	return nil
}

// message prints a message, unless an earlier one could not be.
func (v *view) message(m *tap.Message) {
	if v.err == nil {
		v.err = v.print(m)
	}
}

// observe shows an event.
func (v *view) observe(e tap.Event) {
	v.write(e)
	v.decoder.Add(e)
}

// write writes an event to the file, if there is one.
func (v *view) write(e tap.Event) {
	if v.capture != nil {
		v.capture.Add(e)
	}
}

// flush lets everybody see what has been shown so far. It returns the first error of printing.
// What is wrong with the file is told to log, once, and by close.
func (v *view) flush(log *slog.Logger) error {
	if err := v.out.Flush(); v.err == nil {
		v.err = err
	}
	if v.file != nil && v.file.err == nil {
		if err := v.file.flush(); err != nil {
			log.Error("no more packets are written; all else goes on", "err", err)
		}
	}
	return v.err
}

// close ends the file, and returns the first error of writing it.
func (v *view) close() error {
	if v.file == nil {
		return nil
	}
	return v.file.close()
}
