// Package fetch asks a backend for one answer, by any protocol, as curl does by HTTP: the request
// is made of what a command line says, the answer goes to a writer or a file, and each way in which
// it can fail has curl's number.
//
//	cfg := &fetch.Config{URL: "fastcgi+unix:/run/php/php-fpm.sock:/status", Stdout: os.Stdout, Stderr: os.Stderr}
//	cfg.Message.Script = "/status"
//	err := fetch.Run(ctx, cfg)
//
// A URL names the backend and the request's path and query: "fastcgi://127.0.0.1:9000/path?query".
// The path of a Unix socket, or of a CGI program, is parted from the request's by a colon:
// "scgi+unix:/run/app.sock:/path?query", "cgi:/usr/lib/cgi-bin/x.cgi:/path".
package fetch
