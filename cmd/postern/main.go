// Command postern serves one backend over CGI, FastCGI, SCGI, uwsgi and HTTP, and helps people
// check their fronts.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/postern-gateway/postern/cgi"
	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/internal/demo"
	"github.com/postern-gateway/postern/internal/garbage"
)

func main() {
	if os.Getenv("GOGC") == "" {
		// A gateway holds a few MiB: by Go's rule it would be collected hundreds of times a second.
		garbage.Limit(garbage.Default)
	}
	os.Exit(run())
}

// run runs the command and returns its exit status: 2 where the command line or what it names is
// wrong, 1 where the work failed.
func run() int {
	if asScript() {
		return report(cgi.Serve(demo.Native()))
	}
	go settle()
	return report(root().Execute())
}

// asScript reports whether the program was started as a CGI script, without a word on its command
// line: then it is the demo.
func asScript() bool {
	return len(os.Args) == 1 && cgi.IsScript()
}

// report prints err, if there is one, in one line and without the passwords of URLs, and returns
// the exit status that it asks for.
func report(err error) int {
	if err == nil {
		return 0
	}
	if err.Error() != "" {
		fmt.Fprintln(os.Stderr, "postern: "+endpoint.WithoutUsers(err.Error()))
	}
	if _, ok := errors.AsType[*usageError](err); ok {
		return 2
	}
	if e, ok := errors.AsType[interface {
		error
		ExitStatus() int
	}](err); ok {
		return e.ExitStatus()
	}
	return 1
}

// A usageError is a mistake of whoever wrote the command line.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usage(err error) error {
	if err == nil {
		return nil
	}
	return &usageError{err}
}

func root() *cobra.Command {
	c := &cobra.Command{
		Use:   "postern",
		Short: "One handler behind every gateway protocol",
		Long: `Postern serves one backend over CGI, FastCGI, SCGI, uwsgi and HTTP at once: a demo, a CGI program or a tree of them,
or another server by any of these protocols.

  postern demo                                                      see it work; nothing need be installed
  postern explore                                                   see every byte of each protocol explained, in a browser
  postern serve --listen fastcgi://127.0.0.1:9000 --to demo:        check a front against it
  postern serve --listen fastcgi+unix:/run/postern.sock --to cgi:/usr/lib/cgi-bin/
                                                                    run CGI scripts behind nginx
  postern serve --listen http://127.0.0.1:8080 --to fastcgi+unix:/run/php/php-fpm.sock \
      --option param=SCRIPT_FILENAME=/srv/app/index.php --option param=SCRIPT_NAME=/index.php
                                                                    HTTP in, php-fpm out: one script for all
  postern serve --listen http://127.0.0.1:8080 --root /srv/wiki --php fastcgi+unix:/run/php/php-fpm.sock
                                                                    a PHP site, without a web server
  postern get fastcgi+unix:/run/php/php-fpm.sock:/status --script /status
                                                                    ask a backend, as curl does by HTTP
  postern probe fastcgi+unix:/run/php/php-fpm.sock                  whether it is well, for health checks
  postern rpc uwsgi://127.0.0.1:3031 hello                          call a function of uWSGI's RPC
  postern compare --quick                                           measure every protocol, beside net/http's
  postern route check --routes rules.ini /foo                       which of uWSGI's routing rules a request meets
  postern tap --listen fastcgi://127.0.0.1:9001 --to fastcgi+unix:/run/php/php-fpm.sock
                                                                    see what nginx and php-fpm say to each other`,
		Version:       readVersion().String(),
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          noArgs,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.SetVersionTemplate("{{.Version}}\n")
	c.SetFlagErrorFunc(flagMistake)
	c.SetHelpCommand(helpCommand())
	c.AddCommand(serveCommand(), demoCommand(), fcgiwrapCommand(), rpcCommand(), tapCommand(),
		compareCommand(), routeCommand(), decodeCommand(), exploreCommand(), serveComparedCommand())
	c.AddCommand(versionCommand(), protocolsTopic())
	c.AddCommand(getCommand(), probeCommand())
	c.InitDefaultCompletionCmd()
	if shells, _, err := c.Find([]string{"completion"}); err == nil {
		shells.Args, shells.RunE = noArgs, c.RunE // an unknown shell is none
	}
	completeURLs(c)
	return c
}
