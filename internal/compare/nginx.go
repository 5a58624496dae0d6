package compare

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/postern-gateway/postern/internal/load"
)

func findNginx(*setup) (found, error) {
	path, err := lookProgram(nginx)
	if err != nil {
		return found{}, err
	}
	return found{path, firstLine(path, "-v")}, nil
}

// startNginx starts nginx before a server, by the directive for the row's wire: proxy_pass,
// fastcgi_pass, scgi_pass or uwsgi_pass.
func (s *site) startNginx(backend *running) (*running, error) {
	dir := filepath.Join(s.dir, nginx)
	if err := os.Mkdir(dir, 0o777); err != nil {
		return nil, err
	}
	front := &site{dir: dir, row: s.row, setup: s.setup}
	conf, err := front.fill("nginx.conf", map[string]any{
		"Dir": dir, "Address": front.socket(), "Backend": "unix:" + backend.address, "Root": os.Getuid() == 0,
		"Descriptors": min(s.setup.descriptors, 1<<16), "Protocol": s.protocol(), "Keep": load.WireNamed(s.row.Wire).Kept,
		"Params": nginxParams(s.protocol(), serverNamed(s.row.Server).script(s.setup)),
	})
	if err != nil {
		return nil, err
	}
	return front.launchUntilUp(s.setup.looked[nginx].path, "-p", dir, "-e", "stderr", "-c", conf)
}

// nginxParams are the variables that nginx sends, each with its value: those of the files
// fastcgi_params, scgi_params and uwsgi_params together.
func nginxParams(protocol, script string) (params []string) {
	for line := range strings.Lines(`
QUERY_STRING $query_string
REQUEST_METHOD $request_method
CONTENT_TYPE $content_type
CONTENT_LENGTH $content_length
REQUEST_URI $request_uri
PATH_INFO $document_uri
DOCUMENT_URI $document_uri
DOCUMENT_ROOT $document_root
SERVER_PROTOCOL $server_protocol
REQUEST_SCHEME $scheme
GATEWAY_INTERFACE CGI/1.1
SERVER_SOFTWARE nginx/$nginx_version
REMOTE_ADDR $remote_addr
REMOTE_PORT $remote_port
SERVER_PORT $server_port
SERVER_NAME $server_name
REDIRECT_STATUS 200
HTTP_HOST $http_host
`) {
		if line = strings.TrimSpace(line); line != "" {
			params = append(params, line)
		}
	}
	if protocol == "scgi" {
		params = append(params, "SCGI 1")
	}
	if script != "" {
		params = append(params, "SCRIPT_FILENAME "+script)
	}
	return params
}
