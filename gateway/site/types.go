package site

import (
	"mime"
	"path/filepath"
	"strings"
)

// types are the media types of what the web is made of, whatever the machine's own table says.
var types = map[string]string{
	".html": "text/html; charset=utf-8", ".htm": "text/html; charset=utf-8", ".xhtml": "application/xhtml+xml",
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".mjs": "text/javascript; charset=utf-8",
	".json": "application/json", ".map": "application/json", ".webmanifest": "application/manifest+json",
	".xml": "text/xml; charset=utf-8", ".rss": "application/rss+xml", ".atom": "application/atom+xml",
	".txt": "text/plain; charset=utf-8", ".md": "text/markdown; charset=utf-8", ".csv": "text/csv; charset=utf-8",
	".ics": "text/calendar; charset=utf-8", ".vtt": "text/vtt; charset=utf-8", ".wasm": "application/wasm",

	".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif",
	".webp": "image/webp", ".avif": "image/avif", ".ico": "image/x-icon", ".bmp": "image/bmp", ".tiff": "image/tiff",
	".woff": "font/woff", ".woff2": "font/woff2", ".ttf": "font/ttf", ".otf": "font/otf",
	".mp4": "video/mp4", ".m4v": "video/mp4", ".webm": "video/webm", ".mov": "video/quicktime",
	".mp3": "audio/mpeg", ".m4a": "audio/mp4", ".ogg": "audio/ogg", ".opus": "audio/ogg", ".flac": "audio/flac", ".wav": "audio/wav",
	".pdf": "application/pdf", ".epub": "application/epub+zip", ".zip": "application/zip",
	".gz": "application/gzip", ".zst": "application/zstd", ".br": "application/octet-stream", ".xz": "application/x-xz",
	".bz2": "application/x-bzip2", ".7z": "application/x-7z-compressed", ".tar": "application/x-tar",
}

const unknownType = "application/octet-stream"

// typeOf returns the media type of a file by its name.
func (f *Files) typeOf(name string) string {
	ending := strings.ToLower(filepath.Ext(name))
	for _, table := range []map[string]string{f.Types, types} {
		if kind := table[ending]; kind != "" {
			return kind
		}
	}
	if kind := mime.TypeByExtension(ending); kind != "" {
		return kind
	}
	return unknownType
}

// compressible reports whether a file of that type may have compressed neighbours. Images, sound
// and archives are compressed already.
func compressible(kind string) bool {
	switch kind {
	case "image/svg+xml", "image/bmp", "image/x-icon", "font/ttf", "font/otf":
		return true
	case "application/zip", "application/gzip", "application/zstd", "application/x-xz", "application/x-bzip2",
		"application/x-7z-compressed", "application/epub+zip", "application/pdf":
		return false
	}
	group, _, _ := strings.Cut(kind, "/")
	return group != "image" && group != "audio" && group != "video" && group != "font"
}
