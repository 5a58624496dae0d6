package endpoint_test

import (
	"fmt"
	"slices"

	"github.com/postern-gateway/postern/gateway/endpoint"
)

func ExampleSchemes() {
	multiplexes := func(s endpoint.Scheme) bool { return slices.Contains(s.Options, "mux") }
	for _, s := range endpoint.Schemes() {
		if multiplexes(s) {
			fmt.Printf("%s %t %t %q\n", s.Name, s.Listens, s.Calls, s.Over)
		}
	}
	// Output:
	// fastcgi true true ""
	// fastcgis true true "fastcgi"
}
