package mailbox

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// single is a file that is one message.
type single struct {
	r    io.Reader
	name string
	done bool
}

func (s *single) next(keep bool) (*Item, error) {
	if s.done {
		return nil, io.EOF
	}
	s.done = true
	item := &Item{Ref: filepath.Base(s.name)}
	if s.name == "" {
		item.Ref = ""
	}
	if !keep {
		return item, nil
	}
	if err := fill(item, s.r); err != nil {
		item.Close()
		return nil, err
	}
	return item, nil
}

// fill copies r into the item.
func fill(item *Item, r io.Reader) error {
	buf := make([]byte, 32<<10)
	for {
		n, err := r.Read(buf)
		if fail := item.add(buf[:n]); fail != nil {
			return fail
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// directory is a tree of files that are one message each.
type directory struct {
	root        string
	files       []string // relative to root
	sizes       []int64
	at          int
	done, total int64
}

// openDirectory lists a Maildir (its cur and new) or the .eml files of a tree.
func openDirectory(root string) (*Reader, error) {
	d := &directory{root: root}
	format := Directory
	if isDir(root, "cur") && isDir(root, "new") {
		format = Maildir
	}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.Type().IsRegular() && d.wanted(path, format) {
			return d.add(path, entry)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list mailbox: %w", err)
	}
	if len(d.files) == 0 {
		return nil, ErrEmpty
	}
	return &Reader{Format: format, src: d}, nil
}

func isDir(root, name string) bool {
	info, err := os.Stat(filepath.Join(root, name))
	return err == nil && info.IsDir()
}

// wanted tells messages from the index files that mail programs put beside them.
func (d *directory) wanted(path string, format Format) bool {
	name := filepath.Base(path)
	if strings.HasPrefix(name, ".") {
		return false
	}
	if format == Maildir {
		box := filepath.Base(filepath.Dir(path))
		return box == "cur" || box == "new"
	}
	lower := strings.ToLower(name)
	return strings.HasSuffix(lower, ".eml") || strings.HasSuffix(lower, ".eml.gz")
}

func (d *directory) add(path string, entry fs.DirEntry) error {
	info, err := entry.Info()
	if err != nil {
		return err
	}
	name, err := filepath.Rel(d.root, path)
	if err != nil {
		return err
	}
	i, _ := slices.BinarySearch(d.files, name)
	d.files = slices.Insert(d.files, i, name)
	d.sizes = slices.Insert(d.sizes, i, info.Size())
	d.total += info.Size()
	return nil
}

func (d *directory) next(keep bool) (*Item, error) {
	if d.at == len(d.files) {
		return nil, io.EOF
	}
	item := &Item{Ref: d.files[d.at]}
	d.done += d.sizes[d.at]
	d.at++
	if !keep {
		return item, nil
	}
	f, err := os.Open(filepath.Join(d.root, item.Ref))
	if err != nil {
		item.Refused = "The file cannot be opened."
		return item, nil
	}
	defer f.Close()
	err = fill(item, unzipped(f))
	switch {
	case err != nil && damaged(err):
		item.Close()
		item.Refused = "The compressed file is cut off or damaged."
	case err != nil:
		item.Close()
		return nil, fmt.Errorf("read %s: %w", item.Ref, err)
	case item.Size == 0:
		item.Refused = "The file is empty."
	}
	return item, nil
}

// unzipped reads f, through gzip if it is compressed.
func unzipped(f io.Reader) io.Reader {
	br := bufio.NewReader(f)
	magic, _ := br.Peek(2)
	if !bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return br
	}
	z, err := gzip.NewReader(br)
	if err != nil {
		return failing{err}
	}
	return z
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
