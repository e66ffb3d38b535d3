// Package failure collects what goes wrong by our fault. Whatever is logged as
// an error is one; those alike are counted as one group, in memory, until they
// are taken. Nothing that a tenant wrote stays in a group.
package failure

import (
	"crypto/sha256"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

// Group is failures of one kind: of one code, at one place, with the same
// message once all that is not ours was taken out of it.
type Group struct {
	ID      string    `json:"id"` // follows from what makes it a group
	Code    string    `json:"code"`
	Title   string    `json:"title"`
	Place   string    `json:"place"`  // an operation, a job, an agent, or a function
	Frames  []string  `json:"frames"` // our own functions, innermost first; of panics alone
	Count   int64     `json:"count"`
	First   time.Time `json:"first_seen"`
	Last    time.Time `json:"last_seen"`
	Samples []Sample  `json:"samples"` // the latest first
}

// Sample is one failure of a group: where to look for all of it.
type Sample struct {
	At      time.Time `json:"at"`
	Request string    `json:"request"`
	Trace   string    `json:"trace"`
	Release string    `json:"release"`
}

const (
	mostGroups  = 500
	mostFrames  = 5 // that make a group
	mostSamples = 5
	mostTitle   = 300
)

// Log keeps the groups that nobody has taken yet: a bounded number, however
// long that is. It is safe for use by many goroutines.
type Log struct {
	release string
	now     func() time.Time
	mu      sync.Mutex
	groups  map[string]*Group
}

// New returns an empty log of the failures of a release.
func New(release string, now func() time.Time) *Log {
	return &Log{release: release, now: now, groups: map[string]*Group{}}
}

// Logger returns one that writes as log does and tells l of every error.
func (l *Log) Logger(log *slog.Logger) *slog.Logger {
	return slog.New(&tap{Handler: log.Handler(), log: l})
}

// Take returns the groups and forgets them.
func (l *Log) Take() []Group {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]Group, 0, len(l.groups))
	for _, g := range l.groups {
		out = append(out, *g)
	}
	clear(l.groups)
	slices.SortFunc(out, func(a, b Group) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// PutBack remembers groups that could not be kept elsewhere.
func (l *Log) PutBack(groups []Group) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, g := range groups {
		l.add(g)
	}
}

// note counts one failure.
func (l *Log) note(g Group, s Sample) {
	s.At, s.Release = l.now().UTC(), l.release
	g.Count, g.First, g.Last, g.Samples = 1, s.At, s.At, []Sample{s}
	g.ID = g.name()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.add(g)
}

// add merges a group into those that are there. When there are as many as may
// be, all others count as one.
func (l *Log) add(g Group) {
	if l.groups[g.ID] == nil && len(l.groups) >= mostGroups {
		g.Code, g.Title, g.Place, g.Frames = "internal", "More kinds of errors at once than are told apart", "", nil
		g.ID = g.name()
	}
	was := l.groups[g.ID]
	if was == nil {
		l.groups[g.ID] = &g
		return
	}
	was.Count += g.Count
	if g.First.Before(was.First) {
		was.First = g.First
	}
	was.Samples = append(slices.Clone(g.Samples), was.Samples...)
	slices.SortStableFunc(was.Samples, func(a, b Sample) int { return b.At.Compare(a.At) })
	was.Samples = was.Samples[:min(len(was.Samples), mostSamples)]
	if g.Last.After(was.Last) {
		was.Last = g.Last
	}
}

// name is an id that follows from what makes a group; it has the form of a UUID
// of version 8.
func (g *Group) name() string {
	b, _ := json.Marshal([]any{g.Code, g.Place, g.Title, g.Frames[:min(len(g.Frames), mostFrames)]}) // strings only
	sum := sha256.Sum256(b)
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80
	return uuid.UUID(sum[:16]).String()
}
