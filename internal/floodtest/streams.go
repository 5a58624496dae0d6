package floodtest

import "strings"

// streams are the FastCGI floods that have many requests open.
func streams() []Kind {
	return fastcgi([]Kind{
		{Name: "STDIN unread, 64 streams", First: each(64, func(id int) []byte {
			return append(head(id, 1, "/stuck", 1<<20), body(typeStdin, id, 120_000)...)
		})},
		{Name: "STDIN unread, 128 streams, no end", First: each(128, func(id int) []byte { return head(id, 1, "/stuck", 1<<30) }),
			Again: each(128, func(id int) []byte { return body(typeStdin, id, 50_000) })},
		{Name: "STDIN unread, 1 stream, no end", First: head(1, 1, "/stuck", 1<<30), Again: body(typeStdin, 1, 300_000)},
		{Name: "DATA unread, 64 streams", First: each(64, func(id int) []byte {
			return join(head(id, 3, "/stuck", 0), record(typeStdin, id, nil, 0), body(typeData, id, 120_000))
		})},
		{Name: "PARAMS half, 100 streams", First: each(100, func(id int) []byte { return append(begin(id, 1), params(id, 40_000)...) })},
		{Name: "PARAMS half, 1 stream", First: append(begin(1, 1), params(1, 199_000)...)},
		{Name: "PARAMS of 500 variables, 128 streams", First: each(128, func(id int) []byte { return many(id, 500, 1) })},
		{Name: "PARAMS of 500 variables, 1 stream", First: many(1, 500, 390)},
		{Name: "answers unread, 100 streams", First: each(100, func(id int) []byte { return get(id, "/large") })},
		{Name: "answers unread, 100 streams, copied", First: each(100, func(id int) []byte { return get(id, "/copy") })},
		{Name: "answers unread, 100 streams, begun before", First: each(100, func(id int) []byte { return get(id, "/late") })},
		{Name: "answers unread, no end", Again: each(1000, func(id int) []byte { return get(id, "/") })},
		{Name: "handlers slow, 64 streams", First: each(64, func(id int) []byte { return get(id, "/stuck") })},
		{Name: "handlers slow, 64 streams, then half PARAMS", First: append(each(64, func(id int) []byte { return get(id, "/stuck") }),
			each(100, func(id int) []byte { return append(begin(100+id, 1), params(100+id, 9_000)...) })...)},
		{Name: "BEGIN alone, 128 streams", First: each(128, func(id int) []byte { return begin(id, 1) })},
		{Name: "requests whole, taken, no end", Again: each(100, func(id int) []byte { return get(id, "/") }), Reads: true},
	})
}

// many is a whole request with count variables of n bytes each besides its own.
func many(id, count, n int) []byte {
	b := begin(id, 1)
	all := pair("REQUEST_METHOD", "GET")
	all = append(all, pair("REQUEST_URI", "/stuck")...)
	for range count {
		all = append(all, pair("X", strings.Repeat("x", n))...)
	}
	for len(all) > 0 {
		m := min(len(all), 60_000)
		b = append(b, record(typeParams, id, all[:m], 0)...)
		all = all[m:]
	}
	return append(b, record(typeParams, id, nil, 0)...)
}

// fastcgi names their protocol.
func fastcgi(kinds []Kind) []Kind { return of("fastcgi", kinds) }

func of(protocol string, kinds []Kind) []Kind {
	for i := range kinds {
		kinds[i].Protocol = protocol
	}
	return kinds
}
