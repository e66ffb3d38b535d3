package migrate

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const (
	expandPhase   = "expand"
	contractPhase = "contract"
	stepTimeout   = 5 * time.Second
)

// step is a file of the schema's history.
type step struct {
	version       int
	name          string
	sql           string
	checksum      string
	phase         string
	asLogin       bool
	noTransaction bool
	timeout       time.Duration
}

// read returns the steps, numbered from 1 without gap or repetition.
func read(files fs.FS) ([]step, error) {
	names, err := fs.Glob(files, "[0-9]*.sql") // sorted
	if err != nil {
		return nil, err
	}
	steps := make([]step, len(names))
	for i, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("migration %s: %w", name, err)
		}
		if steps[i], err = parse(name, string(text)); err != nil {
			return nil, fmt.Errorf("migration %s: %w", name, err)
		}
		if got, want := steps[i].version, i+1; got != want {
			return nil, fmt.Errorf("migration %s: number %04d expected: numbers have no gap and no twin", name, want)
		}
	}
	return steps, nil
}

var fileName = regexp.MustCompile(`^(\d{4})_[a-z0-9_]+\.sql$`)

func parse(name, sql string) (step, error) {
	s := step{name: name, sql: sql, phase: expandPhase, timeout: stepTimeout}
	m := fileName.FindStringSubmatch(name)
	if m == nil {
		return s, fmt.Errorf("a name like 0001_what_it_does.sql expected")
	}
	var err error
	if s.version, err = strconv.Atoi(m[1]); err != nil {
		return s, err
	}
	sum := sha256.Sum256([]byte(sql))
	s.checksum = hex.EncodeToString(sum[:])
	for line := range strings.Lines(sql) {
		word, ok := strings.CutPrefix(strings.TrimSpace(line), "-- rapport:")
		if !ok {
			break
		}
		if err := s.heed(strings.TrimSpace(word)); err != nil {
			return s, err
		}
	}
	return s, nil
}

// heed takes a header line to heart.
func (s *step) heed(word string) error {
	switch word {
	case expandPhase, contractPhase:
		s.phase = word
		return nil
	case "role login":
		s.asLogin = true
		return nil
	case "no-transaction":
		s.noTransaction = true
		return nil
	}
	if text, ok := strings.CutPrefix(word, "timeout "); ok {
		d, err := time.ParseDuration(text)
		s.timeout = d
		return err
	}
	return fmt.Errorf("unknown header %q", word)
}
