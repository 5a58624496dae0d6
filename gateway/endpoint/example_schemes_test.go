package endpoint_test

import (
	"fmt"

	"github.com/postern-gateway/postern/gateway/endpoint"
)

func ExampleSchemes() {
	var scgi endpoint.Scheme
	for _, scgi = range endpoint.Schemes() {
		if scgi.Name == "scgi" {
			break
		}
	}
	fmt.Println(scgi.Name, scgi.Listens, scgi.Calls, scgi.Options)
	// Output: scgi true true [param max-open mount first-byte-timeout read-timeout]
}
