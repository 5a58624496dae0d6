package floodtest

// records are the FastCGI floods of records that mean little.
func records() []Kind {
	again := func(n int, one []byte) []byte { return each(n, func(int) []byte { return one }) }
	return fastcgi([]Kind{
		{Name: "connections without a byte"},
		{Name: "half a record's header", First: []byte{1, 1, 0, 1}},
		{Name: "BEGIN and ABORT", Again: each(1000, func(id int) []byte { return append(begin(id, 1), record(typeAbort, id, nil, 0)...) })},
		{Name: "BEGIN and ABORT, taken", Again: each(1000, func(id int) []byte { return append(begin(id, 1), record(typeAbort, id, nil, 0)...) }), Reads: true},
		{Name: "requests and ABORT", Again: each(1000, func(id int) []byte { return append(get(id, "/stuck"), record(typeAbort, id, nil, 0)...) }), Reads: true},
		{Name: "BEGIN beyond the limit", Again: each(60_000, func(id int) []byte { return begin(id, 1) }), Reads: true},
		{Name: "BEGIN on an active id", Again: again(2, begin(1, 1))},
		{Name: "BEGIN of an unknown role", Again: again(1000, begin(1, 77))},
		{Name: "GET_VALUES, unread", Again: again(1000, record(typeValues, 0, pair("FCGI_MAX_REQS", ""), 0))},
		{Name: "GET_VALUES, taken", Again: again(1000, record(typeValues, 0, pair("FCGI_MAX_REQS", ""), 0)), Reads: true},
		{Name: "GET_VALUES of 65,000 bytes", Again: record(typeValues, 0, again(5000, pair("VALUE", ""))[:13*5000], 0), Reads: true},
		{Name: "GET_VALUES of 65,000 bytes, held", First: record(typeValues, 0, make([]byte, 65_000), 0)[:64_000]},
		{Name: "records of an unknown type, id 0", Again: again(1000, record(99, 0, nil, 0))},
		{Name: "records of an unknown type", Again: again(1000, record(99, 1, make([]byte, 100), 0))},
		{Name: "DATA of unknown ids", Again: body(typeData, 7, 240_000)},
		{Name: "ABORT of unknown ids", Again: each(1000, func(id int) []byte { return record(typeAbort, id, nil, 0) })},
		{Name: "PARAMS and STDIN without content", Again: again(1000, append(record(typeParams, 5, nil, 0), record(typeStdin, 5, nil, 0)...))},
		{Name: "STDIN ended again and again", First: get(1, "/stuck"), Again: again(1000, record(typeStdin, 1, nil, 0))},
		{Name: "PARAMS of a byte a record", First: begin(1, 1), Again: again(1000, record(typeParams, 1, []byte{0}, 0))},
		{Name: "STDIN of a byte a record", First: head(1, 1, "/stuck", 1<<30), Again: again(1000, record(typeStdin, 1, []byte{0}, 0))},
		{Name: "STDIN of a byte a record, read", First: head(1, 1, "/read", 1<<30), Again: again(1000, record(typeStdin, 1, []byte{0}, 0))},
		{Name: "STDIN of a byte a write, read", First: head(1, 1, "/read", 1<<30), Again: record(typeStdin, 1, []byte{0}, 0)},
		{Name: "padding alone", Again: again(200, record(typeStdin, 9, nil, 255))},
		{Name: "padding of 255 after each byte", First: head(1, 1, "/stuck", 1<<30), Again: again(200, record(typeStdin, 1, []byte{0}, 255))},
		{Name: "pairs of 2 GiB, as announced", First: append(begin(1, 1), record(typeParams, 1, []byte{255, 255, 255, 255, 255, 255, 255, 255, 0}, 0)...)},
		{Name: "pairs of 2 GiB, and the end", First: join(begin(1, 1), record(typeParams, 1, []byte{255, 255, 255, 255, 255, 255, 255, 255, 0}, 0),
			record(typeParams, 1, nil, 0))},
		{Name: "a version that is none", Again: []byte{9, 9, 9, 9, 9, 9, 9, 9}},
	})
}
