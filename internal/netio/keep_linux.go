package netio

// closeResets tells what a Unix socket gives its peer that is closed with input that nobody has
// read.
const closeResets = true
