package cgi

import (
	"fmt"
	"net/http"
	"os"
	"os/user"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// ResourceLimits are the limits of a script's processes, those of setrlimit(2), which also says
// what happens to a process that reaches one. 0 leaves a limit as it is for our own process.
//
// Go cannot set them between fork and exec without a race. So a script with any of them, or with a
// Umask, is started through /bin/sh, which sets them and then executes the script. That doubles the
// cost of starting a small program.
type ResourceLimits struct {
	CPU       time.Duration // of processor time, in whole seconds, for each process
	Memory    int64         // bytes of address space, for each process
	Files     int           // open descriptors, for each process
	Processes int           // of the user, in all; root is exempt
	FileSize  int64         // bytes, of each file that is written, in units of 512
}

// processAttributes are what the User, Group, Umask and ResourceLimits of a Client come to. They
// are resolved once, at its first request.
type processAttributes struct {
	once   sync.Once
	cred   *credential
	prefix string // shell commands to run before the script; empty: none
	err    error
}

// setAttributes makes cmd start with the attributes that the client's fields ask for.
func (c *Client) setAttributes(cmd *command) error {
	if c.User == "" && c.Group == "" && c.Umask == "" && c.ResourceLimits == (ResourceLimits{}) {
		return nil
	}
	a := &c.attributes
	a.once.Do(func() {
		if a.prefix, a.err = shellPrefix(c.ResourceLimits, c.Umask); a.err == nil {
			a.cred, a.err = lookupCredential(c.User, c.Group)
		}
	})
	if a.err != nil {
		return &protocol.Error{Protocol: name, Op: "start " + cmd.path, Kind: protocol.ErrUnsupported, Err: a.err, Status: http.StatusInternalServerError}
	}
	cmd.cred = a.cred
	if a.prefix == "" {
		return nil
	}
	if err := checkExecutable(cmd); err != nil {
		return startFailed(cmd, err)
	}
	cmd.argv = append([]string{"/bin/sh", "-c", a.prefix + `exec "$0" "$@"`, cmd.path}, cmd.argv[1:]...)
	cmd.path = "/bin/sh"
	return nil
}

// checkExecutable finds what would keep execve from starting cmd. The shell reports all such
// failures alike, and interprets a file without a #! line itself.
func checkExecutable(cmd *command) error {
	fi, err := os.Stat(cmd.path)
	switch {
	case err != nil:
		return syscall.ENOENT
	case fi.IsDir() || fi.Mode()&0o111 == 0:
		return syscall.EACCES
	}
	f, err := os.Open(cmd.path)
	if err != nil {
		return nil // executable and not readable: a program
	}
	defer f.Close()
	var magic [4]byte
	n, _ := f.Read(magic[:])
	if n < 2 || magic[0] == '#' && magic[1] != '!' || n == 4 && isText(magic[:]) && magic[0] != '#' {
		return syscall.ENOEXEC
	}
	if interp := interpreter(cmd.path); interp != "" {
		if _, err := os.Stat(interp); err != nil {
			return syscall.ENOENT
		}
	}
	return nil
}

func isText(b []byte) bool {
	for _, c := range b {
		if c >= 0x7f || c < ' ' && c != '\n' && c != '\r' && c != '\t' {
			return false
		}
	}
	return true
}

// shellPrefix returns the shell commands that set limits and umask. The options are the same in
// every shell, except that for the number of processes.
func shellPrefix(l ResourceLimits, umask string) (string, error) {
	var b strings.Builder
	limit := func(option string, n int64) {
		if n > 0 {
			fmt.Fprintf(&b, "ulimit %s %d || exit 126; ", option, n)
		}
	}
	// the soft limit sends SIGXCPU, which our error can name; the hard one, a second later, SIGKILL
	if l.CPU > 0 {
		n := int64((l.CPU + time.Second - 1) / time.Second)
		limit("-t", n+1)
		limit("-S -t", n)
	}
	limit("-v", (l.Memory+1023)/1024)
	limit("-n", int64(l.Files))
	if l.Processes > 0 {
		fmt.Fprintf(&b, "ulimit -u %d 2>/dev/null || ulimit -p %d || exit 126; ", l.Processes, l.Processes)
	}
	limit("-f", (l.FileSize+511)/512)
	if umask != "" {
		if n, err := strconv.ParseUint(umask, 8, 12); err != nil || n > 0o777 {
			return "", fmt.Errorf("umask %q: want three octal digits", umask)
		}
		b.WriteString("umask " + umask + " || exit 126; ")
	}
	return b.String(), nil
}

// lookupCredential finds the ids of a user and a group, each given by name or number.
func lookupCredential(userName, group string) (*credential, error) {
	if userName == "" && group == "" {
		return nil, nil
	}
	cred := &credential{Uid: uint32(os.Getuid()), Gid: uint32(os.Getgid())}
	if userName != "" {
		if err := lookupUser(userName, cred); err != nil {
			return nil, err
		}
	}
	if group != "" {
		id := group
		if g, err := user.LookupGroup(group); err == nil {
			id = g.Gid
		}
		n, err := strconv.ParseUint(id, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("group %q: unknown", group)
		}
		cred.Gid = uint32(n)
	}
	return cred, nil
}

// lookupUser sets the ids of a user and of all groups that it is in. A number need not be known to
// the system.
func lookupUser(name string, cred *credential) error {
	u, err := user.Lookup(name)
	if err != nil {
		n, nerr := strconv.ParseUint(name, 10, 32)
		if nerr != nil {
			return fmt.Errorf("user %q: unknown", name)
		}
		cred.Uid = uint32(n)
		if u, err = user.LookupId(name); err != nil {
			cred.Gid = uint32(n)
			return nil
		}
	}
	uid, _ := strconv.ParseUint(u.Uid, 10, 32)
	gid, _ := strconv.ParseUint(u.Gid, 10, 32)
	cred.Uid, cred.Gid = uint32(uid), uint32(gid)
	ids, err := u.GroupIds()
	if err != nil {
		return fmt.Errorf("groups of user %q: %w", name, err)
	}
	for _, id := range ids {
		if n, err := strconv.ParseUint(id, 10, 32); err == nil {
			cred.Groups = append(cred.Groups, uint32(n))
		}
	}
	return nil
}
