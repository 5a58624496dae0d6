package protocol

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// stays are the fields that belong to the request that is being served, and to no copy of it.
var stays = []string{"end", "body", "answer", "web"}

// full is a request of which each field that a copy has is set. A new field of Request fails here
// until it is in the list, and in TestCloneCopiesEachField until it is copied, or named in stays.
func full(t *testing.T) *Request {
	t.Helper()
	r := &Request{
		Params: Pairs("REQUEST_METHOD", "PUT"), Body: strings.NewReader("body"), ContentLength: 4, Protocol: "fastcgi",
		GetBody: func() (io.Reader, error) { return strings.NewReader("body"), nil },
		Peer:    &net.UnixAddr{Name: "/run/s"}, Role: Filter, Data: strings.NewReader("data"), DataLength: 5, Modifier1: 6, Modifier2: 7, PathChecked: true,
		tls: new(tls.ConnectionState), ctx: context.WithValue(t.Context(), requestKey{}, 1),
	}
	v := reflect.ValueOf(r).Elem()
	for i := range v.NumField() {
		if name := v.Type().Field(i).Name; v.Field(i).IsZero() != slices.Contains(stays, name) {
			t.Fatalf("Request.%s: give it a value here, or name it in stays", name)
		}
	}
	return r
}

func TestCloneCopiesEachField(t *testing.T) {
	r := full(t)
	for name, copied := range map[string]*Request{"Clone": r.Clone(r.Context()), "WithContext": r.WithContext(r.Context()), "BufferUnknownLength": measured(t, r)} {
		want, got := reflect.ValueOf(r).Elem(), reflect.ValueOf(copied).Elem()
		for i := range want.NumField() {
			field := want.Type().Field(i).Name
			if !slices.Contains(stays, field) && !same(want.Field(i), got.Field(i)) {
				t.Errorf("%s forgets %s", name, field)
			}
		}
	}
}

// measured is r as BufferUnknownLength copies it: with a variable that came twice once.
func measured(t *testing.T, r *Request) *Request {
	t.Helper()
	twice := r.Clone(r.Context())
	twice.Params = append(twice.Params, twice.Params[0])
	out, done, err := BufferUnknownLength(twice, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(done)
	return out
}

// same reports whether two values are the same: of interfaces and pointers, that they hold the same
// thing.
func same(a, b reflect.Value) bool {
	if a.Kind() == reflect.Slice {
		return a.Len() == b.Len() && a.Index(0).Equal(b.Index(0))
	}
	if a.Kind() == reflect.Func {
		return a.Pointer() == b.Pointer()
	}
	return a.Equal(b)
}

func TestCloneHasItsOwnParams(t *testing.T) {
	r := full(t)
	r.Clone(t.Context()).Params.Set("REQUEST_METHOD", "DELETE")
	if got := r.Method(); got != "PUT" {
		t.Errorf("the request itself: %q", got)
	}
}

// A handler that passes a clone on: whoever gets it finds it by its context, natively and by way of
// an http.Request.
func TestRequestFromTheContextOfAClone(t *testing.T) {
	served := new(Request)
	served.begin(t.Context(), nil)
	c := served.Clone(served.Context())
	c.Params.Set("REQUEST_METHOD", "GET")
	if got := RequestFromContext(c.Context()); got != c {
		t.Errorf("natively: %p, want %p", got, c)
	}
	hr, err := c.HTTP()
	if err != nil {
		t.Fatal(err)
	}
	if got := RequestFromContext(hr.Context()); got != c {
		t.Errorf("by way of an http.Request: %p, want %p", got, c)
	}
	if got := RequestFromContext(c.Clone(context.WithoutCancel(c.Context())).Context()); got == c || got == served {
		t.Errorf("a clone's clone is found as another: %p", got)
	}
	if got := RequestFromContext((&Request{}).Clone(t.Context()).Context()); got != nil {
		t.Errorf("a request that nobody serves: %p", got)
	}
}
