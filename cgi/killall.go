package cgi

import "sync"

// everyProcess are the processes of all clients.
var everyProcess struct {
	starting sync.RWMutex // read-locked from the start of a process until it is in the set
	mu       sync.Mutex   // guards set
	set      map[*process]struct{}
}

func addToEvery(p *process) {
	everyProcess.mu.Lock()
	defer everyProcess.mu.Unlock()
	if everyProcess.set == nil {
		everyProcess.set = make(map[*process]struct{})
	}
	everyProcess.set[p] = struct{}{}
}

func removeFromEvery(p *process) {
	everyProcess.mu.Lock()
	delete(everyProcess.set, p)
	everyProcess.mu.Unlock()
}

// KillAll ends the scripts of all clients at once, with their process groups, by SIGKILL. It is for
// a program that is about to end and will not wait for [Client.Close]: no script is started any
// more, and requests that want one wait for ever. What a script has left running with its standard
// output closed stays.
func KillAll() {
	everyProcess.starting.Lock() // for good
	everyProcess.mu.Lock()
	procs := make([]*process, 0, len(everyProcess.set))
	for p := range everyProcess.set {
		procs = append(procs, p)
	}
	everyProcess.mu.Unlock()
	for _, p := range procs {
		p.mu.Lock()
		// the number of a group that was stopped is looked after until the group is gone
		if !p.reaped || !p.stoppedAt.IsZero() {
			killGroup(p.pid)
		}
		p.mu.Unlock()
	}
}
