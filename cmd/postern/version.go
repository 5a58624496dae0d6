package main

import "runtime/debug"

// version says what this program was built from: module, version, commit and Go.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "postern, built without module information"
	}
	commit, changed := "unknown", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			commit = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = " with changes"
		}
	}
	return info.Main.Path + " " + info.Main.Version + ", commit " + commit + changed + ", " + info.GoVersion
}

// moduleVersion is the version alone.
func moduleVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return info.Main.Version
}
