package endpoint_test

import (
	"fmt"
	"slices"

	"github.com/postern-gateway/postern/gateway/endpoint"
)

func ExampleSchemes() {
	for _, s := range endpoint.Schemes() {
		if slices.Contains(s.Options, "mux") {
			fmt.Printf("%s %t %t %q\n", s.Name, s.Listens, s.Calls, s.Over)
		}
	}
	// Output:
	// fastcgi true true ""
	// fastcgis true true "fastcgi"
}
