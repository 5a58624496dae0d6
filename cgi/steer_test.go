package cgi

import (
	"bytes"
	"log/slog"
	"slices"
	"strings"
	"testing"
)

// A peer's variables do not steer the loader or the interpreter of a script, and its PATH does not
// beat ours. The log says so once.
func TestPeersVariablesDoNotSteer(t *testing.T) {
	t.Setenv("PATH", "/ours")
	t.Setenv("TZ", "Europe/Berlin")
	var logged bytes.Buffer
	c := &Client{Env: []string{"PERL5LIB=/ours", "A=ours"}, Log: slog.New(slog.NewTextHandler(&logged, nil))}
	r := get("/x.cgi")
	for _, name := range strings.Fields(`LD_PRELOAD LD_LIBRARY_PATH LD_AUDIT GCONV_PATH BASH_ENV ENV BASH_FUNC_ls%% BASH_FUNC_ls() PERL5OPT PERL5LIB
		PERL5DB PYTHONPATH PYTHONSTARTUP PYTHONHOME RUBYOPT RUBYLIB NODE_OPTIONS NODE_PATH IFS CDPATH SHELLOPTS BASHOPTS PS4 LOCPATH NLSPATH
		MALLOC_CHECK_ GLIBC_TUNABLES HOSTALIASES LOCALDOMAIN RES_OPTIONS TZDIR JAVA_TOOL_OPTIONS _JAVA_OPTIONS JDK_JAVA_OPTIONS PHPRC
		PHP_INI_SCAN_DIR LUA_INIT SSL_CERT_FILE SSL_CERT_DIR SSLKEYLOGFILE PATH TZ A
		GIT_CONFIG_COUNT GIT_CONFIG_KEY_0 GIT_CONFIG_VALUE_0 GIT_CONFIG_GLOBAL GIT_CONFIG_PARAMETERS GIT_PAGER GIT_ASKPASS HGRCPATH
		AWKPATH AWKLIBPATH MONO_PATH CAML_LD_LIBRARY_PATH JULIA_LOAD_PATH LESSOPEN PAGER EDITOR MAGICK_CONFIGURE_PATH GS_LIB
		TAR_OPTIONS ZIPOPT RSYNC_RSH SVN_SSH CVS_RSH MAILRC SHELL PSModulePath BUN_OPTIONS JAVA_HOME MAVEN_OPTS ELIXIR_ERL_OPTIONS
		ODBCINI ODBCSYSINI ODBCINSTINI DBUS_SESSION_BUS_ADDRESS SASL_PATH
		XDG_CONFIG_HOME GTK_MODULES SHLIB_PATH LIBPATH LDR_PRELOAD KRB5_CONFIG GLOBIGNORE NULLCMD`) {
		r.Params.Add(name, "evil")
	}
	r.Params.Add("GIT_PROJECT_ROOT", "/srv/git")
	for range 2 {
		env, err := c.environment(r, &script{file: "/srv/x.cgi", name: "/x.cgi"}, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, pair := range env {
			if strings.HasSuffix(pair, "=evil") {
				t.Error(pair)
			}
		}
		for _, want := range []string{"PATH=/ours", "TZ=Europe/Berlin", "PERL5LIB=/ours", "A=ours", "GIT_PROJECT_ROOT=/srv/git"} {
			if !slices.Contains(env, want) {
				t.Errorf("no %s in %q", want, env)
			}
		}
	}
	if n := strings.Count(logged.String(), "LD_PRELOAD"); n != 1 || strings.Count(logged.String(), "\n") != 1 {
		t.Errorf("logged %s", &logged)
	}
}
