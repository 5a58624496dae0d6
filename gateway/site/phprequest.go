package site

import (
	"cmp"
	"path"
	"strings"

	"github.com/postern-gateway/postern/protocol"
)

// ownVariables are the variables that a request for a script has from us alone: they say what is
// run. The empty ones are not sent.
func (p *PHP) ownVariables(t target) []protocol.Param {
	mount := strings.TrimRight(p.Mount, "/")
	name := strings.Trim(path.Clean(t.path), "/")
	own := []protocol.Param{
		{Name: "SCRIPT_FILENAME", Value: p.root + "/" + name},
		{Name: "SCRIPT_NAME", Value: mount + t.path},
		{Name: "DOCUMENT_ROOT", Value: cmp.Or(p.root, "/")},
		{Name: "DOCUMENT_URI", Value: mount + t.path + t.info},
		{Name: "REDIRECT_STATUS", Value: "200"}, // php-cgi asks for it
		{Name: "PATH_INFO", Value: t.info},
		{Name: "PATH_TRANSLATED"},
	}
	if t.info != "" {
		own[len(own)-1].Value = p.root + t.info
	}
	return own
}

// frontVariables are those of a front that are not true of the script that we have found, or by
// which php-fpm would run other code.
var frontVariables = map[string]bool{
	"SCRIPT_FILENAME": true, "SCRIPT_NAME": true, "DOCUMENT_ROOT": true, "DOCUMENT_URI": true, "REDIRECT_STATUS": true,
	"PATH_INFO": true, "PATH_TRANSLATED": true,
	"ORIG_SCRIPT_FILENAME": true, "ORIG_SCRIPT_NAME": true, "ORIG_PATH_INFO": true, "ORIG_PATH_TRANSLATED": true,
	"CONTEXT_DOCUMENT_ROOT": true, "CONTEXT_PREFIX": true,
	"PHP_VALUE": true, "PHP_ADMIN_VALUE": true,
}

// runScript gives the request to Scripts.
func (p *PHP) runScript(w protocol.ResponseWriter, r *protocol.Request, t target) error {
	if p.Scripts == nil {
		return noSuch(t.path, "scripts are not run here")
	}
	out := r.Clone(r.Context())
	out.PathChecked = true
	kept := out.Params[:0]
	for _, v := range out.Params {
		if !frontVariables[v.Name] {
			kept = append(kept, v)
		}
	}
	clear(out.Params[len(kept):])
	for _, v := range p.ownVariables(t) {
		if v.Value != "" {
			kept = append(kept, v)
		}
	}
	out.Params = kept
	t.addQuery(&out.Params)
	return p.Scripts.Serve(w, out)
}

// serveFile gives the request to Files.
func (p *PHP) serveFile(w protocol.ResponseWriter, r *protocol.Request, t target) error {
	if p.Files == nil {
		return noSuch(t.path, "files are not served here")
	}
	out := r.Clone(r.Context())
	out.Params.Set("SCRIPT_NAME", strings.TrimRight(p.Mount, "/"))
	out.Params.Set("PATH_INFO", t.path)
	return p.Files.Serve(w, out)
}

// addQuery puts what Try adds before the request's query.
func (t target) addQuery(params *protocol.Params) {
	if t.query == "" {
		return
	}
	query := t.query
	if asked := params.Get("QUERY_STRING"); asked != "" {
		query += "&" + asked
	}
	params.Set("QUERY_STRING", query)
}
