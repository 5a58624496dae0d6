package explore

import (
	"embed"
	"fmt"
	"path"

	"github.com/postern-gateway/postern/protocol"
)

// recorded holds what nginx sent for the request of [Example], a file a protocol. Its README says
// how.
//
//go:embed recorded/*.bin
var recorded embed.FS

// A Recording is what a real front sent.
type Recording struct {
	Wire  string `json:"wire"`
	Front string `json:"front"`
	Side  Side   `json:"side"`
	// what is different from our own request, a line each
	Differences []string `json:"differences"`
}

// Recordings returns nginx's requests, of those protocols that it speaks.
func Recordings() (list []Recording, err error) {
	example := Example()
	for _, row := range rows() {
		b, err := recorded.ReadFile(path.Join("recorded", "nginx-1.22.1-"+row.name+".bin"))
		if err != nil {
			continue // nginx runs no CGI programs
		}
		r := Recording{Wire: row.name, Front: "nginx 1.22.1", Side: row.cut(protocol.RequestSide, b)}
		theirs, err := row.parse(b)
		if err != nil {
			return nil, fmt.Errorf("recorded %s: %w", row.name, err)
		}
		ours, err := row.parse(row.requestOf(example))
		if err != nil {
			return nil, err
		}
		r.Differences = differences(ours, theirs, "ours")
		list = append(list, r)
	}
	return list, nil
}
