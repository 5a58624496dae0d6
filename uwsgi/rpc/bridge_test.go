package rpc

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/internal/netio/netiotest"
	"github.com/postern-gateway/postern/uwsgi"
)

// bridgedFunctions are the functions of the bridges' tests: "same" returns its arguments in Go's
// syntax.
func bridgedFunctions(log *netiotest.Log) *Registry {
	r := functions()
	r.Log = log.Logger()
	r.Register("same", func(_ context.Context, args [][]byte) ([]byte, error) { return fmt.Appendf(nil, "%q", args), nil }, Doc{Help: "its arguments"})
	r.Register("bytes", func(_ context.Context, args [][]byte) ([]byte, error) { return []byte("\x00\xff"), nil })
	r.Register("liar", func(_ context.Context, args [][]byte) ([]byte, error) { return []byte("many"), nil }, Doc{Typed: true, Result: "int"})
	r.Register("coded", func(context.Context, [][]byte) ([]byte, error) { return nil, &Error{Code: 42, Message: "the answer"} })
	r.RegisterTyped("add", Func2(func(_ context.Context, a, b int) (int, error) { return a + b, nil }), "adds")
	r.RegisterTyped("half", Func1(func(_ context.Context, a float64) (float64, error) { return a / 2, nil }), "")
	r.RegisterTyped("not", Func1(func(_ context.Context, a bool) (bool, error) { return !a, nil }), "")
	r.RegisterTyped("later", Func1(func(_ context.Context, a time.Time) (time.Time, error) { return a.Add(time.Hour), nil }), "")
	r.RegisterTyped("blob", Func1(func(_ context.Context, a []byte) ([]byte, error) { return a, nil }), "")
	r.RegisterTyped("large", Func0(func(context.Context) (int64, error) { return 1 << 40, nil }), "")
	r.RegisterTyped("turned", Func1(func(_ context.Context, p point) (point, error) { return point{-p.X, p.Y + "<"}, nil }), "")
	r.RegisterTyped("list", Func1(func(_ context.Context, l []any) ([]any, error) { return append(l, nil), nil }), "")
	return r
}

// document is the packet of a document for a bridge, with its body.
func document(form uint8, body string, namesAndValues ...string) string {
	var block []byte
	for _, s := range append([]string{"CONTENT_LENGTH", fmt.Sprint(len(body))}, namesAndValues...) {
		block = uwsgi.AppendString(block, s)
	}
	return packet(form, string(block)) + body
}

// answered has a document answered, and returns the answer's body.
func answered(t *testing.T, r *Registry, says, contentType string) string {
	t.Helper()
	b, log := netiotest.Play(stream(r).Protocol, nil, netiotest.Report, []byte(says), nil)
	head, body, _ := strings.Cut(string(b), "\r\n\r\n")
	if !strings.HasPrefix(head, "HTTP/1.1 200 OK\r\n") || !strings.Contains(head, "Content-Type: "+contentType) || log != "" {
		t.Errorf("%.300q, %s", b, log)
	}
	return body
}

func xmlCall(name string, params ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<?xml version='1.0'?>\n<methodCall>\n<methodName>%s</methodName>\n<params>\n", name)
	for _, p := range params {
		fmt.Fprintf(&b, "<param>\n<value>%s</value>\n</param>\n", p)
	}
	return b.String() + "</params>\n</methodCall>\n"
}

