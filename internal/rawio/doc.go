// Package rawio makes system calls that never wait without telling the scheduler of them.
//
// A goroutine in an ordinary system call may lose its processor to another once the kernel has it
// wait for 20 us. That is right for a call that blocks. On a busy machine it also happens to one
// that does not, because some other process gets its turn in between: then two threads are woken,
// and the runtime goes on looking for such calls thousands of times a second. For the host of CGI
// programs, whose children keep the machine busy, that was an eighth of its own time.
//
// So only for descriptors that are in non-blocking mode, or calls that cannot wait. With the race
// detector these are the ordinary calls: it takes a write and the read of what was written for a
// synchronization, as programs do.
package rawio
