package site

import (
	"fmt"
	"path"
	"strings"
)

// A Deny are paths that are never served. It is made by [ParseDeny].
type Deny []denial

// A denial is one of them, by elements.
type denial struct {
	elements []string // patterns in lower case
	anywhere bool     // one element, at any place
}

// ParseDeny reads a list of what is never served, with commas between:
//
//	/data/         what stands below the root at that path, and all below it
//	/sites/*/tmp   the same; an element is a pattern of path.Match
//	*.sql          anything of which an element of the path has that name
//
// Upper and lower case are one, and so are names that differ in dots and spaces at their end: some
// file systems take them for one file.
func ParseDeny(list string) (Deny, error) {
	var deny Deny
	for text := range strings.SplitSeq(list, ",") {
		text = strings.TrimSpace(text)
		name := strings.Trim(text, "/")
		d := denial{anywhere: !strings.HasPrefix(text, "/") && !strings.Contains(name, "/")}
		for element := range strings.SplitSeq(name, "/") {
			if _, err := path.Match(element, ""); err != nil || element == "" {
				return nil, fmt.Errorf("%q: write a path such as /data/, or a name such as *.sql", text)
			}
			d.elements = append(d.elements, strings.ToLower(element))
		}
		deny = append(deny, d)
	}
	return deny, nil
}

// denies reports whether a path is denied.
func (d Deny) denies(urlPath string) bool {
	if len(d) == 0 {
		return false
	}
	var elements []string
	for element := range strings.SplitSeq(strings.ToLower(urlPath), "/") {
		if element = strings.TrimRight(element, ". "); element != "" {
			elements = append(elements, element)
		}
	}
	for _, one := range d {
		if one.denies(elements) {
			return true
		}
	}
	return false
}

func (d denial) denies(elements []string) bool {
	if d.anywhere {
		for _, element := range elements {
			if ok, _ := path.Match(d.elements[0], element); ok {
				return true
			}
		}
		return false
	}
	if len(elements) < len(d.elements) {
		return false
	}
	for i, pattern := range d.elements {
		if ok, _ := path.Match(pattern, elements[i]); !ok {
			return false
		}
	}
	return true
}
