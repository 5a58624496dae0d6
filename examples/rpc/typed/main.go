// Command typed calls functions of Go over uWSGI's RPC with Go's types on both sides. What travels
// is text: numbers as they are written, times by RFC 3339, structs as JSON.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/uwsgi"
	"github.com/postern-gateway/postern/uwsgi/rpc"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// An order is what is to be bought.
type order struct {
	Item     string
	Quantity int
}

// An offer says what that costs.
type offer struct {
	Order order
	Cents int
}

// The functions.

func add(_ context.Context, a, b int) (int, error) { return a + b, nil }

func later(_ context.Context, t time.Time, d time.Duration) (time.Time, error) { return t.Add(d), nil }

func quote(_ context.Context, o order) (offer, error) {
	if o.Quantity < 1 {
		return offer{}, rpc.Errorf(400, "%d of %q is no order", o.Quantity, o.Item)
	}
	return offer{o, 250 * o.Quantity}, nil
}

// run serves the functions and calls them.
func run(ctx context.Context, out io.Writer) error {
	functions := new(rpc.Registry)
	functions.RegisterTyped("add", rpc.Func2(add), "adds two numbers")
	functions.RegisterTyped("later", rpc.Func2(later), "the time after a while")
	functions.RegisterTyped("quote", rpc.Func1(quote), "what an order costs")

	l, err := endpoint.Listen(ctx, "uwsgi://127.0.0.1:0")
	if err != nil {
		return err
	}
	l.UWSGI.Kinds = map[uwsgi.Modifier]uwsgi.Kind{uwsgi.ModifierRPC: functions}
	ctx, stop := context.WithCancel(ctx)
	served := make(chan error, 1)
	go func() { served <- endpoint.Run(ctx, &gateway.Server{Handler: functions.HTTP()}, endpoint.Grace, l) }()
	err = call(ctx, "uwsgi://"+l.Addr().String(), out)
	stop()
	if serr := <-served; err == nil {
		err = serr
	}
	return err
}

// call calls each function by a stub, as if it were one of this program.
func call(ctx context.Context, url string, out io.Writer) error {
	client, err := endpoint.NewRPC(url, nil)
	if err != nil {
		return err
	}
	add := rpc.Stub2[int, int, int](client, "add")
	later := rpc.Stub2[time.Time, time.Duration, time.Time](client, "later")
	quote := rpc.Stub1[order, offer](client, "quote")

	sum, err := add(ctx, 40, 2)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "40 + 2 =", sum)
	at, err := later(ctx, time.Date(2026, 2, 28, 12, 0, 0, 0, time.UTC), 36*time.Hour)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "36 hours later it is", at.Format(time.RFC1123))
	q, err := quote(ctx, order{"tea", 3})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d of %s: %d cents\n", q.Order.Quantity, q.Order.Item, q.Cents)
	_, err = quote(ctx, order{"tea", 0})
	fmt.Fprintln(out, "none of it:", err)
	return nil
}
