package interop

import "testing"

// A testCase is one thing that must hold through every pair.
type testCase struct {
	name string
	says string           // what is expected, as a sentence
	only func(*pair) bool // nil: every pair
	run  func(t *testing.T, s *site)
}

// cases is every case, in the order in which they run.
func cases() []testCase {
	var all []testCase
	all = append(all, answerCases()...)
	all = append(all, requestCases()...)
	all = append(all, bodyCases()...)
	all = append(all, streamCases()...)
	all = append(all, endCases()...)
	all = append(all, webSocketCases()...)
	return all
}

// inProcess are the pairs whose handler runs in the test's own process.
func inProcess(p *pair) bool { return p.protocol != "cgi" }
