package cgi

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// UseBatchScheduling reaches every thread, and the processes that are started afterwards.
func TestUseBatchScheduling(t *testing.T) {
	if os.Getenv("CGI_TEST_BATCH") == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestUseBatchScheduling$", "-test.v")
		cmd.Env = append(os.Environ(), "CGI_TEST_BATCH=1")
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "threads in batch") {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	if err := UseBatchScheduling(); err != nil {
		t.Fatal(err)
	}
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	for _, thread := range threads {
		if got := policyOf(t, "/proc/self/task/"+thread.Name()+"/stat"); got != schedBatch {
			t.Errorf("thread %s has the policy %d", thread.Name(), got)
		}
	}
	out, err := exec.Command("cat", "/proc/self/stat").Output()
	if err != nil {
		t.Fatal(err)
	}
	if got := parsePolicy(t, string(out)); got != schedBatch {
		t.Errorf("a process that was started has the policy %d", got)
	}
	t.Log(len(threads), "threads in batch")
}

func policyOf(t *testing.T, stat string) int {
	text, err := os.ReadFile(stat)
	if err != nil {
		t.Fatal(err)
	}
	return parsePolicy(t, string(text))
}

// parsePolicy takes field 41 from proc_pid_stat(5); the second, in parentheses, may hold spaces.
func parsePolicy(t *testing.T, stat string) int {
	_, rest, _ := strings.Cut(stat, ") ")
	n, err := strconv.Atoi(strings.Fields(rest)[41-3])
	if err != nil {
		t.Fatal(err)
	}
	return n
}
