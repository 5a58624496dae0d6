package protocoltest_test

import (
	"testing"

	"github.com/postern-gateway/postern/protocol/protocoltest"
)

func TestHTTP(t *testing.T) { protocoltest.Run(t, protocoltest.HTTP()) }
