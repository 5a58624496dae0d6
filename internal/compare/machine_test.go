package compare

import (
	"strconv"
	"strings"
	"testing"
)

func TestMachine(t *testing.T) {
	for _, tt := range []struct {
		machine Machine
		want    string
	}{
		{Machine{Cores: 2, Load: "0.10 0.20 0.30", Busy: 1}, ""}, {Machine{Cores: 2, Load: "3.10 0.20 0.30", Busy: 5}, ""},
		{Machine{Cores: 2, Busy: 5.1}, "not quiet"}, {Machine{Cores: 2, Busy: 40}, "40 % busy"}, {Machine{Cores: 1}, "one core"},
	} {
		if got := strings.Join(tt.machine.warnings(), "\n"); (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%+v: %q, want %q", tt.machine, got, tt.want)
		}
	}
	if got := valueOf("model name\t: A\nflags\t: a b\n", "flags", ":"); got != "a b" {
		t.Error(strconv.Quote(got))
	}
}
