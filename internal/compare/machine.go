package compare

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// A Machine is where a run took place. What the system does not tell is empty.
type Machine struct {
	CPU         string
	Cores       int
	Virtual     bool `json:",omitempty"`
	MemoryMB    int64
	OS, Kernel  string
	Go          string
	Descriptors int     // RLIMIT_NOFILE
	Load        string  // the load averages before
	Busy        float64 // percent of its time that the machine was busy just before, without us
}

// readMachine takes a moment, in which it looks how busy the machine is.
func readMachine() Machine {
	m := Machine{Cores: runtime.NumCPU(), OS: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version(), Descriptors: descriptors()}
	cpu := readText("/proc/cpuinfo")
	m.CPU = valueOf(cpu, "model name", ":")
	m.Virtual = strings.Contains(valueOf(cpu, "flags", ":"), "hypervisor")
	if name := strings.Trim(valueOf(readText("/etc/os-release"), "PRETTY_NAME", "="), `"`); name != "" {
		m.OS = name + ", " + m.OS
	}
	m.Kernel = strings.TrimSpace(readText("/proc/sys/kernel/osrelease"))
	kb, _, _ := strings.Cut(valueOf(readText("/proc/meminfo"), "MemTotal", ":"), " ")
	n, _ := strconv.ParseInt(kb, 10, 64)
	m.MemoryMB = n >> 10
	if f := strings.Fields(readText("/proc/loadavg")); len(f) >= 3 {
		m.Load = strings.Join(f[:3], " ")
	}
	m.Busy = busy(300 * time.Millisecond)
	return m
}

func readText(name string) string {
	b, _ := os.ReadFile(name)
	return string(b)
}

// valueOf returns what follows a name and a sign in the first line that begins with the name.
func valueOf(text, name, sign string) string {
	for line := range strings.SplitSeq(text, "\n") {
		if before, after, ok := strings.Cut(line, sign); ok && strings.TrimSpace(before) == name {
			return strings.TrimSpace(after)
		}
	}
	return ""
}

// busy returns how many percent of a time the processors were busy.
func busy(d time.Duration) float64 {
	total0, idle0 := processorTimes()
	<-time.After(d)
	total1, idle1 := processorTimes()
	if total1 <= total0 {
		return 0
	}
	return round(100 * (1 - float64(idle1-idle0)/float64(total1-total0)))
}

// processorTimes reads the first line of /proc/stat, in ticks.
func processorTimes() (total, idle int64) {
	line, _, _ := strings.Cut(readText("/proc/stat"), "\n")
	for i, field := range strings.Fields(line) {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil || i > 8 { // what guests take is in the user's time already
			continue
		}
		if total += n; i == 4 || i == 5 { // idle, or waiting for a disk
			idle += n
		}
	}
	return total, idle
}

// What is more is told.
const (
	quietBusy = 5.0 // percent
	quietLoad = 0.5
)

// warnings say why figures of this machine may mean less than they should.
func (m *Machine) warnings() (texts []string) {
	first, _, _ := strings.Cut(m.Load, " ")
	if l, _ := strconv.ParseFloat(first, 64); l > quietLoad || m.Busy > quietBusy {
		texts = append(texts, fmt.Sprintf("the machine is not quiet: it was %g %% busy before the run, with a load average of %s. Figures of this run mean little", m.Busy, m.Load))
	}
	if m.Cores < 2 {
		texts = append(texts, "there is one core, which servers and generator share: latencies are those of both")
	}
	return texts
}
