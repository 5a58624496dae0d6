package site

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// A coding is a content coding (RFC 9110 section 8.4.1) that files are kept in.
type coding struct {
	name   string
	suffix string // of the file
}

// codings are those that are looked for, the best first: where a client takes several alike the
// first of them counts.
var codings = []coding{{"br", ".br"}, {"zstd", ".zst"}, {"gzip", ".gz"}}

// acceptedCodings returns the codings that an Accept-Encoding prefers to none at all, the best
// first (RFC 9110 section 12.5.3).
func acceptedCodings(accept []string) []coding {
	if len(accept) == 0 {
		return nil
	}
	weights := parseWeights(strings.Join(accept, ","))
	plain, known := weights["identity"]
	if !known {
		plain = 0
	}
	weight := func(c coding) float64 {
		if q, ok := weights[c.name]; ok {
			return q
		}
		return weights["*"]
	}
	var taken []coding
	for _, c := range codings {
		if q := weight(c); q > 0 && q >= plain {
			taken = append(taken, c)
		}
	}
	slices.SortStableFunc(taken, func(a, b coding) int { return cmp.Compare(weight(b), weight(a)) })
	return taken
}

// parseWeights reads a list of names with their weights. A weight that is none is 0.
func parseWeights(list string) map[string]float64 {
	weights := make(map[string]float64)
	for item := range strings.SplitSeq(list, ",") {
		name, parameters, _ := strings.Cut(item, ";")
		name = strings.ToLower(strings.TrimSpace(name))
		if name == "x-gzip" {
			name = "gzip" // RFC 9110 section 8.4.1.3
		}
		if name != "" {
			weights[name] = weightOf(parameters)
		}
	}
	return weights
}

func weightOf(parameters string) float64 {
	name, value, ok := strings.Cut(strings.TrimSpace(parameters), "=")
	if !ok {
		return 1
	}
	q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if !strings.EqualFold(strings.TrimSpace(name), "q") || err != nil || !(q >= 0 && q <= 1) {
		return 0
	}
	return q
}
