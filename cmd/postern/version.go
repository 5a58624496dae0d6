package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// A buildVersion says what this program was built from. What is not known is empty.
type buildVersion struct {
	Module   string `json:"module"`
	Version  string `json:"version"`
	Commit   string `json:"commit,omitempty"`
	Time     string `json:"time,omitempty"` // of the commit, as RFC 3339 has it
	Modified bool   `json:"modified"`       // there were changes that no commit has
	Go       string `json:"go"`
	Platform string `json:"platform"` // "linux/amd64"
	fromGit  bool   // the commit is that of the checkout, and not of the program's build
}

// readVersion reads what the Go command has written into the program.
func readVersion() buildVersion {
	v := buildVersion{Version: "unknown", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	v.Module, v.Version = info.Main.Path, info.Main.Version
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Commit = s.Value
		case "vcs.time":
			v.Time = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	return v
}

// String returns all of v in one line.
func (v buildVersion) String() string {
	if v.Module == "" {
		return "postern, built without module information, " + v.Go + " " + v.Platform
	}
	commit := "commit unknown"
	if v.Commit != "" {
		commit = "commit " + v.Commit + " of " + v.Time
	}
	if v.fromGit {
		commit = "in a checkout of " + commit
	}
	if v.Modified {
		commit += " with changes"
	}
	return v.Module + " " + v.Version + ", " + commit + ", " + v.Go + " " + v.Platform
}

func versionCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "version",
		Short: "Print module, version, commit, Go version and platform, for a bug report",
		Long: `Version prints one line: the module and its version, the commit with its time, "with changes" where the working tree had
some that no commit has, the version of Go, and the platform. A program that was installed by its version, as by go install
...@latest, knows no commit; one that was built in a clone does.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			if asJSON {
				return json.NewEncoder(c.OutOrStdout()).Encode(readVersion())
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), readVersion())
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, `print a line of JSON: {"module":"...","version":"...","commit":"...","time":"...","modified":false,"go":"...","platform":"..."}`)
	return c
}