func TestXMLRPC(t *testing.T) {
	fault := func(code int, text string) string {
		return fmt.Sprintf("fault<value><struct><member><name>faultCode</name><value><int>%d</int></value></member><member><name>faultString</name>"+
			"<value><string>%s</string></value></member></struct></value>", code, text)
	}
	deep := strings.Repeat("<array><data><value>", 33) + strings.Repeat("</value></data></array>", 33)
	for _, row := range []struct {
		text, doc, want string
		log             string // a part of what is logged; "" for nothing
	}{
		{"no parameters", xmlCall("hello"), "<string>Hello World</string>", ""},
		{"not even their element", "<methodCall><methodName> hello </methodName></methodCall>", "<string>Hello World</string>", ""},
		{"every type", xmlCall("same", "text", "<string>a &lt; &#65;</string>", "<int>-7</int>", "<i4>+8</i4>", "<i8>1099511627776</i8>", "<boolean>1</boolean>",
			"<double>-0.50</double>", "<dateTime.iso8601>20260203T04:05:06</dateTime.iso8601>", "<base64>AP8=\n</base64>", "<nil/>", "", "<string></string>"),
			`<string>[&#34;text&#34; &#34;a &lt; A&#34; &#34;-7&#34; &#34;8&#34; &#34;1099511627776&#34; &#34;true&#34; &#34;-0.5&#34; &#34;2026-02-03T04:05:06Z&#34; ` +
				`&#34;\x00\xff&#34; &#34;&#34; &#34;&#34; &#34;&#34;]</string>`, ""},
		{"an array and a struct are JSON", xmlCall("same", "<array><data><value><int>1</int></value><value>a</value></data></array>",
			"<struct><member><name>a</name><value><boolean>0</boolean></value></member></struct>", "<array><data/></array>"),
			`<string>[&#34;[1,\&#34;a\&#34;]&#34; &#34;{\&#34;a\&#34;:false}&#34; &#34;[]&#34;]</string>`, ""},
		{"a result that is no text", xmlCall("bytes"), "<base64>AP8=</base64>", ""},
		{"an empty result", xmlCall("empty"), "<string></string>", ""},
		{"a stream", xmlCall("stream", "8"), "<string>streamed</string>", ""},
		{"an int", xmlCall("add", "<int>40</int>", "<int>2</int>"), "<int>42</int>", ""},
		{"a large int", xmlCall("large"), "<i8>1099511627776</i8>", ""},
		{"a double", xmlCall("half", "<int>5</int>"), "<double>2.5</double>", ""},
		{"a boolean", xmlCall("not", "<boolean>0</boolean>"), "<boolean>1</boolean>", ""},
		{"a time", xmlCall("later", "<dateTime.iso8601>20260203T04:05:06</dateTime.iso8601>"), "<dateTime.iso8601>20260203T05:05:06</dateTime.iso8601>", ""},
		{"bytes", xmlCall("blob", "<base64>AP8=</base64>"), "<base64>AP8=</base64>", ""},
		{"a struct", xmlCall("turned", "<struct><member><name>x</name><value><int>1</int></value></member><member><name>y</name><value>&amp;</value></member></struct>"),
			"<struct><member><name>x</name><value><int>-1</int></value></member><member><name>y</name><value><string>&amp;&lt;</string></value></member></struct>", ""},
		{"an array", xmlCall("list", "<array><data><value><double>1.5</double></value></data></array>"),
			"<array><data><value><double>1.5</double></value><value><nil/></value></data></array>", ""},
		{"Latin-1", "<?xml version='1.0' encoding='ISO-8859-1'?>" + strings.TrimPrefix(xmlCall("echo", "\xe9"), "<?xml version='1.0'?>"), "<string>\u00e9</string>", ""},

		{"an unknown function", xmlCall("nobody"), fault(-32601, "no function of that name is registered"), `level=WARN msg="call failed" err="uwsgi: rpc \"nobody\": not found`},
		{"a failure", xmlCall("fail"), fault(-32500, "500 Internal Server Error"), "a secret"},
		{"a failure for the caller", xmlCall("teapot"), fault(-32500, "short and stout"), "short and stout"},
		{"a failure with a code", xmlCall("coded"), fault(42, "the answer"), "code=42"},
		{"a panic", xmlCall("panic"), fault(-32603, "500 Internal Server Error"), "at the function"},
		{"a wrong type", xmlCall("add", "<int>40</int>", "two"), fault(-32602, `argument 2: &#34;two&#34; is no int: invalid syntax`), "is no int"},
		{"255 parameters", xmlCall("count", strings.Split(strings.Repeat("a", 255), "")...), fault(-32602, "255 &gt; 254 arguments"), "255 > 254"},
		{"a result of another type", xmlCall("liar"), fault(-32603, "the result is not of the type that the function declares"), "liar"},
		{"not well-formed", "<methodCall><methodName>hello</methodCall>", fault(-32700, ""), "not well-formed"},
		{"no end", xmlCall("hello")[:60], fault(-32700, ""), "not well-formed"},
		{"an unknown encoding", "<?xml version='1.0' encoding='KOI8-R'?><methodCall/>", fault(-32700, ""), "KOI8-R"},
		{"another document", "<html></html>", fault(-32600, "&lt;html&gt; where &lt;methodCall&gt; is meant"), "html"},
		{"an unknown type", xmlCall("echo", "<date>1</date>"), fault(-32600, "date &#34;1&#34;: the type is unknown"), "unknown"},
		{"a bad int", xmlCall("echo", "<int>1.5</int>"), fault(-32600, "int &#34;1.5&#34;: invalid syntax"), "invalid syntax"},
		{"a bad boolean", xmlCall("echo", "<boolean>true</boolean>"), fault(-32600, "boolean &#34;true&#34;: 0 or 1 is meant"), "0 or 1"},
		{"text before a type", xmlCall("echo", "a<int>1</int>"), fault(-32600, "text &#34;a&#34; before &lt;int&gt;"), "before"},
		{"too deep", xmlCall("echo", deep), fault(-32600, "more than 32 arrays and structs are in one another"), "more than 32"},
		{"entities of its own: a billion laughs", "<!DOCTYPE a [<!ENTITY b 'bb'>]><methodCall><methodName>&b;</methodName></methodCall>", fault(-32600, "a document type is not allowed"), "document type"},
		{"an unknown entity", "<methodCall><methodName>&b;</methodName></methodCall>", fault(-32700, ""), "not well-formed"},

		{"the functions' names", xmlCall("system.listMethods"), "<value><string>same</string></value><value><string>stream</string></value><value><string>system.listMethods</string></value>", ""},
		{"a function's help", xmlCall("system.methodHelp", "add"), "<string>adds</string>", ""},
		{"a function's types", xmlCall("system.methodSignature", "add"),
			"<array><data><value><array><data><value><string>int</string></value><value><string>int</string></value><value><string>int</string></value></data></array></value></data></array>", ""},
		{"unknown types", xmlCall("system.methodSignature", "hello"), "<string>undef</string>", ""},
		{"help of nobody", xmlCall("system.methodHelp", "nobody"), fault(-32601, "no function &#34;nobody&#34; is registered"), "nobody"},
	} {
		var log netiotest.Log
		body := answered(t, bridgedFunctions(&log), document(formXML, row.doc, "CONTENT_TYPE", "text/xml"), "text/xml; charset=utf-8")
		want := row.want
		if strings.HasPrefix(want, "fault") && strings.HasSuffix(want, "<string></string></value></member></struct></value>") {
			// whatever the text is
			want = strings.TrimSuffix(want, "</string></value></member></struct></value>")
		}
		if !strings.Contains(strings.ReplaceAll(body, "<fault>", "fault"), want) || !strings.Contains(log.String(), row.log) || row.log == "" && log.String() != "" {
			t.Errorf("%s: %s\nlogged: %s\nwant: %s", row.text, body, log.String(), want)
		}
		if _, err := jsonOf(body); err != nil {
			t.Errorf("%s: %v: %s", row.text, err, body)
		}
	}
}

