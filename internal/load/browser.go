package load

import (
	"strconv"
	"strings"

	"github.com/postern-gateway/postern/protocol"
)

// A BrowserRequest is what nginx says of a browser's request, by the variables of its files
// fastcgi_params, scgi_params and uwsgi_params.
type BrowserRequest struct {
	Path        string // "/hello"
	Script      string // SCRIPT_FILENAME; may be empty
	ContentType string // may be empty
	Body        int    // bytes; with 0 it is a GET, with more a POST
}

const browserQuery = "page=2&order=name"

// Request returns the request, whose body can be read once.
func (b *BrowserRequest) Request() *protocol.Request {
	method, length := "GET", ""
	if b.Body > 0 {
		method, length = "POST", strconv.Itoa(b.Body)
	}
	return &protocol.Request{
		ContentLength: int64(b.Body),
		Body:          strings.NewReader(strings.Repeat("x", b.Body)),
		Params: protocol.Pairs("CONTENT_LENGTH", length, "QUERY_STRING", browserQuery, "REQUEST_METHOD", method,
			"CONTENT_TYPE", b.ContentType, "SCRIPT_NAME", "", "PATH_INFO", b.Path, "REQUEST_URI", b.Path+"?"+browserQuery,
			"DOCUMENT_URI", b.Path, "DOCUMENT_ROOT", "/var/www/html", "SCRIPT_FILENAME", b.Script,
			"SERVER_PROTOCOL", "HTTP/1.1", "REQUEST_SCHEME", "http", "GATEWAY_INTERFACE", "CGI/1.1", "SERVER_SOFTWARE", "nginx/1.22.1",
			"REMOTE_ADDR", "192.0.2.17", "REMOTE_PORT", "51334", "SERVER_ADDR", "192.0.2.1", "SERVER_PORT", "80",
			"SERVER_NAME", "www.example.com", "REDIRECT_STATUS", "200", "HTTP_HOST", "www.example.com",
			"HTTP_USER_AGENT", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
			"HTTP_ACCEPT", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
			"HTTP_ACCEPT_LANGUAGE", "en-GB,en;q=0.7,de;q=0.3", "HTTP_ACCEPT_ENCODING", "gzip, deflate",
			"HTTP_CONNECTION", "keep-alive", "HTTP_COOKIE", "session=8f2c1b7e5d4a4f3c9b6a0e1d2c3b4a59"),
	}
}
