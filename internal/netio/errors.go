package netio

import (
	"errors"
	"strconv"

	"github.com/postern-gateway/postern/protocol"
)

// HeadError gives an error that came while a request's head was being read its place: that of the
// connection says how far it came, one of our own lacks at most the protocol's name.
func (b *Conn) HeadError(proto string, err error) error {
	if e, ok := errors.AsType[*protocol.Error](err); ok {
		if e.Protocol == "" {
			e.Protocol = proto
		}
		return err
	}
	detail := "the connection ended after " + strconv.Itoa(len(b.Buffered())) + " bytes"
	return &protocol.Error{Protocol: proto, Op: "read head", Kind: protocol.ErrAborted, Detail: detail, Err: err}
}
