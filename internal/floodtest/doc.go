// Package floodtest makes floods: what a hostile client sends to have a server hold much, log much,
// or serve nobody else. Its encoders are its own and know no rule, so that it can break every one.
//
// A flood asks for the paths that [Serve] knows.
package floodtest
