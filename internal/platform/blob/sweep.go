package blob

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"rapport/internal/platform/id"
)

// sweepStep is how many files are asked about at once.
const sweepStep = 500

// Workspaces lists the workspaces that have blobs.
func (s *Store) Workspaces() ([]string, error) {
	entries, err := os.ReadDir(s.root)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list blobs: %w", err)
	}
	var out []string
	for _, e := range entries {
		if e.IsDir() && id.Valid(e.Name()) {
			out = append(out, e.Name())
		}
	}
	return out, nil
}

// Sweep removes the files of a workspace that were last written before the
// given time and that used does not return. It says how many it removed.
func (s *Store) Sweep(workspace string, before time.Time, used func(files []string) ([]string, error)) (int, error) {
	if !id.Valid(workspace) {
		return 0, nil
	}
	paths, err := filepath.Glob(filepath.Join(s.root, workspace, "*", "*"))
	if err != nil {
		return 0, fmt.Errorf("sweep blobs: %w", err)
	}
	removed := 0
	var names []string
	ask := func() error {
		n, err := s.removeUnused(workspace, names, before, used)
		removed += n
		names = names[:0]
		return err
	}
	for _, path := range paths {
		switch {
		case !older(path, before):
		case filepath.Base(filepath.Dir(path)) == "tmp":
			removed++
			_ = os.Remove(path) // the next sweep tries again
		default:
			names = append(names, filepath.Base(path))
		}
		if len(names) == sweepStep {
			if err := ask(); err != nil {
				return removed, err
			}
		}
	}
	return removed, ask()
}

func (s *Store) removeUnused(workspace string, names []string, before time.Time, used func([]string) ([]string, error)) (int, error) {
	if len(names) == 0 {
		return 0, nil
	}
	kept, err := used(names)
	if err != nil {
		return 0, fmt.Errorf("sweep blobs: %w", err)
	}
	keep := make(map[string]bool, len(kept))
	for _, name := range kept {
		keep[name] = true
	}
	removed := 0
	for _, name := range names {
		if File(name) == name && !keep[name] && s.remove(s.path(workspace, name), before) {
			removed++
		}
	}
	return removed, nil
}

// remove deletes a file unless it has been found again since.
func (s *Store) remove(path string, before time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return older(path, before) && os.Remove(path) == nil
}

func older(path string, t time.Time) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir() && info.ModTime().Before(t)
}
