package explore

// A Class is what kind of thing bytes are. It chooses their colour.
type Class string

const (
	ClassKind   Class = "kind"   // what a message is
	ClassID     Class = "id"     // whose it is
	ClassLength Class = "length" // how long something is
	ClassName   Class = "name"   // a variable's or a header field's name
	ClassValue  Class = "value"  // its value
	ClassMark   Class = "mark"   // a separator or an end
	ClassFiller Class = "filler" // padding and reserved bytes
	ClassData   Class = "data"   // a body
	ClassError  Class = "error"  // what could not be read
)

func (c Class) isContent() bool { return c == ClassName || c == ClassValue || c == ClassData }

// A Meaning says what a field of a wire is.
type Meaning struct {
	Class   Class  `json:"class"`
	Says    string `json:"says"`    // a sentence or two
	Section string `json:"section"` // of the specification
	URL     string `json:"url"`
}

// Where the specifications are.
const (
	fastcgiSpec = "https://fastcgi-archives.github.io/FastCGI_Specification.html"
	scgiSpec    = "https://python.ca/scgi/protocol.txt"
	uwsgiSpec   = "https://uwsgi-docs.readthedocs.io/en/latest/Protocol.html"
	httpSpec    = "https://www.rfc-editor.org/rfc/rfc9112.html"
	cgiSpec     = "https://www.rfc-editor.org/rfc/rfc3875.html"
)

func inFastCGI(c Class, section, anchor, says string) Meaning {
	return Meaning{c, says, "FastCGI " + section, fastcgiSpec + "#" + anchor}
}

func inSCGI(c Class, section, says string) Meaning {
	return Meaning{c, says, "SCGI " + section, scgiSpec}
}

func inUWSGI(c Class, section, says string) Meaning {
	return Meaning{c, says, "uwsgi, " + section, uwsgiSpec}
}

func inHTTP(c Class, section, anchor, says string) Meaning {
	return Meaning{c, says, "RFC 9112 section " + section, httpSpec + "#section-" + anchor}
}

func inCGI(c Class, section, says string) Meaning {
	return Meaning{c, says, "RFC 3875 section " + section, cgiSpec + "#section-" + section}
}

// Meanings returns what the fields of each side of each protocol mean: by "scgi request" and the
// field's name.
func Meanings() map[string]map[string]Meaning { return meanings }

// meanings has every field that a decoder tells of.
var meanings = map[string]map[string]Meaning{
	"cgi request":      with(environMeanings, body("4.2", "The body, on standard input: CONTENT_LENGTH bytes of it.")),
	"cgi response":     with(cgiResponse),
	"fastcgi request":  with(recordMeanings, pairMeanings, contentMeanings),
	"fastcgi response": with(recordMeanings, pairMeanings, contentMeanings, cgiResponse),
	"scgi request":     with(scgiMeanings, body("4.2", "The body, as it is: CONTENT_LENGTH bytes of it.")),
	"scgi response":    with(cgiResponse),
	"uwsgi request":    with(uwsgiMeanings, body("4.2", "The body, as it is: CONTENT_LENGTH bytes of it.")),
	"uwsgi response":   with(uwsgiMeanings, httpFields),
	"http request":     with(requestLine, httpFields),
	"http response":    with(httpFields),
}

func body(section, says string) map[string]Meaning {
	return map[string]Meaning{"body": inCGI(ClassData, section, says)}
}

// with joins tables. What could not be read is in each.
func with(tables ...map[string]Meaning) map[string]Meaning {
	all := map[string]Meaning{
		"malformed": {ClassError, "The parser could not read these bytes. What it says of them is the error.", "", ""},
	}
	for _, t := range tables {
		for field, m := range t {
			all[field] = m
		}
	}
	return all
}
