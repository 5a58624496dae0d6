package uwsgi

import (
	"strconv"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/protocol"
)

// A Modifier is a packet's modifier1: its kind.
type Modifier uint8

// The kinds that have a name ("The uwsgi Protocol", the table of modifiers).
const (
	ModifierWSGI      Modifier = 0
	ModifierPSGI      Modifier = 5
	ModifierLua       Modifier = 6
	ModifierRack      Modifier = 7
	ModifierCGI       Modifier = 9
	ModifierAdmin     Modifier = 10
	ModifierPHP       Modifier = 14
	ModifierSpooler   Modifier = 17
	ModifierSymcall   Modifier = 18
	ModifierEval      Modifier = 22
	ModifierFastFunc  Modifier = 27
	ModifierStripped  Modifier = 30 // WSGI, PATH_INFO with SCRIPT_NAME in front
	ModifierSNMP      Modifier = 48
	ModifierHTTP      Modifier = 72
	ModifierLog       Modifier = 96
	ModifierReload    Modifier = 98
	ModifierConfig    Modifier = 99
	ModifierPing      Modifier = 100
	ModifierEcho      Modifier = 101
	ModifierLegion    Modifier = 109
	ModifierSignal    Modifier = 110
	ModifierCache     Modifier = 111
	ModifierRPC       Modifier = 173
	ModifierSubscribe Modifier = 224
	ModifierResponse  Modifier = 255
)

// A packetKind is what the protocol knows of a modifier1.
type packetKind struct {
	name string
	// variables: the block is variables and a body follows, as in a request that some language's
	// plugin would serve
	variables bool
	// read takes in a packet whose block is whole. nil: the packet is refused, unless
	// [Protocol.Kinds] has a row for it.
	read func(c *netio.OneRequest, r *protocol.Request, block []byte) error
}

// kinds has a row for each modifier1 that has a name.
var kinds = [256]packetKind{
	ModifierWSGI:     {"WSGI", true, readRequest},
	ModifierPSGI:     {"PSGI", true, readRequest},
	ModifierLua:      {"Lua", true, readRequest},
	ModifierRack:     {"Rack", true, readRequest},
	ModifierCGI:      {"CGI", true, readRequest},
	ModifierPHP:      {"PHP", true, readRequest},
	ModifierStripped: {"WSGI without SCRIPT_NAME", true, readStripped},
	ModifierPing:     {"ping", false, answerPing},

	ModifierAdmin:     {name: "admin"},
	ModifierSpooler:   {name: "spooler"},
	ModifierSymcall:   {name: "symcall"},
	ModifierEval:      {name: "eval"},
	ModifierFastFunc:  {name: "fastfunc"},
	ModifierSNMP:      {name: "SNMP"},
	ModifierHTTP:      {name: "HTTP"},
	ModifierLog:       {name: "log"},
	ModifierReload:    {name: "reload"},
	ModifierConfig:    {name: "config"},
	ModifierEcho:      {name: "echo"},
	ModifierLegion:    {name: "legion"},
	ModifierSignal:    {name: "signal"},
	ModifierCache:     {name: "cache"},
	ModifierRPC:       {name: "RPC"},
	ModifierSubscribe: {name: "subscription"},
	ModifierResponse:  {name: "response"},
}

// String returns the number, and the name where there is one: "173 (RPC)".
func (m Modifier) String() string {
	if name := kinds[m].name; name != "" {
		return strconv.Itoa(int(m)) + " (" + name + ")"
	}
	return strconv.Itoa(int(m))
}

// readRequest reads a request's variables and its body's length.
func readRequest(c *netio.OneRequest, r *protocol.Request, block []byte) (err error) {
	if r.Params, err = ConsumeVariables(block, c.Limits.ParamCount); err != nil {
		return err
	}
	r.ContentLength, err = r.RequiredLength()
	return err
}

// readStripped is readRequest for kind 30.
func readStripped(c *netio.OneRequest, r *protocol.Request, block []byte) error {
	err := readRequest(c, r, block)
	if len(r.Params) > 0 {
		strip(r)
	}
	return err
}

// strip does with a packet of kind 30 what it asks for, and makes it one of kind 0: SCRIPT_NAME is
// cut off PATH_INFO. Where it ends inside an element of the path, no part of the path is the
// script's name (RFC 3875 section 3.3).
func strip(r *protocol.Request) {
	r.Modifier1 = uint8(ModifierWSGI)
	name, path := r.Params.Get("SCRIPT_NAME"), r.Params.Get("PATH_INFO")
	if name == "" || path == "" {
		return
	}
	rest, ok := protocol.Below(path, name)
	if !ok {
		rest = path
	}
	r.Params.Set("SCRIPT_NAME", path[:len(path)-len(rest)])
	r.Params.Set("PATH_INFO", rest)
}
