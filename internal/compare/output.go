package compare

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// An outputDir is the folder of a run's results, which appears whole or not at all.
type outputDir struct {
	dir       string // as it will be called
	temporary string // where it is written until then; "": it is done
	parent    string // was made for it; may be empty
}

// newOutput makes sure that the results can be written. dir must not exist; "" is results/DATE,
// with a number where that is taken.
func newOutput(dir string) (*outputDir, error) {
	if dir == "" {
		date := filepath.Join("results", time.Now().Format(time.DateOnly))
		dir = date
		for n := 2; exists(dir); n++ {
			dir = date + "-" + strconv.Itoa(n)
		}
	} else if exists(dir) {
		return nil, fmt.Errorf("compare: %s is there already: results go to a new folder", dir)
	}
	o := &outputDir{dir: dir}
	parent := filepath.Dir(dir)
	if !exists(parent) {
		o.parent = parent
	}
	if err := os.MkdirAll(parent, 0o777); err != nil {
		return nil, fmt.Errorf("compare: %w", err)
	}
	tmp, err := os.MkdirTemp(parent, ".compare-")
	if err != nil {
		return nil, fmt.Errorf("compare: %w", err)
	}
	o.temporary = tmp
	return o, nil
}

func exists(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}

// discard removes what has not been written whole.
func (o *outputDir) discard() {
	if o.temporary == "" {
		return
	}
	os.RemoveAll(o.temporary)
	if o.parent != "" {
		os.Remove(o.parent) // fails where somebody else has put something into it
	}
}

// write writes every file, and then gives the folder its name.
func (o *outputDir) write(r *Results) error {
	files, err := r.files()
	if err != nil {
		return err
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(o.temporary, name), text, 0o666); err != nil {
			return err
		}
	}
	if err := os.Chmod(o.temporary, 0o755); err != nil {
		return err
	}
	if err := os.Rename(o.temporary, o.dir); err != nil {
		return err
	}
	o.temporary = ""
	return nil
}

// files are those of the results' folder, by name.
func (r *Results) files() (map[string][]byte, error) {
	text, err := r.json()
	if err != nil {
		return nil, err
	}
	html, err := r.html()
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{resultsFile: text, "report.md": r.markdown(), "report.html": html}
	for _, f := range r.figures() {
		files[f.name+".svg"] = []byte(f.drawing.SVG())
	}
	return files, nil
}

// json is results.json, with a row in each line, so that two files can be compared by eye.
func (r *Results) json() ([]byte, error) {
	head := *r
	head.Rows = nil
	text, err := json.MarshalIndent(head, "", "\t")
	if err != nil {
		return nil, err
	}
	text = append(bytes.TrimSuffix(text, []byte("null\n}")), '[') // Rows are the last
	for i, row := range r.Rows {
		line, err := json.Marshal(row)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			text = append(text, ',')
		}
		text = append(append(text, "\n\t\t"...), line...)
	}
	return append(text, "\n\t]\n}\n"...), nil
}
