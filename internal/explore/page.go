package explore

import (
	"context"
	"embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io/fs"
	"path"
	"strings"

	"github.com/postern-gateway/postern/protocol"
)

// web holds the page: index.html, style.css and JavaScript modules.
//
//go:embed web
var web embed.FS

// An Engine is what answers the page's calls.
type Engine struct {
	// Program is the WebAssembly program, compressed by gzip, and Glue the JavaScript that Go's
	// toolchain has for it. Without them the page calls the server that it came from.
	Program []byte
	Glue    []byte
	// Live says that the server has a [Live].
	Live bool
}

// Page returns the page as one HTML document that loads nothing else.
func Page(ctx context.Context, e Engine) ([]byte, error) {
	d, err := NewDossier(ctx)
	if err != nil {
		return nil, err
	}
	d.Live = e.Live
	dossier, err := json.Marshal(d) // which escapes what would end a script
	if err != nil {
		return nil, err
	}
	modules, err := importMap()
	if err != nil {
		return nil, err
	}
	index, err := web.ReadFile("web/index.html")
	if err != nil {
		return nil, err
	}
	style, err := web.ReadFile("web/style.css")
	if err != nil {
		return nil, err
	}
	page := strings.NewReplacer(
		"{{style}}", string(style),
		"{{modules}}", modules,
		"{{dossier}}", string(dossier),
		"{{conversation}}", html.EscapeString(d.conversation()),
		"{{engine}}", e.scripts(),
	).Replace(string(index))
	return []byte(page), nil
}

// importMap is the import map in which each module is a URL that holds it: a page that is a file
// may not load others.
func importMap() (string, error) {
	files, err := fs.Glob(web, "web/*.js")
	if err != nil {
		return "", err
	}
	imports := make(map[string]string)
	for _, name := range files {
		b, err := web.ReadFile(name)
		if err != nil {
			return "", err
		}
		imports["explore/"+path.Base(name)] = "data:text/javascript;base64," + base64.StdEncoding.EncodeToString(b)
	}
	b, err := json.Marshal(map[string]any{"imports": imports})
	return string(b), err
}

// scripts are the elements that hold the engine.
func (e *Engine) scripts() string {
	if len(e.Program) == 0 {
		return ""
	}
	glue := strings.ReplaceAll(string(e.Glue), "</script", `<\/script`)
	return "<script>" + glue + "</script>\n" +
		`<script type="application/octet-stream" id="program">` + base64.StdEncoding.EncodeToString(e.Program) + "</script>"
}

// conversation is what a browser without JavaScript shows: each side of each wire as lines.
func (d *Dossier) conversation() string {
	var s strings.Builder
	for i, row := range rows() {
		w := d.Drawing.Wires[i]
		fmt.Fprintf(&s, "%s\n", w.Title)
		t := &protocol.Trace{Protocol: decoderOnly{decode: row.decoder}, Out: &s, Prefix: "  >"}
		t.Write(w.Request.Bytes)
		t.Close()
		t = &protocol.Trace{Protocol: decoderOnly{decode: row.decoder}, Side: protocol.ResponseSide, Out: &s, Prefix: "  <"}
		t.Write(w.Response.Bytes)
		t.Close()
		s.WriteByte('\n')
	}
	return s.String()
}

// A decoderOnly is a Tracer that is nothing but its Decoder.
type decoderOnly struct {
	decode func(protocol.Side) protocol.DecodeFunc
}

func (decoderOnly) Name() string { return "" }

func (d decoderOnly) Decoder(side protocol.Side) protocol.DecodeFunc { return d.decode(side) }
