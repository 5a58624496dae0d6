// Command phpclient calls a PHP script that php-fpm runs, by net/http's client and FastCGI.
//
//	go run ./examples/phpclient fastcgi+unix:/run/php/php-fpm.sock "$PWD/examples/phpclient/hello.php"
package main

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/protocol"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: phpclient BACKEND-URL SCRIPT")
	}
	if err := call(os.Stdout, os.Args[1], os.Args[2]); err != nil {
		log.Fatal(err)
	}
}

// call posts a form to a script, and copies what it answers.
func call(out io.Writer, backend, script string) error {
	php, err := endpoint.NewClient(backend, nil)
	if err != nil {
		return err
	}
	defer php.Close()
	client := &http.Client{
		Timeout: 10 * time.Second,
		Transport: &protocol.Transport{
			Backend: php,
			// php-fpm runs what this names, whatever the URL says.
			Rewrite: func(r *protocol.Request) { r.Params.Set("SCRIPT_FILENAME", script) },
		},
	}
	res, err := client.PostForm("http://localhost/hello.php?lang=en", url.Values{"name": {"Postern"}})
	if err != nil {
		return err
	}
	defer res.Body.Close()
	fmt.Fprintln(out, res.Status, res.Header.Get("Content-Type"))
	_, err = io.Copy(out, res.Body)
	return err
}
