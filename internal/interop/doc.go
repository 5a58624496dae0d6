// Package interop puts the real web servers in front of Postern. It is all tests: a table of pairs
// (fronts_test.go: a front, a protocol, a configuration) and a table of cases (cases_*_test.go),
// and every case runs through every pair. A new front or a new case is a row.
//
// Other files have what else is at the end of a wire: CGI programs that people run
// (programs_*_test.go), and peers that we did not write (peers_*_test.go): php-fpm, uWSGI and
// libfcgi as backends, cgi-fcgi and uWSGI as callers, and all that starts a program; and whole PHP
// sites (sites_*_test.go), with a browser, whose screenshots are in artifacts/sites.
//
// The servers are Debian's packages, unmodified. Each is started on loopback with a frame of ours,
// testdata/FRONT/frame.conf, and in it the lines that a reader would put in a configuration of
// their own, testdata/FRONT/PROTOCOL.conf. Where a front departs from what a case expects, its row
// in departures_test.go says so, says why, and checks what it does instead.
//
// The tests need POSTERN_INTEROP=1 and skip without it. With it a front that is missing is a
// failure. `make test` sets it, installs the fronts, and prints the table.
package interop
