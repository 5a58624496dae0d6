package site

import (
	"html/template"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"
)

// A listedFile is a line of a directory's list.
type listedFile struct {
	Name     string
	Href     string // relative to the directory
	Size     int64
	IsDir    bool
	Modified time.Time
}

var listing = template.Must(template.New("listing").Parse(`<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Index of {{.Path}}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; margin: 2em; }
td, th { padding: 0 1.5em 0 0; text-align: left; }
td.size { text-align: right; font-variant-numeric: tabular-nums; }
</style>
<h1>Index of {{.Path}}</h1>
<table>
<tr><th>Name<th>Size<th>Modified (UTC)
{{- if .Parent}}
<tr><td><a href="../">../</a><td><td>{{end}}
{{- range .Files}}
<tr><td><a href="{{.Href}}">{{.Name}}{{if .IsDir}}/{{end}}</a><td class="size">{{if not .IsDir}}{{.Size}}{{end}}<td>
{{- .Modified.UTC.Format "2006-01-02 15:04:05"}}{{end}}
</table>
</html>
`))

// list answers with the list of a directory: what of it would be served, directories first.
func (f *Files) list(w http.ResponseWriter, name pathName, dir *os.File) error {
	entries, err := dir.ReadDir(-1)
	if err != nil {
		return name.failed(err)
	}
	var files []listedFile
	for _, entry := range entries {
		if _, err := f.name(name.url() + "/" + entry.Name()); err != nil {
			continue
		}
		info, err := entry.Info()
		if err != nil || !info.IsDir() && !info.Mode().IsRegular() {
			continue // a link is not looked behind
		}
		href := url.PathEscape(entry.Name())
		if info.IsDir() {
			href += "/"
		}
		files = append(files, listedFile{entry.Name(), "./" + href, info.Size(), info.IsDir(), info.ModTime()})
	}
	slices.SortFunc(files, func(a, b listedFile) int {
		if a.IsDir != b.IsDir {
			if a.IsDir {
				return -1
			}
			return 1
		}
		return strings.Compare(a.Name, b.Name)
	})
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	return listing.Execute(w, map[string]any{
		"Path": f.prefix() + "/" + name.url(), "Parent": len(name.elements) > 0, "Files": files,
	})
}
