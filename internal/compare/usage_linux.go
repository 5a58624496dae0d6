package compare

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

// A usage is what a tree of processes has used.
type usage struct {
	known bool
	cpu   time.Duration // user and system, of all threads and of children that have ended
	// peak is the resident memory, in bytes, at its highest since resetPeak: that of each process,
	// added up.
	peak int64
}

// usageOf returns what the processes and all below them have used.
func usageOf(roots []int) usage {
	u := usage{known: true}
	for _, pid := range tree(roots) {
		u.cpu += cpuClock(pid) + childrenTime(pid)
		u.peak += peakOf(pid)
	}
	return u
}

// resetPeak has the peak of the processes' memory count from now.
func resetPeak(roots []int) {
	for _, pid := range tree(roots) {
		// A process that has just ended has no peak either.
		os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0)
	}
}

// tree returns the processes and all below them.
func tree(roots []int) (pids []int) {
	below := make(map[int][]int)
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return roots
	}
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil {
			if f := statFields(pid); f != nil {
				parent, _ := strconv.Atoi(f[1])
				below[parent] = append(below[parent], pid)
			}
		}
	}
	pids = append(pids, roots...)
	for i := 0; i < len(pids); i++ {
		pids = append(pids, below[pids[i]]...)
	}
	return pids
}

// statFields returns what follows the name in /proc/PID/stat (proc(5)), whose field 3 is the first.
func statFields(pid int) []string {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil
	}
	f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	if len(f) < 15 {
		return nil
	}
	return f
}

// childrenTime is what children of a process have used that have ended and been waited for: cutime
// and cstime, in ticks of 10 ms.
func childrenTime(pid int) time.Duration {
	f := statFields(pid)
	if f == nil {
		return 0
	}
	user, _ := strconv.ParseInt(f[13], 10, 64)
	system, _ := strconv.ParseInt(f[14], 10, 64)
	return time.Duration(user+system) * (time.Second / 100)
}

// cpuClock is the time of a process's clock (clock_getcpuclockid(3)): what utime and stime of
// /proc/PID/stat add up to, in nanoseconds instead of ticks.
func cpuClock(pid int) time.Duration {
	const schedClock = 2
	var ts syscall.Timespec
	clock := uintptr(^pid<<3 | schedClock)
	if _, _, errno := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, clock, uintptr(unsafe.Pointer(&ts)), 0); errno != 0 {
		return 0
	}
	return time.Duration(ts.Nano())
}

func peakOf(pid int) int64 {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	_, rest, _ := strings.Cut(string(b), "VmHWM:")
	var kb int64
	fmt.Sscan(rest, &kb)
	return kb << 10
}
