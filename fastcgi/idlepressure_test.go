package fastcgi

import (
	"sync"
	"testing"
)

// A backend that serves a connection at a time never came to a second one while the first was kept.
func TestKeptIsInNobodysWay(t *testing.T) {
	first, second, free := make(chan struct{}), make(chan struct{}), make(chan struct{})
	c := backend(t, func(f *front) {
		plays(asks)(f)
		close(first)
		<-second
		plays(answers)(f)
		f.hearEnd()
		close(free)
	}, func(f *front) {
		plays(asks)(f)
		close(second)
		<-free
		plays(answers)(f)
	})
	c.MaxIdle = 1
	var both sync.WaitGroup
	both.Go(func() { getKept(t, c) })
	<-first
	both.Go(func() { getKept(t, c) })
	both.Wait()
	c.CloseIdleConnections()
}
