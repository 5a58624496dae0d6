package rpc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

type (
	celsius float64
	blob    []byte
	name    string
	point   struct {
		X int    `json:"x"`
		Y string `json:"y"`
	}
)

// textOf tests that v is text on the wire, and v again.
func textOf[T any](t *testing.T, v T, text, kind string) {
	t.Helper()
	b, err := Encode(v)
	if string(b) != text || err != nil {
		t.Errorf("%T %v: %q, %v, want %q", v, v, b, err, text)
	}
	back, err := Decode[T]([]byte(text))
	if !reflect.DeepEqual(back, v) || err != nil {
		t.Errorf("%T %q: %v, %v", v, text, back, err)
	}
	if got := typeName[T](); got != kind {
		t.Errorf("%T is %s, want %s", v, got, kind)
	}
}

func TestTexts(t *testing.T) {
	textOf(t, "a\x00b", "a\x00b", "string")
	textOf(t, []byte{}, "", "base64")
	textOf(t, []byte("\xff"), "\xff", "base64")
	textOf(t, name("x"), "x", "string")
	textOf(t, 42, "42", "int")
	textOf(t, int64(math.MinInt64), "-9223372036854775808", "i8")
	textOf(t, uint64(math.MaxUint64), "18446744073709551615", "i8")
	textOf(t, int8(-128), "-128", "int")
	textOf(t, uint16(1), "1", "int")
	textOf(t, true, "true", "boolean")
	textOf(t, 0.1, "0.1", "double")
	textOf(t, float32(0.1), "0.1", "double")
	textOf(t, celsius(-1.5), "-1.5", "double")
	textOf(t, time.Date(2026, 2, 3, 4, 5, 6, 7, time.UTC), "2026-02-03T04:05:06.000000007Z", "dateTime.iso8601")
	textOf(t, 90*time.Second, "1m30s", "string")
	textOf(t, netip.MustParseAddr("::1"), "::1", "string")
	textOf(t, *big.NewInt(7), "7", "string")
	textOf(t, point{1, "a"}, `{"x":1,"y":"a"}`, "struct")
	textOf(t, []int{1, 2}, "[1,2]", "array")
	textOf(t, map[string]bool{"a": true}, `{"a":true}`, "struct")
	textOf(t, &point{1, ""}, `{"x":1,"y":""}`, "struct")
	textOf(t, blob("\xff"), "\xff", "base64")
	textOf(t, json.RawMessage(`[1]`), "[1]", "array")
	// pointers
	at, text, n := time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC), "a", 5
	textOf(t, &at, "2026-02-03T04:05:06Z", "dateTime.iso8601")
	textOf(t, (*time.Time)(nil), "", "dateTime.iso8601")
	textOf(t, big.NewInt(7), "7", "string")
	textOf(t, (*netip.Addr)(nil), "", "string")
	textOf(t, &n, "5", "int")
	textOf(t, (*int)(nil), "null", "int")
	textOf(t, &text, `"a"`, "struct")
	if v, err := Decode[*int](nil); v != nil || err != nil {
		t.Errorf("no byte is %v, %v", v, err)
	}
}

func TestBadTexts(t *testing.T) {
	for want, got := range map[string]error{
		`"x" is no int: invalid syntax`:        second(Decode[int]([]byte("x"))),
		`"300" is no int8: value out of range`: second(Decode[int8]([]byte("300"))),
		`"-1" is no uint: invalid syntax`:      second(Decode[uint]([]byte("-1"))),
		`"yes" is no bool: invalid syntax`:     second(Decode[bool]([]byte("yes"))),
		`"x" is no time.Time: `:                second(Decode[time.Time]([]byte("x"))),
		`"x" is no time.Duration: `:            second(Decode[time.Duration]([]byte("x"))),
		`"{" is no rpc.point: `:                second(Decode[point]([]byte("{"))),
		`"" is no float64: invalid syntax`:     second(Decode[float64](nil)),
	} {
		if got == nil || !strings.HasPrefix(got.Error(), want) {
			t.Errorf("%v, want %s", got, want)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestTyped(t *testing.T) {
	r := new(Registry)
	r.RegisterTyped("now", Func0(func(context.Context) (int, error) { return 7, nil }), "")
	r.RegisterTyped("neg", Func1(func(_ context.Context, a int) (int, error) { return -a, nil }), "negates")
	r.RegisterTyped("add", Func2(func(_ context.Context, a, b int) (int, error) { return a + b, nil }), "")
	r.RegisterTyped("mad", Func3(func(_ context.Context, a, b int, c float64) (float64, error) { return float64(a*b) + c, nil }), "")
	r.RegisterTyped("four", Func4(func(_ context.Context, a string, b bool, c time.Duration, d point) (string, error) {
		return fmt.Sprint(a, b, c, d), nil
	}), "")
	r.RegisterTyped("sum", FuncN(func(_ context.Context, all ...int) (sum int, err error) {
		for _, n := range all {
			sum += n
		}
		return sum, nil
	}), "")
	for text, c := range map[string]Caller{"client": &Client{Dial: dial(t, r)}, "local": Local(r)} {
		ctx := t.Context()
		if v, err := Stub0[int](c, "now")(ctx); v != 7 || err != nil {
			t.Errorf("%s: %v, %v", text, v, err)
		}
		if v, err := Stub1[int, int](c, "neg")(ctx, 4); v != -4 || err != nil {
			t.Errorf("%s: %v, %v", text, v, err)
		}
		if v, err := Stub2[int, int, int](c, "add")(ctx, 40, 2); v != 42 || err != nil {
			t.Errorf("%s: %v, %v", text, v, err)
		}
		if v, err := Stub3[int, int, float64, float64](c, "mad")(ctx, 2, 3, 0.5); v != 6.5 || err != nil {
			t.Errorf("%s: %v, %v", text, v, err)
		}
		if v, err := Stub4[string, bool, time.Duration, point, string](c, "four")(ctx, "a", true, time.Second, point{1, "p"}); v != "atrue 1s {1 p}" || err != nil {
			t.Errorf("%s: %q, %v", text, v, err)
		}
		if v, err := c.Call(ctx, "sum", list("1", "2", "39")...); string(v) != "42" || err != nil {
			t.Errorf("%s: %q, %v", text, v, err)
		}
		for _, row := range []struct {
			name string
			args []string
			want string
		}{
			{"add", []string{"1"}, "1 arguments came, and 2 are meant"},
			{"add", []string{"1", "2", "3"}, "3 arguments came, and 2 are meant"},
			{"add", []string{"1", "x"}, `argument 2: "x" is no int: invalid syntax`},
			{"add", []string{"", "x"}, `argument 1: "" is no int: invalid syntax`},
			{"sum", []string{"1", "2", "y"}, `argument 3: "y" is no int`},
		} {
			_, err := c.Call(ctx, row.name, list(row.args...)...)
			if own, ok := errors.AsType[*Error](err); !ok || own.Status != 400 || !strings.Contains(own.Message, row.want) {
				t.Errorf("%s: %s: %v, want %s", text, row.name, err, row.want)
			}
		}
		if _, err := Stub2[int, int, bool](c, "add")(ctx, 40, 2); !errors.Is(err, protocol.ErrUpstream) || !strings.Contains(err.Error(), `"42" is no bool`) {
			t.Errorf("%s: %v", text, err)
		}
		if _, err := Stub1[chan int, int](c, "neg")(ctx, nil); !errors.Is(err, protocol.ErrMalformed) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
