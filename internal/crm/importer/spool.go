package importer

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"rapport/internal/platform/id"
	"rapport/internal/platform/mail/mailbox"
	"rapport/internal/platform/problem"
)

// maxUpload is the size in bytes above which an upload is refused.
const maxUpload = 2 << 30

var (
	errTooLarge = problem.Newf(problem.TooLarge, "upload_too_large", "The file is larger than %d GB. Compress it, or cut it in parts.", maxUpload>>30)
	errDiskFull = problem.New(problem.Unavailable, "disk_full", "The server's disk is full. Nothing was imported.")
	errBroken   = problem.New(problem.BadRequest, "upload_broken", "The upload broke off before its end. Nothing was imported; send it again.")
	errGone     = problem.New(problem.Internal, "upload_gone", "The uploaded file is no longer on the server.")
)

// spool keeps uploads, one file an import.
type spool struct{ dir string }

func (s spool) path(workspace, importID string) string {
	return filepath.Join(s.dir, workspace, importID)
}

// take writes an upload to disk. Whatever is wrong, no half file remains.
func (s spool) take(workspace, importID string, r io.Reader, limit int64) (size int64, err error) {
	if !id.Valid(workspace) || !id.Valid(importID) {
		return 0, fmt.Errorf("keep an upload: bad id")
	}
	path := s.path(workspace, importID)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return 0, onDisk(err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, onDisk(err)
	}
	defer func() {
		if e := f.Close(); err == nil {
			err = onDisk(e)
		}
		if err != nil {
			_ = os.Remove(path) // an import that failed never looks for it
		}
	}()
	source := &source{r: r}
	size, err = io.Copy(f, io.LimitReader(source, limit+1))
	switch {
	case source.err != nil:
		return 0, errBroken.Because(source.err)
	case err != nil:
		return 0, onDisk(err)
	case size > limit:
		return 0, errTooLarge
	}
	return size, onDisk(f.Sync())
}

// source remembers whether it was the sender who failed.
type source struct {
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

func onDisk(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return errDiskFull.Because(err)
	}
	return fmt.Errorf("keep an upload: %w", err)
}

// age says when an upload last grew; an error if it is not there.
func (s spool) age(workspace, importID string, now time.Time) (time.Duration, error) {
	info, err := os.Stat(s.path(workspace, importID))
	if err != nil {
		return 0, err
	}
	return now.Sub(info.ModTime()), nil
}

func (s spool) remove(workspace, importID string) error {
	if err := os.Remove(s.path(workspace, importID)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove an upload: %w", err)
	}
	return nil
}

// position is an open mailbox with the number of messages that were read.
type position struct {
	*mailbox.Reader
	file   *os.File
	passed int64
	left   time.Time
}

// Close closes the file.
func (p *position) Close() {
	_ = p.file.Close() // it was only read
}

// open finds the mailbox at the place where the import stands: parked by the
// job before, or from its beginning.
func (s *Service) open(workspace string, r row) (*position, error) {
	if p := s.unpark(r.ID); p != nil {
		if p.passed == r.NextOrdinal {
			return p, nil
		}
		p.Close()
	}
	f, err := os.Open(s.spool.path(workspace, r.ID))
	if errors.Is(err, os.ErrNotExist) {
		return nil, errGone.Because(err)
	}
	if err != nil {
		return nil, fmt.Errorf("open an upload: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("open an upload: %w", err)
	}
	m, err := mailbox.New(f, r.Filename, info.Size())
	if err != nil {
		f.Close()
		return nil, err
	}
	p := &position{Reader: m, file: f, passed: r.NextOrdinal}
	// An end within what was passed over shows again at the next message.
	if err := m.Skip(int(r.NextOrdinal)); err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, mailbox.ErrTruncated) {
		f.Close()
		return nil, err
	}
	return p, nil
}

// forgotten is how long a mailbox stays open for a job that does not come,
// because another process took it.
const forgotten = 10 * time.Minute

func (s *Service) park(importID string, p *position) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p.left = s.now()
	for other, q := range s.parked {
		if s.now().Sub(q.left) > forgotten {
			q.Close()
			delete(s.parked, other)
		}
	}
	s.parked[importID] = p
}

func (s *Service) unpark(importID string) *position {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.parked[importID]
	delete(s.parked, importID)
	return p
}
