// Package browser tests the illustrated page in a real browser, Debian's chromium. It is a module
// of its own: who uses Postern need not have a browser's protocol among the modules that theirs
// depends on.
package browser
