// Package rpc is uWSGI's remote procedure calls (docs "uWSGI RPC Stack"): functions that are called
// by a name, with arguments that are bytes, and return bytes. A [Registry] serves them beside
// requests on the same uwsgi listener, a [Client] calls those of uWSGI and of ours, and [Local]
// calls in the same process.
//
//	functions := new(rpc.Registry)
//	functions.Register("hello", func(ctx context.Context, args [][]byte) ([]byte, error) { ... })
//	l, err := endpoint.Listen(ctx, "uwsgi://127.0.0.1:3031")
//	l.UWSGI.Kinds = map[uwsgi.Modifier]uwsgi.Kind{uwsgi.ModifierRPC: functions}
//
// # The call
//
// A call is one packet, and a connection carries one. Its block is an array: the function's name
// and the arguments, each after its size. Numbers are little-endian:
//
//	ad                              modifier1: 173
//	0e 00                           datasize: the block's; at most 65,535
//	00                              modifier2: the form of the answer
//	02 00 "fn"                      the function
//	03 00 "foo"  03 00 "bar"        at most 254 arguments
//
// # The answer
//
// By modifier2:
//
//	0   a packet in the place of the result, up to 65,535 bytes:   ad 0b 00 00 "Hello World"
//	    a longer one behind variables, of modifier2 5:             ad 17 00 05 0e 00 "CONTENT_LENGTH" 05 00 "65536" result
//	    a failure, without a length:                               ad LL LL 05 0a 00 "RPC_STATUS" 03 00 "404" 09 00 "RPC_ERROR" ...
//	1   the result alone; 5 and more likewise
//	2   HTTP: the block is variables, PATH_INFO is "/fn/foo/bar"
//	3   HTTP: the block is variables, the body is XML-RPC
//	4   HTTP: the block is variables, the body is JSON-RPC 2.0
//
// The last three are handlers, too, for any protocol: [Registry.Path], [Registry.XMLRPC] and
// [Registry.JSONRPC]. [Registry.HTTP] is the first of them for HTTP's clients.
//
// What is called may change something, and GET and HEAD must not (RFC 9110 section 9.2.1). So
// XML-RPC, JSON-RPC and [Registry.HTTP] take POST alone, and answer any other method with 405 and
// Allow. A call by a path behind a front (uwsgi_modifier2 2) is made whatever the method is, as
// uWSGI makes it: the front is to tell which may come, by nginx's limit_except for one.
//
// A call that its caller takes back by closing the connection ends the function's context.
//
// # Where we differ
//
// A failure is told apart from an empty result, and is always logged. uWSGI closes without a byte
// for an unknown function, one that has failed and one that has returned nothing. Our packet of
// modifier2 5 without a CONTENT_LENGTH says which; uWSGI's client makes None of that, as of its own
// server's silence. A raw answer has no room for it: there a failure is silence here too, or HTTP's
// error page with [Registry.WrapRaw].
//
// Items without a byte are arguments. uWSGI's server leaves them out, so that the arguments behind
// them move, and refuses a call that ends in one; its documentation says that they are ignored,
// which its example for nginx needs. So in a raw call (modifier2 1), which is a front's, they are
// left out, at the end as well.
//
// What does not fit is an error on both sides. uWSGI drops arguments beyond 254, its client sends
// none of 256, and an empty one for 65,536 bytes. A name may not have a NUL in it: uWSGI's ends
// there.
//
// By a path, an empty result is 200 where uWSGI answers 404, and a path without a function 400.
// SERVER_PROTOCOL does not come back in the status line. Accept becomes the Content-Type only if it
// is one type. HEAD has no body.
//
// uWSGI's XML-RPC answers 500, or ends its worker. JSON-RPC it has only planned: it takes modifier2
// 4 for 1. Ours are whole. They take a document of their own media types alone, which no page of
// another site can have a browser send unasked.
//
// uWSGI takes no more than 4,096 bytes of a call unless its buffer-size says more, and closes
// without a byte: [ErrNoAnswer].
package rpc
