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

// text is how many cases passed of how many, and how many of them checked what is expected where
// the chain cannot carry what the case is about.
func (c *pairCell) text() string {
	if c.passed < c.ran {
		return fmt.Sprintf("%d of %d", c.passed, c.ran)
	}
	return fmt.Sprintf("%d+%d", c.passed-c.differ, c.differ)
}

// markdown is the table as a page has it: a row for each protocol in.
func (tb *pairTable) markdown() string {
	var b strings.Builder
	b.WriteString("| in \\ out |")
	var in string
	for _, c := range tb.cells[:len(sides)+1] {
		b.WriteString(" " + c.out + " |")
	}
	b.WriteString("\n|" + strings.Repeat(" --- |", len(sides)+2))
	for _, c := range tb.cells {
		if c.in != in {
			in = c.in
			b.WriteString("\n| " + in + " |")
		}
		b.WriteString(" " + c.text() + " |")
	}
	return b.String() + "\n"
}

// print logs the table, and adds it to what POSTERN_INTEROP_TABLE names.
func (tb *pairTable) print(t *testing.T) {
	text := tb.markdown()
	t.Log("\n" + text)
	if path := os.Getenv("POSTERN_INTEROP_TABLE"); path != "" {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		fmt.Fprintf(f, "cases of protocoltest, protocols in by protocols out\n%s\n", text)
	}
}
