package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/uwsgi/rpc"
)

// An rpcConfig is what the command line of rpc says.
type rpcConfig struct {
	nodes   []string
	timeout time.Duration
	max     int64
	raw     bool
	json    bool
	list    bool
	literal bool
}

func rpcCommand() *cobra.Command {
	var cfg rpcConfig
	c := &cobra.Command{
		Use:   "rpc [flags] URL NAME [ARG...]",
		Short: "Call a function of uWSGI's RPC",
		Long: `Rpc calls the function NAME at URL, a uwsgi server: uWSGI with its rpc plugin, or Postern. It prints the bytes of the
result as they are, and nothing else, on standard output. An error is a line on standard error, and exit status 1.

An argument @FILE is what the file holds, and @- is standard input; --literal takes each argument as it is written. There may
be 254 arguments, and 65,535 bytes in all with two for each; uWSGI takes 4,096 unless its buffer-size says more, and leaves out
an argument without a byte.

uWSGI closes without an answer where a function is unknown, has failed, or has returned nothing: that is an error, too.`,
		Example: `  postern rpc uwsgi://127.0.0.1:3031 hello
  postern rpc uwsgi+unix:/run/app.sock resize 640 @photo.jpeg >small.jpeg
  postern rpc --list uwsgi://127.0.0.1:3031`,
		ValidArgsFunction: func(_ *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveDefault
			}
			return completeURL(typed, func(s endpoint.Scheme) bool { return s.Name == "uwsgi" })
		},
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case len(args) == 0:
				return usage(errors.New("no server: say postern rpc URL NAME, for example postern rpc uwsgi://127.0.0.1:3031 hello"))
			case cfg.list && len(args) > 1:
				return usage(errors.New("--list takes the server's URL alone"))
			case !cfg.list && len(args) == 1:
				return usage(errors.New("no function: say postern rpc URL NAME, or --list for the names of those that the server has"))
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			client, err := endpoint.NewRPC(args[0], nil, cfg.nodes...)
			if err != nil {
				return usage(err)
			}
			client.Raw, client.MaxAnswer = cfg.raw, cfg.max
			ctx := c.Context()
			if cfg.timeout > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, cfg.timeout)
				defer cancel()
			}
			if cfg.list {
				return cfg.printList(ctx, client, c.OutOrStdout())
			}
			return cfg.call(ctx, client, c.InOrStdin(), c.OutOrStdout(), args[1], args[2:])
		},
	}
	f := c.Flags()
	f.SetInterspersed(false) // what follows NAME is the function's
	f.StringArrayVar(&cfg.nodes, "node", nil, "another server, at this `URL`, that is asked where the one before cannot have begun the call (repeatable)")
	durationFlag(f, &cfg.timeout, "timeout", time.Minute, "for the whole call, or none", 0)
	sizeFlag(f, &cfg.max, "max-answer", rpc.DefaultMaxAnswer, "of a result, in bytes, as in 10M, or none", -1)
	f.BoolVar(&cfg.raw, "raw", false, "ask for a result without a header (modifier2 1); one that was cut cannot be told then")
	f.BoolVar(&cfg.json, "json", false, `print one line of JSON: {"ok":true,"text":"..."}, "base64" where it is no text, or {"ok":false,"status":404,"error":"..."}`)
	f.BoolVar(&cfg.list, "list", false, "print the names of the functions; uWSGI does not tell them")
	f.BoolVar(&cfg.literal, "literal", false, "take an argument that begins with @ as it is written")
	return c
}

// call calls a function and prints its result.
func (cfg *rpcConfig) call(ctx context.Context, c *rpc.Client, in io.Reader, out io.Writer, name string, texts []string) error {
	args := make([][]byte, len(texts))
	for i, text := range texts {
		if text == "@-" && !cfg.literal && slices.Contains(texts[:i], text) {
			return usage(fmt.Errorf("argument %d: @- is standard input, which an argument before has taken", i+1))
		}
		b, err := cfg.argument(text, in)
		if err != nil {
			return fmt.Errorf("argument %d: %w", i+1, err)
		}
		args[i] = b
	}
	if !cfg.json {
		_, err := c.CallTo(ctx, out, name, args...)
		return err
	}
	b, err := c.Call(ctx, name, args...)
	if jerr := printOutcome(out, b, err); jerr != nil {
		return jerr
	}
	return err
}

// argument returns what an argument stands for.
func (cfg *rpcConfig) argument(text string, in io.Reader) ([]byte, error) {
	name, isFile := strings.CutPrefix(text, "@")
	if !isFile || cfg.literal {
		return []byte(text), nil
	}
	if name == "-" {
		return readArgument(in)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readArgument(f)
}

// readArgument reads an argument, and no more of it than shows that it is too long.
func readArgument(r io.Reader) ([]byte, error) { return io.ReadAll(io.LimitReader(r, rpc.MaxArg+1)) }

// An outcome is what --json prints.
type outcome struct {
	OK     bool    `json:"ok"`
	Text   *string `json:"text,omitempty"`
	Base64 []byte  `json:"base64,omitempty"`
	Status int     `json:"status,omitempty"`
	Error  string  `json:"error,omitempty"`
}

func printOutcome(out io.Writer, b []byte, err error) error {
	o := outcome{OK: err == nil}
	switch own, ok := errors.AsType[*rpc.Error](err); {
	case ok:
		o.Status, o.Error = own.Status, err.Error()
	case err != nil:
		o.Error = err.Error()
	case utf8.Valid(b):
		text := string(b)
		o.Text = &text
	default:
		o.Base64 = b
	}
	return json.NewEncoder(out).Encode(o)
}

// printList prints the names of the functions.
func (cfg *rpcConfig) printList(ctx context.Context, c rpc.Caller, out io.Writer) error {
	names, err := rpc.Stub0[[]string](c, "system.listMethods")(ctx)
	switch {
	case errors.Is(err, rpc.ErrNoAnswer):
		return fmt.Errorf("the server does not tell its functions, as uWSGI: %w", err)
	case err != nil:
		return err
	case cfg.json:
		return json.NewEncoder(out).Encode(names)
	}
	_, err = fmt.Fprintln(out, strings.Join(names, "\n"))
	return err
}
