package uwsgi

import (
	"strconv"

	"github.com/postern-gateway/postern/protocol"
)

// A modifier is a packet's modifier1: its kind.
type modifier uint8

// The kinds that we know by name ("The uwsgi Protocol", the table of modifiers).
const (
	kindWSGI        modifier = 0
	kindPSGI        modifier = 5
	kindLua         modifier = 6
	kindRack        modifier = 7
	kindCGI         modifier = 9
	kindAdmin       modifier = 10
	kindPHP         modifier = 14
	kindSpooler     modifier = 17
	kindSymcall     modifier = 18
	kindEval        modifier = 22
	kindFastFunc    modifier = 27
	kindStripped    modifier = 30 // WSGI, PATH_INFO with SCRIPT_NAME in front
	kindSNMP        modifier = 48
	kindHTTP        modifier = 72
	kindLog         modifier = 96
	kindReload      modifier = 98
	kindConfig      modifier = 99
	kindPing        modifier = 100
	kindEcho        modifier = 101
	kindLegion      modifier = 109
	kindSignal      modifier = 110
	kindCache       modifier = 111
	kindRPC         modifier = 173
	kindSubscribe   modifier = 224
	kindGenericResp modifier = 255
)

var modifierNames = [256]string{
	kindWSGI: "WSGI", kindPSGI: "PSGI", kindLua: "Lua", kindRack: "Rack", kindCGI: "CGI", kindAdmin: "admin", kindPHP: "PHP",
	kindSpooler: "spooler", kindSymcall: "symcall", kindEval: "eval", kindFastFunc: "fastfunc", kindStripped: "WSGI without SCRIPT_NAME",
	kindSNMP: "SNMP", kindHTTP: "HTTP", kindLog: "log", kindReload: "reload", kindConfig: "config", kindPing: "ping",
	kindEcho: "echo", kindLegion: "legion", kindSignal: "signal", kindCache: "cache", kindRPC: "RPC", kindSubscribe: "subscription",
	kindGenericResp: "response",
}

func (m modifier) String() string {
	if name := modifierNames[m]; name != "" {
		return strconv.Itoa(int(m)) + " (" + name + ")"
	}
	return strconv.Itoa(int(m))
}

// isRequest reports whether the packet is variables, followed by a body: a request that some
// language's plugin would serve.
func (m modifier) isRequest() bool {
	switch m {
	case kindWSGI, kindPSGI, kindLua, kindRack, kindCGI, kindPHP, kindStripped:
		return true
	}
	return false
}

// strip does with a packet of kind 30 what it asks for, and makes it one of kind 0: SCRIPT_NAME is
// cut off PATH_INFO. Where it ends inside an element of the path, no part of the path is the
// script's name (RFC 3875 section 3.3).
func strip(r *protocol.Request) {
	r.Modifier1 = uint8(kindWSGI)
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
