package netio

// Withheld reports whether a variable must not be sent to a backend. HTTP_PROXY would become a script's proxy setting (httpoxy). The
// others say again what CONTENT_LENGTH and CONTENT_TYPE say, and not always the same; uWSGI takes a body that it is told was chunked
// for one that still is.
func Withheld(name string) bool {
	switch name {
	case "HTTP_PROXY", "HTTP_CONTENT_LENGTH", "HTTP_CONTENT_TYPE", "HTTP_TRANSFER_ENCODING":
		return true
	}
	return false
}
