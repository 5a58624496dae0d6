package endpoint_test

import (
	"fmt"
	"os"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/endpoint"
)

// A Handler is made of any URL: of a server that is called, or of files.
func ExampleHandler() {
	var mux gateway.Mux
	for prefix, url := range map[string]string{
		"/static": "files:" + os.TempDir() + "?mount=/static&listing=1",
		"/wiki":   "fastcgi+unix:/run/php/php-fpm.sock",
	} {
		h, err := endpoint.NewHandler(url, nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		defer h.Close()
		mux = append(mux, gateway.Route{Prefix: prefix, Handler: h})
	}
	fmt.Println(len(mux), "backends")

	_, err := endpoint.NewHandler("files:/nonexistent/", nil)
	fmt.Println(err)
	// Output:
	// 2 backends
	// files:/nonexistent/: stat /nonexistent: no such file or directory
}
