package rawio

import "syscall"

// Yield lets another thread run that waits for this one's processor, without a change for our own
// scheduler: sched_yield(2).
func Yield() { syscall.RawSyscall(syscall.SYS_SCHED_YIELD, 0, 0, 0) }
