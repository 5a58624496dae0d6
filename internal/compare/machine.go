package compare

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
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
	Load        string  // the load averages before, in which a compiler that has just ended counts
	Busy        float64 // percent of its time that the machine was busy just before, without us
}

// readMachine does not look how busy the machine is.
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

// warnings say why figures of this machine may mean less than they should.
func (m *Machine) warnings() (texts []string) {
	if m.Busy > quietBusy {
		texts = append(texts, fmt.Sprintf("the machine is not quiet: it was %g %% busy just before the run. Figures of this run mean little", m.Busy))
	}
	if m.Cores < 2 {
		texts = append(texts, "there is one core, which servers and generator share: latencies are those of both")
	}
	return texts
}
