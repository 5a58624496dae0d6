package endpoint_test

import (
	"fmt"

	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/gateway/route"
)

// Rules that name nodes and backends by their addresses.
func ExampleBackends() {
	var backends endpoint.Backends
	defer backends.Close()
	rules, err := backends.Environment(nil).Parse("rules.ini", `
		route = ^/multi rpcnext:part1@192.168.173.100:3031
		route = ^/multi rpcnext:part2@192.168.173.101:3031
		route = ^/php   fastcgi+unix:/run/php/php-fpm.sock
		route = ^/old   uwsgi:127.0.0.1:3031,5,0
		route-run =     http:127.0.0.1:8080`)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = route.New(nil, rules...)
	fmt.Println(len(rules), err)
	// Output: 5 <nil>
}