// jsonOf finds an answer well-formed.
func jsonOf(body string) (string, error) {
	r := newXMLReader([]byte(body))
	if err := r.open("methodResponse"); err != nil {
		return "", err
	}
	depth := 1
	for depth > 0 {
		name, err := r.d.Token()
		if err != nil {
			return "", err
		}
		switch fmt.Sprintf("%T", name) {
		case "xml.StartElement":
			depth++
		case "xml.EndElement":
			depth--
		}
	}
	return "", nil
}

func TestMulticall(t *testing.T) {
	one := func(name, params string) string {
		return "<value><struct><member><name>methodName</name><value>" + name + "</value></member><member><name>params</name><value><array><data>" + params +
			"</data></array></value></member></struct></value>"
	}
	calls := "<array><data>" + one("add", "<value><int>1</int></value><value><int>2</int></value>") + one("nobody", "") + one("system.multicall", "") +
		"<value>x</value></data></array>"
	var log netiotest.Log
	body := answered(t, bridgedFunctions(&log), document(formXML, xmlCall("system.multicall", calls)), "text/xml")
	for _, want := range []string{
		"<data><value><array><data><value><int>3</int></value></data></array></value><value><struct><member><name>faultCode</name><value><int>-32601</int>",
		"system.multicall: it cannot call itself", "system.multicall: a call is a struct of methodName and params",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("%s, want %s", body, want)
		}
	}
	for doc, want := range map[string]string{
		xmlCall("system.multicall"):           "one array is meant",
		xmlCall("system.multicall", "text"):   "an array is meant",
		xmlCall("system.multicall", "a", "b"): "one array is meant",
		xmlCall("system.multicall", "<array><data>"+strings.Repeat("<value/>", 255)+"</data></array>"): "255 &gt; 254 calls in one",
	} {
		if body := answered(t, bridgedFunctions(&log), document(formXML, doc), "text/xml"); !strings.Contains(body, want) {
			t.Errorf("%s, want %s", body, want)
		}
	}
}

