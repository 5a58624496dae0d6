// Package probe finds out whether a backend is well, by any protocol, for the checks of containers,
// of systemd and of load balancers. A [Config] names the backend and what is asked; [Run] returns a
// [Report], which is a line of text or of JSON.
//
// What is asked by default has no effect on the application: of FastCGI the management record
// GET_VALUES, of uwsgi a ping, of SCGI, which has nothing of the kind, a connection, and of HTTP
// GET /. A URL with a path has that path asked for by GET; without one it may have the options of
// any URL of a backend.
package probe
