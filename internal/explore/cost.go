package explore

// A Cost is what a request and its answer cost in one protocol.
type Cost struct {
	Request  int `json:"request"`  // bytes
	Response int `json:"response"` // bytes
	Content  int `json:"content"`  // of them, names, values and bodies
	Framing  int `json:"framing"`  // of them, all else
	// what one small request costs a server, with a connection of its own and on a kept one
	Own  Calls  `json:"own"`
	Kept Calls  `json:"kept"`
	Note string `json:"note"`
}

// Calls are the system calls that a server makes for one small request.
type Calls struct {
	Number int    `json:"number"` // 0: there is no such way
	Names  string `json:"names"`
}

// costs are the figures that are measured, not computed: the system calls are those that
// TestSystemCalls of the benchmarks counts, by strace, of Postern serving a small GET.
var costs = map[string]Cost{
	"cgi": {
		Note: "A process for each request: it is forked, loaded and reaped. No connection, and no limit but the kernel's on the environment.",
	},
	"fastcgi": {
		Own:  Calls{5, "accept4, recvfrom, read, write, close"},
		Kept: Calls{3, "read, write, read"},
		Note: "A connection may be kept for further requests, and may carry several at once.",
	},
	"scgi": {
		Own:  Calls{5, "accept4, recvfrom, write, read, close"},
		Note: "A connection for each request: the end of the connection is the end of the answer.",
	},
	"uwsgi": {
		Own:  Calls{5, "accept4, recvfrom, write, read, close"},
		Note: "A connection for each request. Sizes are told before the bytes, so limits can be checked before anything is read.",
	},
	"http": {
		Kept: Calls{3, "read, write, read"},
		Note: "A connection may be kept for further requests. They wait for each other.",
	},
}

// costOf counts the bytes of a request and its answer.
func costOf(name string, request, response Side) Cost {
	c := costs[name]
	c.Request, c.Response = len(request.Bytes), len(response.Bytes)
	c.Content = content(meanings[name+" request"], request) + content(meanings[name+" response"], response)
	c.Framing = c.Request + c.Response - c.Content
	return c
}

// content counts the bytes of a side that are names, values and bodies.
func content(meanings map[string]Meaning, s Side) (n int) {
	for _, m := range s.Messages {
		for _, s := range m.Spans {
			if meanings[s.Field].Class.isContent() {
				n += s.Length
			}
		}
	}
	return n
}
