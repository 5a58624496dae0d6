package site

import (
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// openLinkless opens what has no symbolic link on its way, by one system call, to be read or to be
// looked at alone. It reports whether that is so, or nothing is there; else, as where a kernel or a
// sandbox does not have the call, the file is to be opened in another way.
func (t tree) openLinkless(local string, toRead bool) (file *os.File, linkless bool, err error) {
	if t.root == nil {
		return nil, false, nil
	}
	dir, err := t.root.Open(".")
	if err != nil {
		return nil, false, err
	}
	defer dir.Close()
	how := unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC, Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS}
	if toRead {
		how.Flags = unix.O_RDONLY | unix.O_NONBLOCK | unix.O_CLOEXEC
	}
	fd, err := unix.Openat2(int(dir.Fd()), local, &how)
	switch err {
	case nil:
		return os.NewFile(uintptr(fd), filepath.Join(t.dir, local)), true, nil
	case unix.ENOENT, unix.ENOTDIR:
		return nil, true, &fs.PathError{Op: "openat2", Path: local, Err: err}
	}
	return nil, false, err
}