func TestJSONRPC(t *testing.T) {
	call := func(name, params string) string {
		return `{"jsonrpc":"2.0","method":"` + name + `","params":` + params + `,"id":1}`
	}
	result := func(v string) string { return `{"jsonrpc":"2.0","result":` + v + `,"id":1}` }
	failure := func(code int, text, id string) string {
		return fmt.Sprintf(`{"jsonrpc":"2.0","error":{"code":%d,"message":%q},"id":%s}`, code, text, id)
	}
	const invalid = `a call is {"jsonrpc": "2.0", "method": "...", "params": [...], "id": ...}`
	for _, row := range []struct{ text, doc, want, log string }{
		{"no parameters", `{"jsonrpc": "2.0", "method": "hello", "id": "x"}`, `{"jsonrpc":"2.0","result":"Hello World","id":"x"}`, ""},
		{"every type", call("same", `["a\u0041", -1.50, true, null, [1, "b"], {"c": 2}]`), result(`"[\"aA\" \"-1.50\" \"true\" \"\" \"[1,\\\"b\\\"]\" \"{\\\"c\\\":2}\"]"`), ""},
		{"an int", call("add", `[40, "2"]`), result("42"), ""},
		{"a double", call("half", `[5]`), result("2.5"), ""},
		{"a boolean", call("not", `[false]`), result("true"), ""},
		{"a time", call("later", `["2026-02-03T04:05:06Z"]`), result(`"2026-02-03T05:05:06Z"`), ""},
		{"bytes", call("blob", `["a"]`), result(`"YQ=="`), ""},
		{"an object", call("turned", `[{"x": 1, "y": "a"}]`), result(`{"x":-1,"y":"a\u003c"}`), ""},
		{"the functions' names", call("system.methodSignature", `["add"]`), result(`[["int","int","int"]]`), ""},
		{"an empty result", call("empty", `[]`), result(`""`), ""},
		{"a notification", `{"jsonrpc": "2.0", "method": "hello"}`, "", ""},
		{"a batch", `[` + call("hello", "[]") + `, {"jsonrpc":"2.0","method":"hello"}, 1, ` + call("add", "[1,2]") + `]`,
			`[` + result(`"Hello World"`) + `,` + failure(-32600, invalid, "null") + `,` + result("3") + `]`, "a call is"},
		{"a batch of notifications", `[{"jsonrpc":"2.0","method":"hello"},{"jsonrpc":"2.0","method":"fail"}]`, "", "a secret"},
		{"an empty batch", `[]`, failure(-32600, "a batch of 0 calls: 1 to 254 are meant", "null"), "a batch of 0"},
		{"a long batch", `[` + strings.Repeat("1,", 254) + `1]`, failure(-32600, "a batch of 255 calls: 1 to 254 are meant", "null"), "a batch of 255"},

		{"an unknown function", call("nobody", "[]"), failure(-32601, "no function of that name is registered", "1"), "not found"},
		{"a failure", call("fail", "[]"), failure(-32500, "500 Internal Server Error", "1"), "a secret"},
		{"a wrong type", call("add", `[1, "x"]`), failure(-32602, `argument 2: "x" is no int: invalid syntax`, "1"), "is no int"},
		{"parameters by name", call("add", `{"a": 1}`), failure(-32602, "params must be an array: the parameters have no names", "1"), "no names"},
		{"a result that is no text", call("bytes", "[]"), failure(-32603, "the result is no text, which JSON cannot have: declare it base64", "1"), "bytes"},
		{"a result of another type", call("liar", "[]"), failure(-32603, "the result is not of the type that the function declares", "1"), "liar"},
		{"no JSON", `{"jsonrpc": "2.0"`, failure(-32700, "the document is not JSON", "null"), "not JSON"},
		{"nothing", ` `, failure(-32700, "the document is not JSON", "null"), "not JSON"},
		{"version 1", `{"method": "hello", "params": [], "id": 7}`, failure(-32600, invalid, "7"), "a call is"},
		{"a method of another case beside one", `{"jsonrpc": "2.0", "method": "hello", "Method": "fail", "METHOD": "fail", "ID": 2, "id": 1}`, result(`"Hello World"`), ""},
		{"a method of another case", `{"jsonrpc": "2.0", "METHOD": "hello", "id": 1}`, failure(-32600, invalid, "1"), "a call is"},
		{"a method that is none", `{"jsonrpc": "2.0", "method": 1, "id": 1}`, failure(-32600, invalid, "1"), "a call is"},
		{"a method that is null", `{"jsonrpc": "2.0", "method": null, "id": null}`, failure(-32600, invalid, "null"), "a call is"},
		{"an id that is null", `{"jsonrpc": "2.0", "method": "hello", "params": null, "id": null}`, `{"jsonrpc":"2.0","result":"Hello World","id":null}`, ""},
		{"an id that is none", `{"jsonrpc": "2.0", "method": "hello", "id": [1]}`, failure(-32600, invalid, "null"), "a call is"},
		{"too deep", call("echo", strings.Repeat("[", 36)+strings.Repeat("]", 36)), failure(-32700, "more than 32 arrays and objects are in one another", "null"), "more than 32"},
	} {
		var log netiotest.Log
		r := bridgedFunctions(&log)
		b, _ := netiotest.Play(stream(r).Protocol, nil, netiotest.Report, []byte(document(formJSON, row.doc, "CONTENT_TYPE", "application/json; charset=utf-8")), nil)
		head, body, _ := strings.Cut(string(b), "\r\n\r\n")
		if row.want == "" && !strings.HasPrefix(head, "HTTP/1.1 204 ") || row.want != "" && !strings.Contains(head, "Content-Type: application/json\r\n") {
			t.Errorf("%s: %s", row.text, head)
		}
		if diff := cmp.Diff(sameJSON(row.want), sameJSON(body)); diff != "" {
			t.Errorf("%s: %s", row.text, diff)
		}
		if !strings.Contains(log.String(), row.log) || row.log == "" && log.String() != "" {
			t.Errorf("%s: logged %s, want %s", row.text, log.String(), row.log)
		}
	}
}

