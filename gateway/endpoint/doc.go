// Package endpoint has addresses as URLs, for listening and for calling alike, and the one table
// that knows every protocol by name. [Serve] serves a handler however the program was started.
//
//	fastcgi://127.0.0.1:9000                         a protocol on TCP; without a host, every interface
//	uwsgi+unix:/run/app.sock?mode=0660&group=www     on a Unix socket; "@name" is one of Linux's abstract ones
//	fastcgi+fd:3                                     on a socket that was opened for us; for listening
//	scgi://:4000?allow=10.0.0.0/8,::1                who may connect by TCP, instead of loopback; "*" is everybody
//	http://127.0.0.1:8080                            HTTP/1.1, HTTP/2 by prior knowledge
//	https://:8443?cert=site.pem&key=site.key         over TLS, with HTTP/2; fastcgis, scgis and uwsgis likewise
//	auto://:9000                                     any of these, told apart by a connection's first bytes; for listening
//	cgi:/usr/lib/cgi-bin/                            CGI programs, a tree or one file; for calling
//	files:/srv/www/                                  the files of a directory tree; for a [Handler]
//	php:/srv/wiki/?fpm=fastcgi://127.0.0.1:9000      a site of PHP scripts and files; for a [Handler]
//
// # Options
//
// Options follow a question mark. For listening on a Unix socket: mode (octal, 0660 unless it is
// said), owner and group (names or numbers). For listening on TCP: allow. For calling by FastCGI,
// SCGI or uwsgi: param=NAME=value, a variable that each request gets. For calling by FastCGI:
// resend (Resend of [fastcgi.Client]), and mux, how many requests a connection may carry at once
// where the backend can (Multiplex of it).
//
// For calling by FastCGI or HTTP: keep, the number of idle connections that are kept (0 by FastCGI,
// 64 by HTTP), and max-age, how long after it was dialled a connection may carry another request
// (1h; without it there is no limit), max-requests, how many it may carry, and idle-timeout, how
// long it is kept idle (by FastCGI Limits.IdleTimeout, by HTTP 90s). For calling over any network:
// max-open, the number of connections that may be open at once (no limit); requests beyond it wait
// in turn, for first-byte-timeout at most, and then are answered 503. They are fields of the
// clients: MaxIdle, MaxAge, MaxRequests and so on. first-byte-timeout and read-timeout are fields
// of [protocol.Limits], connect-timeout bounds one attempt to connect (10s), and total-timeout a
// whole exchange, to the end of its response (no limit); what follows a 101 has none.
//
// resolve=30s is for a host's name: its addresses are looked for again when they are that old, and
// connected to in turn; one that fails leaves its turn to the next, and those that were found last
// stay good while they cannot be found. Package net tells nothing of how long an answer of DNS is
// good, so the period is said. A kept connection carries requests for as long, unless max-age says
// otherwise. Without resolve a name is looked up for each connection, and its first address that
// can be connected to is taken.
//
// What only one of several backends can have, as weight, is at [NewBackend].
//
// For listening over TLS: cert and key, files of PEM (the key may be in cert's file), read again
// when they change; client-ca, a file with the certificates that those of clients are checked by,
// which must have one, or with client-ca-optional may. For calling over TLS: ca, a file with the
// certificates to trust instead of the system's; server-name, the name that the backend's
// certificate must have, instead of the URL's host; cert and key, the client's own; insecure, which
// trusts whoever answers, and says so in the log.
//
// For calling by any protocol: mount=/app, where the backend stands in the URL's path. SCRIPT_NAME
// is the mount then, and PATH_INFO what follows (see [protocol.Request.At]); a backend by HTTP gets
// a target without the mount, its client's encoding kept, and X-Forwarded-Prefix, in place of one
// that the client sent. A path outside is answered 404. Without mount a network's backend gets both
// as the front has divided them.
//
// CGI's are fields of [cgi.Client] and [cgi.Dir]: mount (the URL path where the scripts stand),
// index, script (what may run), script-filename and follow-links for a tree; interpreter
// (.py=/usr/bin/python3), workdir, document-root, env (NAME=value), pass-env, pass-authorization,
// local-redirects, command-line, keep-background, processes, queue, queue-timeout,
// first-byte-timeout, read-timeout, total-timeout, linger, kill-grace, drop-functions, stderr-rate,
// user, group, umask; and of [cgi.ResourceLimits]: cpu (a duration), memory and file-size (bytes),
// files, user-processes.
//
// For a [Handler] of what is called: x-sendfile=/srv/files and
// x-accel-redirect=/protected=/srv/files let the backend name a file for its answer (see
// [site.SendFiles]). Each may be there more than once.
//
// Those of files are fields of [site.Files]: mount, index, listing, hidden, follow-links, and
// precompressed (on unless it is 0), which is the contrary of Plain.
//
// Those of php are fields of [site.PHP]: mount, follow-links, index, try and deny, which are lists
// with commas, and php-root, which is BackendRoot. fpm is the URL of what runs the scripts; its own
// options follow a second question mark, with %26 between them.
//
// Sizes are bytes, "65536", or "64k", "10M", "1G", in powers of 1024. Durations are seconds, "5",
// or "450ms", "30s", "1m30s", "2h". "none" is no limit, for all but keep, queue, linger and
// kill-grace.
//
// # Unix sockets
//
// A socket is created with its mode, owner and group before anybody can connect to it, and removed
// when its listener closes. One that is left over, on which nobody accepts, is replaced; one in
// use, and a file that is no socket, is an error.
package endpoint
