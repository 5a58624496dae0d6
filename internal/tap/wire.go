package tap

import (
	"fmt"
	"strconv"

	"github.com/postern-gateway/postern/protocol"
)

// wireRow is how many bytes a row shows.
const wireRow = 16

// appendSpan appends the rows of a span: offset, bytes, and what they are.
//
//	00000000  01                                               version: 1
//	00000018  52 45 51 55 45 53 54 5f 4d 45 54 48 4f 44        nameData: "REQUEST_METHOD"
//
// Of data that takes several rows each row says its own part.
func appendSpan(dst []byte, span protocol.Span) []byte {
	for at := 0; at == 0 || at < len(span.Bytes); at += wireRow {
		row := span.Bytes[at:min(at+wireRow, len(span.Bytes))]
		dst = fmt.Appendf(dst, "    %08x  %-47s  ", span.Offset+int64(at), fmt.Sprintf("% x", row))
		switch {
		case at > 0:
			dst = strconv.AppendQuote(dst, string(row))
		case span.Err != nil:
			dst = fmt.Appendf(dst, "%s: %s", span.Field, span.Err)
		case span.Value != "":
			dst = fmt.Appendf(dst, "%s: %s", span.Field, span.Value)
		default:
			dst = fmt.Appendf(dst, "%s: %q", span.Field, row)
		}
		dst = append(dst, '\n')
	}
	return dst
}
