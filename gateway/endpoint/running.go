package endpoint

import (
	"sync"
	"time"

	"github.com/postern-gateway/postern/gateway"
)

// running are the servers that Run serves. Whoever ends the process keeps mu locked, so that no Run
// returns before that.
var running struct {
	mu      sync.Mutex
	servers map[*gateway.Server]struct{}
}

// noteRunning notes that s is served. done is called when it is no longer.
func noteRunning(s *gateway.Server) (done func()) {
	running.mu.Lock()
	defer running.mu.Unlock()
	if running.servers == nil {
		running.servers = make(map[*gateway.Server]struct{})
	}
	running.servers[s] = struct{}{}
	return func() {
		running.mu.Lock()
		defer running.mu.Unlock()
		delete(running.servers, s)
	}
}

// cutTime is how long cutRunning waits for handlers.
const cutTime = 250 * time.Millisecond

// cutRunning cuts the connections of all servers that Run serves: some peers would take their end
// with that of the process for the end of a whole answer. No Run returns any more.
func cutRunning() {
	running.mu.Lock() // for good
	var closing sync.WaitGroup
	for s := range running.servers {
		closing.Go(func() { s.Close() })
	}
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		closing.Wait()
	}()
	select {
	case <-closed:
	case <-time.After(cutTime):
	}
}
