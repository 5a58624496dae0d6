package main

import (
	"io"

	"github.com/spf13/pflag"

	"github.com/postern-gateway/postern/internal/tap"
	"github.com/postern-gateway/postern/protocol"
)

// A viewConfig says how a conversation is shown.
type viewConfig struct {
	wire  bool
	match []string
}

// viewHelp is what tap and decode have in common.
const viewHelp = `--match NAME=PATTERN shows the requests alone whose variable NAME is PATTERN, with their responses; NAME!=PATTERN those whose
variable is not. A * in PATTERN stands for any bytes, a variable that is not there is as an empty one, and of several
--match all must hold. Requests of HTTP have the variables that a gateway would make of them, HTTP_HOST and so on.`

func (cfg *viewConfig) addFlags(f *pflag.FlagSet) {
	f.BoolVar(&cfg.wire, "wire", false, "print every byte too, with its offset and what it is")
	f.StringArrayVar(&cfg.match, "match", nil, "show requests with this `variable` alone, as in 'REQUEST_URI=/wiki*' (repeatable)")
}

// A view shows a conversation.
type view struct {
	decoder tap.Decoder
	filter  tap.Filter
	printer tap.Printer
	failed  error
}

// open returns what shows a conversation on out, whose wire is that of one of the tracers.
func (cfg *viewConfig) open(out io.Writer, tracers []protocol.Tracer) (*view, error) {
	v := &view{printer: tap.Printer{Out: out, Wire: cfg.wire}}
	for _, text := range cfg.match {
		c, err := tap.ParseCondition(text)
		if err != nil {
			return nil, err
		}
		v.filter.Conditions = append(v.filter.Conditions, c)
	}
	v.decoder = tap.Decoder{Tracers: tracers, Emit: v.filter.Add}
	v.filter.Emit = func(m *tap.Message) {
		if err := v.printer.Print(m); err != nil {
			v.failed = err
		}
	}
	return v, nil
}

// observe shows an event.
func (v *view) observe(e tap.Event) { v.decoder.Add(e) }

// err is why nothing more is shown.
func (v *view) err() error { return v.failed }

func (v *view) close() error { return nil }
