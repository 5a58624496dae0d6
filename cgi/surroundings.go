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

// Surroundings are the limits and the identity of a script. The zero value leaves all as it is for
// us.
//
// User and Group cost nothing. Limits and umask cannot be set between fork and exec from Go without
// a race, so that a script with any of them is started by way of /bin/sh, which sets them and then
// becomes the script: that doubles what it costs to start a small program, and is paid only where
// asked for. What a limit does to a script is in setrlimit(2).
type Surroundings struct {
	CPU       time.Duration // of processor time, in whole seconds, for each process
	Memory    int64         // bytes of address space, for each process
	Files     int           // open descriptors, for each process
	Processes int           // of the user, all told; root is not held to it
	FileSize  int64         // bytes, of each file that is written, in units of 512

	User  string // name or number; only root can
	Group string // name or number; empty: User's own
	Umask string // octal, "027"
}

// A launch is what Surroundings come to, found out once.
type launch struct {
	once sync.Once
	cred *credential
	sh   string // the shell's part; empty: none is needed
	err  error
}

// surround makes cmd start in the client's Surroundings.
func (c *Client) surround(cmd *command) error {
	if c.Surroundings == (Surroundings{}) {
		return nil
	}
	l := &c.launch
	l.once.Do(func() {
		if l.sh, l.err = c.Surroundings.shell(); l.err == nil {
			l.cred, l.err = c.Surroundings.credential()
		}
	})
	if l.err != nil {
		return &protocol.Error{Protocol: name, Op: "start " + cmd.path, Kind: protocol.ErrUnsupported, Err: l.err, Status: http.StatusInternalServerError}
	}
	cmd.cred = l.cred
	if l.sh == "" {
		return nil
	}
	if err := startable(cmd); err != nil {
		return startFailed(cmd, err)
	}
	cmd.argv = append([]string{"/bin/sh", "-c", l.sh + `exec "$0" "$@"`, cmd.path}, cmd.argv[1:]...)
	cmd.path = "/bin/sh"
	return nil
}

// startable finds what the shell would not tell apart: it answers all failures alike, and runs what
// has no #! line itself.
func startable(cmd *command) error {
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

// shell is the commands that set limits and umask. Every shell takes these options; but "processes"
// has two names.
func (s *Surroundings) shell() (string, error) {
	var b strings.Builder
	limit := func(option string, n int64) {
		if n > 0 {
			fmt.Fprintf(&b, "ulimit %s %d || exit 126; ", option, n)
		}
	}
	// the hard limit kills without a name, so it comes a second after the soft one, which is
	// SIGXCPU
	if s.CPU > 0 {
		n := int64((s.CPU + time.Second - 1) / time.Second)
		limit("-t", n+1)
		limit("-S -t", n)
	}
	limit("-v", (s.Memory+1023)/1024)
	limit("-n", int64(s.Files))
	if s.Processes > 0 {
		fmt.Fprintf(&b, "ulimit -u %d 2>/dev/null || ulimit -p %d || exit 126; ", s.Processes, s.Processes)
	}
	limit("-f", (s.FileSize+511)/512)
	if s.Umask != "" {
		if n, err := strconv.ParseUint(s.Umask, 8, 12); err != nil || n > 0o777 {
			return "", fmt.Errorf("umask %q: want three octal digits", s.Umask)
		}
		b.WriteString("umask " + s.Umask + " || exit 126; ")
	}
	return b.String(), nil
}

// credential finds user and group.
func (s *Surroundings) credential() (*credential, error) {
	if s.User == "" && s.Group == "" {
		return nil, nil
	}
	cred := &credential{Uid: uint32(os.Getuid()), Gid: uint32(os.Getgid())}
	if s.User != "" {
		if err := s.lookupUser(cred); err != nil {
			return nil, err
		}
	}
	if s.Group != "" {
		id := s.Group
		if g, err := user.LookupGroup(s.Group); err == nil {
			id = g.Gid
		}
		n, err := strconv.ParseUint(id, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("group %q: unknown", s.Group)
		}
		cred.Gid = uint32(n)
	}
	return cred, nil
}

// lookupUser sets the user, with its own group and the others that it is in. A number need not have
// a name.
func (s *Surroundings) lookupUser(cred *credential) error {
	u, err := user.Lookup(s.User)
	if err != nil {
		n, nerr := strconv.ParseUint(s.User, 10, 32)
		if nerr != nil {
			return fmt.Errorf("user %q: unknown", s.User)
		}
		cred.Uid = uint32(n)
		if u, err = user.LookupId(s.User); err != nil {
			cred.Gid = uint32(n)
			return nil
		}
	}
	uid, _ := strconv.ParseUint(u.Uid, 10, 32)
	gid, _ := strconv.ParseUint(u.Gid, 10, 32)
	cred.Uid, cred.Gid = uint32(uid), uint32(gid)
	ids, err := u.GroupIds()
	if err != nil {
		return fmt.Errorf("groups of user %q: %w", s.User, err)
	}
	for _, id := range ids {
		if n, err := strconv.ParseUint(id, 10, 32); err == nil {
			cred.Groups = append(cred.Groups, uint32(n))
		}
	}
	return nil
}
