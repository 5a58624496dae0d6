package compare

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
)

// A fact is a line of the report's end.
type fact struct{ name, value string }

// facts are the machine's, and the run's.
func (r *Results) facts() []fact {
	m := &r.Machine
	cpu := fmt.Sprintf("%s, %d cores", m.CPU, m.Cores)
	if m.Virtual {
		cpu += ", a virtual machine"
	}
	command := "postern compare"
	if r.Quick {
		command += " --quick"
	}
	for _, only := range r.Only {
		command += " --only '" + only + "'"
	}
	return []fact{
		{"Date", r.Date.Format("2 January 2006, 15:04 MST") + ", for " + r.Took},
		{"Command", fmt.Sprintf("%s --rounds %d --duration %s", command, r.Rounds, r.Duration)},
		{"Processor", cpu},
		{"Memory", fmt.Sprintf("%s MB", formatNumber(float64(m.MemoryMB)))},
		{"System", m.OS + ", kernel " + m.Kernel},
		{"Go", m.Go},
		{"Busy before", fmt.Sprintf("%g %% of its time; load averages %s", m.Busy, m.Load)},
		{"Descriptors", formatNumber(float64(m.Descriptors))},
		{"Program", r.Version},
	}
}

// method says how the figures came about.
var method = []string{
	"Each measurement has servers of its own, which are started for it and ended after it. Rounds are interleaved: in each, every row is measured once. A figure is the median of the rounds.",
	"The generator and the servers share the machine, and so its processors: requests a second and latencies are those of both together, CPU is that of the server's processes alone, user and system, with children that have ended. A run ends when its last request has been answered, and counts all of them.",
	"Requests are what our own clients encode, replayed. Each answer is read to its end, and its status and each byte of its body are checked. A row with a wrong answer is shown as failed.",
	"A multiplexed connection has 8 requests open at once: 32 connections stand for 4 of them with 8 requests each.",
	"Memory is the sum over the server's processes of what each had resident at its peak; pages that processes share count in each.",
	"net/http and net/http/fcgi run in the same program as Postern, with the same handler and the same setting of the garbage collector. libfcgi, php-fpm and fcgiwrap have 32 processes, uWSGI and gunicorn one for each core, nginx too; where connections are kept each of gunicorn's has 16 threads.",
}

// missing are the programs that took no part, and rows that were left out for another reason.
func (r *Results) missing() (lines []string) {
	for _, l := range r.LeftOut {
		lines = append(lines, fmt.Sprintf("%s (%s)", l.Reason, plural(len(l.Rows), "row")))
	}
	return lines
}

// versions are those of the programs that took part.
func (r *Results) versions() (lines []string) {
	for _, p := range r.Programs {
		if p.Missing == "" {
			lines = append(lines, strings.TrimSuffix(p.Title+": "+shortVersion(p.Version), ": "))
		}
	}
	return lines
}

var versionNumber = regexp.MustCompile(`\d+(\.\d+)+[^\s)]*`)

// shortVersion is the number in what a program says of its version, or all of it where there is
// none.
func shortVersion(text string) string { return cmp.Or(versionNumber.FindString(text), text) }

// failures are the rows that have failed.
func (r *Results) failures() (lines []string) {
	for _, row := range r.Rows {
		if row.Failed > 0 {
			lines = append(lines, fmt.Sprintf("%s: %s", row.ID, row.Errors[0]))
		}
	}
	return lines
}

func plural(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return formatNumber(float64(n)) + " " + noun
}
