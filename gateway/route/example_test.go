package route_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"regexp"

	"github.com/postern-gateway/postern/gateway/route"
	"github.com/postern-gateway/postern/protocol"
)

// ask asks a handler for a path and prints the answer.
func ask(h protocol.Handler, path string) {
	w := httptest.NewRecorder()
	r := &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "GET", "REQUEST_URI", path, "PATH_INFO", path, "HTTP_USER_AGENT", "curl/8.0")}
	if err := h.Serve(w, r); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(w.Code, w.Body)
}

// A greeter is a Caller with one function.
type greeter struct{}

func (greeter) Call(_ context.Context, name string, args ...[]byte) ([]byte, error) {
	if name != "hello" {
		return nil, errors.New("there is no function " + name)
	}
	return fmt.Appendf(nil, "hello, %s", args), nil
}

func ExampleEnvironment() {
	var functions route.Caller = greeter{} // rpc.Local(registry), for one
	env := &route.Environment{Local: functions}
	rules, err := env.Parse("rules.ini", `
		route-user-agent = ^BadBot       break:403 Forbidden
		route            = ^/greet/(.+)$ rpc:hello $1
		route-run        = send:there is nothing else here`)
	if err != nil {
		fmt.Println(err)
		return
	}
	table, err := route.New(nil, rules...)
	if err != nil {
		fmt.Println(err)
		return
	}
	ask(table, "/greet/you")
	ask(table, "/")
	// Output:
	// 200 hello, [you]
	// 200 there is nothing else here
}

func ExampleError() {
	_, err := new(route.Environment).Parse("rules.ini", "route = ^/a(?!b) last:")
	var bad *route.Error
	if errors.As(err, &bad) {
		fmt.Println(bad.At == route.Position{File: "rules.ini", Line: 1, Column: 12}, bad.Message[:38])
	}
	// Output: true bad regular expression "^/a(?!b)": inv
}

// Rules as Go values.
func ExampleTable() {
	onlyCurl := route.Matches("HTTP_USER_AGENT", regexp.MustCompile("^curl"))
	var tag route.Action = route.ActionFunc(func(x *route.Exchange) (route.Result, error) {
		x.Set("TAG", "of curl")
		return route.Next, nil
	})
	var secret route.Condition = route.ConditionFunc(func(x *route.Exchange) (bool, error) {
		return x.Get("PATH_INFO") == "/secret", nil
	})
	table, err := route.New(
		protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
			_, err := fmt.Fprint(w, "the handler, ", r.Params.Get("TAG"))
			return err
		}),
		route.Rule{If: route.Not(secret), Do: route.Goto("open")},
		route.Rule{Do: route.ActionFunc(func(x *route.Exchange) (route.Result, error) {
			x.SetStatus(403)
			return route.Break, nil
		})},
		route.Rule{Label: "open"},
		route.Rule{If: onlyCurl, Do: tag},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	ask(table, "/")
	ask(table, "/secret")
	// Output:
	// 200 the handler, of curl
	// 403
}

func ExampleTable_Explain() {
	rules, err := new(route.Environment).Parse("rules.ini", "route = ^/a log:never\nroute = ^/b addvar:LETTER=b\nroute-run = send:${LETTER}")
	if err != nil {
		fmt.Println(err)
		return
	}
	table, err := route.New(nil, rules...)
	if err != nil {
		fmt.Println(err)
		return
	}
	r := &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "GET", "PATH_INFO", "/b")}
	table.Explain(httptest.NewRecorder(), r, func(s route.Step) {
		fmt.Println(s.Rule.Text, "|", s.Met, s.Did, s.Result)
	})
	// Output:
	// route = ^/a log:never | false  next
	// route = ^/b addvar:LETTER=b | true LETTER is "b" next
	// route-run = send:${LETTER} | true adds 1 bytes next
}

// Mounts are one rule beside others.
func ExampleMounts() {
	says := func(text string) protocol.Handler {
		return protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
			_, err := fmt.Fprint(w, text, " at ", r.Params.Get("SCRIPT_NAME"))
			return err
		})
	}
	shop := route.Mount{Prefix: "/shop", Handler: says("the shop")}
	table, err := route.New(nil,
		route.Rule{Do: route.Mounts{shop, {Prefix: "/shop/admin", Handler: says("its office")}}},
		route.Rule{Do: route.Handle(says("all else"))})
	if err != nil {
		fmt.Println(err)
		return
	}
	ask(table, "/shop/admin/users")
	ask(table, "/about")
	// Output:
	// 200 its office at /shop/admin
	// 200 all else at
}

func ExampleBasicAuth() {
	// what htpasswd -s has written
	admits, err := route.Htpasswd("ada:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=")
	if err != nil {
		fmt.Println(err)
		return
	}
	table, err := route.New(nil, route.Rule{Do: route.BasicAuth("the machine", admits)})
	if err != nil {
		fmt.Println(err)
		return
	}
	ask(table, "/")
	// Output: 401 Unauthorized
}
