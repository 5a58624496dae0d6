package endpoint

import "slices"

// A Scheme is what URLs of one protocol may say.
type Scheme struct {
	Name    string   // "fastcgi"
	Over    string   // of "fastcgis", which is that over TLS: "fastcgi"
	Listens bool     // one can listen for it
	Calls   bool     // requests can go there: [NewHandler] takes it
	IsPath  bool     // the address is a file or a directory, "cgi:/srv/app.cgi": no network's
	Port    string   // where a URL has none; empty: it must have one
	Options []string // for calling
}

// Schemes returns all there are, by name. Each may also be followed by "+unix", and by "+fd" for
// listening, where it goes over a network.
func Schemes() []Scheme {
	all := make([]Scheme, len(table))
	for i := range table {
		r := &table[i]
		all[i] = Scheme{Name: r.name, Over: r.over, Listens: r.serve != nil, Calls: r.client != nil || r.handler != nil, IsPath: r.path != "", Port: r.port, Options: slices.Clone(r.options)}
	}
	return all
}
