package endpoint_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/protocol/protocoltest"
)

// A pairTable is what came of the chains: protocols in by protocols out.
type pairTable struct{ cells []*pairCell }

// A pairCell is what came of one chain.
type pairCell struct {
	in, out             string
	passed, ran, differ int // cases
}

// cell adds the cell of a chain.
func (tb *pairTable) cell(in, out string) *pairCell {
	c := &pairCell{in: in, out: out}
	tb.cells = append(tb.cells, c)
	return c
}

func (c *pairCell) count(o protocoltest.Outcome) {
	c.ran++
	if o.Passed {
		c.passed++
	}
	if o.Differs {
		c.differ++
	}
}

// lines are a line for each chain that ran: how many cases passed of how many, and how many of them
// checked what is expected where the chain cannot carry what the case is about.
func (tb *pairTable) lines() string {
	var b strings.Builder
	for _, c := range tb.cells {
		if c.ran > 0 {
			fmt.Fprintf(&b, "%-8s in, %-8s out %4d/%-4d %3d of them otherwise\n", c.in, c.out, c.passed, c.ran, c.differ)
		}
	}
	return b.String()
}

// print logs the table, and adds it to what POSTERN_INTEROP_TABLE names.
func (tb *pairTable) print(t *testing.T) {
	text := tb.lines()
	t.Log("\n" + text)
	if path := os.Getenv("POSTERN_INTEROP_TABLE"); path != "" {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		fmt.Fprintf(f, "cases of protocoltest, protocols in and out\n%s\n", text)
	}
}
