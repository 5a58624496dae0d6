package protocol

import (
	"maps"
	"slices"
	"strings"
)

// steering are the variables of an environment that steer the loader, the C library, a shell or an
// interpreter: with one of them whoever sends it runs a program of his own in place of the script.
var steering = map[string]bool{
	"PATH": true, "ENV": true, "IFS": true, "CDPATH": true, "FPATH": true, "SHELLOPTS": true, "BASHOPTS": true, "PS4": true,
	"PROMPT_COMMAND": true, "ZDOTDIR": true, "GLOBIGNORE": true, "NULLCMD": true, "READNULLCMD": true, "TMPPREFIX": true,
	"GCONV_PATH": true, "GETCONF_DIR": true, "GLIBC_TUNABLES": true, "HOSTALIASES": true, "LOCALDOMAIN": true, "LOCPATH": true,
	"NIS_PATH": true, "NLSPATH": true, "RESOLV_HOST_CONF": true, "RES_OPTIONS": true, "TZDIR": true, "TERMINFO": true,
	"TERMINFO_DIRS": true, "TERMCAP": true, "TERMPATH": true, "PATH_LOCALE": true, "SHLIB_PATH": true, "LIBPATH": true,
	"OPENSSL_CONF": true, "OPENSSL_ENGINES": true, "OPENSSL_MODULES": true,
	"SSL_CERT_FILE": true, "SSL_CERT_DIR": true, "SSLKEYLOGFILE": true, "CURL_CA_BUNDLE": true, "REQUESTS_CA_BUNDLE": true,
	"PHPRC": true, "PHP_INI_SCAN_DIR": true, "CLASSPATH": true, "JAVA_TOOL_OPTIONS": true, "_JAVA_OPTIONS": true,
	"JDK_JAVA_OPTIONS": true, "JAVA_OPTS": true, "TCLLIBPATH": true, "TCL_LIBRARY": true, "GODEBUG": true,
	"R_PROFILE": true, "R_PROFILE_USER": true, "R_ENVIRON": true, "R_ENVIRON_USER": true, "R_LIBS": true, "R_HOME": true,
	"ERL_FLAGS": true, "ERL_AFLAGS": true, "ERL_ZFLAGS": true, "ERL_LIBS": true,
	"AWKPATH": true, "AWKLIBPATH": true, "OCAMLRUNPARAM": true, "CAMLRUNPARAM": true, "CAML_LD_LIBRARY_PATH": true,
	"EMACSLOADPATH": true, "SBCL_HOME": true, "HGRCPATH": true, "HGMERGE": true,
	"PAGER": true, "EDITOR": true, "VISUAL": true, "BROWSER": true, "LESSOPEN": true, "LESSCLOSE": true, "SSH_ASKPASS": true,
	"XDG_CONFIG_HOME": true, "XDG_CONFIG_DIRS": true, "CURL_HOME": true, "WGETRC": true, "KRB5_CONFIG": true,
	"GS_LIB": true, "GS_OPTIONS": true, "GTK_MODULES": true, "GIO_EXTRA_MODULES": true, "QT_PLUGIN_PATH": true,
	"TAR_OPTIONS": true, "ZIPOPT": true, "RSYNC_RSH": true, "SVN_SSH": true, "CVS_RSH": true, "MAILRC": true, "SHELL": true,
	"PSModulePath": true, "BUN_OPTIONS": true, "JAVA_HOME": true, "MAVEN_OPTS": true, "GRADLE_OPTS": true, "ANT_OPTS": true,
	"ELIXIR_ERL_OPTIONS": true, "IRBRC": true, "SASL_PATH": true, "SASL_CONF_PATH": true,
	"ODBCINI": true, "ODBCSYSINI": true, "ODBCINSTINI": true, "DBUS_SESSION_BUS_ADDRESS": true, "DBUS_SYSTEM_BUS_ADDRESS": true,
	"GIT_PAGER": true, "GIT_EDITOR": true, "GIT_SEQUENCE_EDITOR": true, "GIT_ASKPASS": true, "GIT_TEMPLATE_DIR": true,
	"GIT_EXEC_PATH": true, "GIT_SSH": true, "GIT_SSH_COMMAND": true, "GIT_EXTERNAL_DIFF": true, "GIT_PROXY_COMMAND": true,
}

// steeringPrefixes begin the names of whole families of them. BASH_FUNC_ and its kin are shell
// functions.
var steeringPrefixes = []string{
	"LD_", "_RLD", "DYLD_", "MALLOC_", "BASH_", "PERL", "PYTHON", "RUBY", "GEM_", "BUNDLE_", "NODE_", "LUA_", "GUILE_",
	"DOTNET_", "CORECLR_", "COR_", "COMPlus_", "MONO_", "JULIA_", "MAGICK_", "LDR_",
	"GIT_CONFIG", // GIT_CONFIG_COUNT and its kin name commands that git runs, and need no file
}

// Steers reports whether an environment's variable of that name steers the loader or an
// interpreter, as LD_PRELOAD, PATH and PERL5OPT do. No peer may set one for a script.
func Steers(name string) bool {
	if steering[name] {
		return true
	}
	for _, prefix := range steeringPrefixes {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// steers are the names of all of them, families as "LD_*".
func steers() []string {
	names := slices.Collect(maps.Keys(steering))
	for _, prefix := range steeringPrefixes {
		names = append(names, prefix+"*")
	}
	return names
}