// sameJSON is a text's value, or the text if it is none.
func sameJSON(s string) any {
	var v any
	if json.Unmarshal([]byte(s), &v) != nil {
		return s
	}
	return v
}

// What is no document for a bridge is answered by HTTP.
func TestBridgesRefuse(t *testing.T) {
	r := functions()
	r.MaxBody, r.Log = 100, slog.New(slog.DiscardHandler)
	s := stream(r)
	s.Conversations(t, []netiotest.Conversation{
		{Text: "GET", Says: document(formXML, "", "REQUEST_METHOD", "GET"), Hear: strings.Replace(s.ErrorPage(405), "\r\n", "\r\nAllow: POST\r\n", 1), Log: `method \"GET\" where POST is meant`},
		{Text: "a type that a page of another site may send", Says: document(formXML, xmlCall("hello"), "CONTENT_TYPE", "text/plain"), Hear: s.ErrorPage(415), Log: "where text/xml or application/xml is meant"},
		{Text: "no type, by a page", Says: document(formJSON, "{}", "HTTP_ORIGIN", "http://evil"), Hear: s.ErrorPage(415), Log: "where application/json"},
		{Text: "a long document", Says: document(formXML, strings.Repeat(" ", 101)), Hear: s.ErrorPage(413), Log: "101 > 100 bytes of a document"},
		{Text: "a document that is cut", Says: document(formXML, "<a/>")[:20], Hear: s.ErrorPage(400), Log: "aborted"},
		{Text: "no body: uWSGI answers 500, or crashes", Says: packet(formXML, "\x01\x00A\x00\x00"),
			Hear: page("200 OK", "text/xml; charset=utf-8", "<?xml version=\"1.0\"?>\n<methodResponse><fault><value><struct><member><name>faultCode</name><value><int>-32700</int></value></member>"+
				"<member><name>faultString</name><value><string>not well-formed: the document has no end</string></value></member></struct></value></fault></methodResponse>\n")},
	})
	r.Allow = func(net.Addr) bool { return false }
	s.Conversations(t, []netiotest.Conversation{
		{Text: "XML-RPC by a peer that may not", Says: document(formXML, xmlCall("hello")), Hear: s.ErrorPage(403), Log: "forbidden"},
		{Text: "JSON-RPC by a peer that may not", Says: document(formJSON, "{}"), Hear: s.ErrorPage(403), Log: "forbidden"},
	})
}

