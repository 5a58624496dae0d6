package protocol

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestLimitsResolve(t *testing.T) {
	byDefault := Limits{
		ParamBytes: 200 << 10, ParamCount: 1024, Body: math.MaxInt64, SpoolMemory: 64 << 10, Spool: 1 << 30, ResponseHead: 256 << 10,
		Requests: 128, ConnMemory: 160 << 10, ConnSpool: 1 << 30, ConnFiles: 64, TotalMemory: 256 << 20, TotalSpool: 4 << 30, TotalFiles: 512,
		HeadTimeout: 30 * time.Second, IdleTimeout: 5 * time.Minute, BodyTimeout: 2 * time.Minute, WriteTimeout: 5 * time.Minute,
		FirstByteTimeout: time.Minute, ReadTimeout: time.Minute,
	}
	none := Limits{
		ParamBytes: math.MaxInt, ParamCount: math.MaxInt, Body: math.MaxInt64, SpoolMemory: math.MaxInt, Spool: math.MaxInt64,
		ResponseHead: math.MaxInt, Requests: math.MaxInt, ConnMemory: math.MaxInt, ConnSpool: math.MaxInt64, ConnFiles: math.MaxInt, TotalFiles: math.MaxInt, TotalMemory: math.MaxInt64, TotalSpool: math.MaxInt64,
	}
	own := Limits{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, nil, 14, 15, 16, 17, 18, 19}
	for _, row := range []struct {
		text string
		l    *Limits
		want Limits
	}{
		{"nil is all defaults", nil, byDefault},
		{"zero is all defaults", new(Limits), byDefault},
		{"negative is none", &Limits{-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, nil, -1, -1, -1, -1, -1, -1}, none},
		{"one's own", &own, own},
	} {
		if diff := cmp.Diff(row.want, row.l.Resolve()); diff != "" {
			t.Errorf("%s: %s", row.text, diff)
		}
	}
}
