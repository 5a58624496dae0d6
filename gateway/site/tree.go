package site

import (
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
)

// A tree is an opened directory tree.
type tree struct {
	root *os.Root // nil: links are followed wherever they lead
	dir  string
}

func openTree(dir string, followLinks bool) (tree, error) {
	if followLinks {
		return tree{dir: dir}, nil
	}
	root, err := os.OpenRoot(dir)
	return tree{root: root, dir: dir}, err
}

// Close closes the tree. The files that were opened in it stay open.
func (t tree) Close() error {
	if t.root == nil {
		return nil
	}
	return t.root.Close()
}

// open opens a file or a directory. A named pipe is not waited for.
func (t tree) open(local string) (*os.File, error) {
	const flag = os.O_RDONLY | syscall.O_NONBLOCK
	if t.root == nil {
		return os.OpenFile(filepath.Join(t.dir, local), flag, 0)
	}
	return t.root.OpenFile(local, flag, 0)
}

// A neighbour is a compressed form of a file.
type neighbour struct {
	file     *os.File
	info     fs.FileInfo
	encoding string
}

// neighbour returns the compressed form of a file that the client prefers; nil: there is none that
// it takes.
func (f *Files) neighbour(t tree, local string, h http.Header) *neighbour {
	for _, c := range acceptedCodings(h["Accept-Encoding"]) {
		file, info, err := f.open(t, local+c.suffix)
		if err != nil {
			continue
		}
		if info.Mode().IsRegular() {
			return &neighbour{file, info, c.name}
		}
		file.Close()
	}
	return nil
}
