//go:build !linux

package site

import "os"

// openLinkless is for Linux alone.
func (tree) openLinkless(string, bool) (file *os.File, linkless bool, err error) {
	return nil, false, nil
}