func FuzzXML(f *testing.F) {
	f.Add(xmlCall("same", "<int>1</int>", "<array><data><value>a</value></data></array>", "<struct><member><name>a</name><value><nil/></value></member></struct>"))
	f.Add("<!DOCTYPE a [<!ENTITY b 'bb'>]><methodCall/>")
	r := functions()
	r.Log = slog.New(slog.DiscardHandler)
	f.Fuzz(func(t *testing.T, doc string) {
		name, params, err := newXMLReader([]byte(doc)).call()
		if err != nil {
			return
		}
		// What was read is written as what is read again.
		var again strings.Builder
		fmt.Fprintf(&again, "<methodCall><methodName>%s</methodName><params>", appendText(nil, name))
		for _, p := range params {
			fmt.Fprintf(&again, "<param>%s</param>", appendValue(nil, p))
		}
		again.WriteString("</params></methodCall>")
		if _, back, err := newXMLReader([]byte(again.String())).call(); err != nil || len(back) != len(params) {
			t.Fatalf("%q: %v", again.String(), err)
		}
		if _, err := argumentsOf(params); err != nil && !strings.Contains(doc, "double") && !strings.Contains(doc, "float") && !strings.Contains(doc, "date") {
			t.Fatal(err)
		}
	})
}

func FuzzJSON(f *testing.F) {
	f.Add(`{"jsonrpc": "2.0", "method": "hello", "params": ["a"], "id": 1}`)
	f.Add(`[{"jsonrpc": "2.0", "method": "hello"}, 1]`)
	r := functions()
	r.Log = slog.New(slog.DiscardHandler)
	f.Fuzz(func(t *testing.T, doc string) {
		says := document(formJSON, doc)
		if len(doc) > 10000 {
			return
		}
		b, _ := netiotest.Play(stream(r).Protocol, nil, netiotest.Report, []byte(says), nil)
		_, body, _ := strings.Cut(string(b), "\r\n\r\n")
		if body != "" && !json.Valid([]byte(body)) {
			t.Fatalf("%q", body)
		}
	})
}
