package netio

import (
	"testing"

	"github.com/postern-gateway/postern/internal/netio/netiotest"
)

func TestMain(m *testing.M) { netiotest.Main(m) }
