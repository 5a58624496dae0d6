// Package site serves what a web site is made of besides its programs: the files of a directory, by
// every protocol alike. It knows no wire.
package site
