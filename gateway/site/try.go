package site

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// A Try is what is looked for, in order, when a request comes: nginx's try_files. It is made by
// [ParseTry].
type Try []tryItem

// A tryItem is one thing that is looked for.
type tryItem struct {
	text   string // the path, with FILE at its begin and PATH in it; empty where status is set
	query  string // what it adds to the query, with PATH in it
	status int    // what ends the request; 0: none
	last   bool
}

// defaultTry is the file, and then the directory.
var defaultTry = Try{{text: "FILE"}, {text: "FILE/"}}

// ParseTry reads a list, with commas between its items:
//
//	FILE                   the file at the path of the URL, which may be a script with a PATH_INFO
//	FILE.html              the same with that after it
//	FILE/                  the directory at the path, by its index
//	/cache/PATH.html       a path below the root; PATH is the path of the URL without its first slash
//	/index.php             as the last item: what answers everything else
//	/index.php?q=PATH      the same; this is put before the request's query
//	=404                   as the last item: a status
//
// A last item that is a path is not looked for elsewhere: if nothing is there, the answer is 404.
// REQUEST_URI stays what the client has asked for, and the query stays behind what an item adds.
func ParseTry(list string) (Try, error) {
	var try Try
	items := strings.Split(list, ",")
	for i, text := range items {
		item, err := parseTryItem(strings.TrimSpace(text))
		if err != nil {
			return nil, err
		}
		if item.last = i == len(items)-1; item.status != 0 && !item.last {
			return nil, fmt.Errorf("%q: a status is the last thing to try", list)
		}
		try = append(try, item)
	}
	return try, nil
}

func parseTryItem(text string) (item tryItem, err error) {
	if code, ok := strings.CutPrefix(text, "="); ok {
		if item.status, err = strconv.Atoi(code); err != nil || item.status < 400 || item.status > 599 {
			return item, fmt.Errorf("%q: a status is from 400 to 599, as in =404", text)
		}
		return item, nil
	}
	switch {
	case strings.Contains(text, "$"):
		return item, fmt.Errorf("%q: write FILE for $uri, and nothing for $args: the query goes on by itself", text)
	case !beginsItem(text):
		return item, fmt.Errorf("%q: write FILE, FILE/, a path that begins with a slash, or a status such as =404", text)
	case slices.ContainsFunc(strings.Fields(text)[1:], beginsItem):
		return item, fmt.Errorf("%q: write commas between what is tried, as in FILE,FILE/,/index.php", text)
	}
	item.text, item.query, _ = strings.Cut(text, "?")
	return item, checkPath(item.pathFor("/"))
}

// beginsItem reports whether a text may be a thing to try, by its beginning.
func beginsItem(text string) bool {
	return strings.HasPrefix(text, "FILE") || strings.HasPrefix(text, "/") || strings.HasPrefix(text, "=")
}

// pathFor returns the path that is looked for.
func (t tryItem) pathFor(urlPath string) string {
	text := t.text
	if rest, ok := strings.CutPrefix(text, "FILE"); ok {
		if rest == "/" {
			urlPath = strings.TrimRight(urlPath, "/")
		}
		return urlPath + rest
	}
	return strings.ReplaceAll(text, "PATH", strings.TrimLeft(urlPath, "/"))
}

// queryFor returns what the item adds to the query.
func (t tryItem) queryFor(urlPath string) string {
	return strings.ReplaceAll(t.query, "PATH", url.QueryEscape(strings.TrimLeft(urlPath, "/")))
}

// ofRequest reports whether the item is the request's own path.
func (t tryItem) ofRequest() bool { return strings.HasPrefix(t.text, "FILE") }

// directory reports whether a directory may be what is found.
func (t tryItem) directory() bool { return strings.HasSuffix(t.text, "/") }
