package cache

import (
	"math"
	"sync"
	"sync/atomic"
)

// change is what happened to one record, as a room counts it.
type change struct {
	n        uint64
	id, kind string
	fields   []string
}

const (
	// mostKept changes of an entity are told apart in a workspace.
	mostKept = 256
	// mostRooms workspaces are followed at once.
	mostRooms = 20_000
	// mostLines of this process wait to be recognised.
	mostLines = 100_000
)

// closed is the count of a room that nobody fills any more.
const closed = math.MaxUint64

// room counts the changes of one workspace. What is read after a look at the
// count shows at least the changes up to it.
type room struct {
	last  atomic.Uint64
	mu    sync.Mutex
	rings map[string]*ring
}

// ring holds the last changes of one entity.
type ring struct {
	changes []change
	next    int    // where the oldest is, once it is full
	dropped uint64 // the count of the last one that is forgotten
}

func (r *ring) add(c change) {
	if len(r.changes) < mostKept {
		r.changes = append(r.changes, c)
		return
	}
	old := &r.changes[r.next]
	r.dropped = old.n
	*old, r.next = c, (r.next+1)%mostKept
}

// journal knows what changed lately, in every workspace that is read.
type journal struct {
	mu    sync.RWMutex
	rooms map[string]*room
	lines map[string]bool // of this process, not heard of yet
}

func newJournal() *journal {
	return &journal{rooms: map[string]*room{}, lines: map[string]bool{}}
}

// room returns that of a workspace, beginning it now if there is none.
func (j *journal) room(workspace string) *room {
	j.mu.RLock()
	r := j.rooms[workspace]
	j.mu.RUnlock()
	if r != nil {
		return r
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if r = j.rooms[workspace]; r != nil {
		return r
	}
	if len(j.rooms) >= mostRooms {
		for name, old := range j.rooms { // any one
			old.close()
			delete(j.rooms, name)
			break
		}
	}
	r = &room{rings: map[string]*ring{}}
	j.rooms[workspace] = r
	return r
}

// known returns the room of a workspace, or nil where nobody reads.
func (j *journal) known(workspace string) *room {
	j.mu.RLock()
	defer j.mu.RUnlock()
	return j.rooms[workspace]
}

// flush has everything that was read before be read again.
func (j *journal) flush() {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, r := range j.rooms {
		r.close()
	}
	j.rooms = map[string]*room{}
}

func (r *room) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last.Store(closed)
}

// expect notes lines of this process that the log will tell again.
func (j *journal) expect(lines []string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.lines)+len(lines) > mostLines {
		clear(j.lines) // their second telling drops what it need not
	}
	for _, line := range lines {
		j.lines[line] = true
	}
}

// recognise reports whether a line was told before, which ends that.
func (j *journal) recognise(line string) bool {
	if line == "" {
		return false
	}
	j.mu.RLock()
	_, ok := j.lines[line]
	j.mu.RUnlock()
	if ok {
		j.mu.Lock()
		delete(j.lines, line)
		j.mu.Unlock()
	}
	return ok
}

// Change is what happened to one record.
type Change struct {
	Entity, ID, Kind string
	Fields           []string
	Line             string // by which it is known when it is told twice
}

// add counts changes; they are seen all together.
func (r *room) add(changes []Change) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.last.Load()
	if n == closed {
		return
	}
	for _, c := range changes {
		n++
		g := r.rings[c.Entity]
		if g == nil {
			g = &ring{}
			r.rings[c.Entity] = g
		}
		g.add(change{n: n, id: c.ID, kind: c.Kind, fields: c.Fields})
	}
	r.last.Store(n)
}

// check reports whether an answer made of sources, as of the count at, still
// holds, up to which count it does, and else which entity has changed.
func (r *room) check(p *parts, at uint64) (holds bool, upTo uint64, cause string) {
	last := r.last.Load()
	if last == closed {
		return false, last, "flush"
	}
	if at >= last {
		return true, at, ""
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range p.sources {
		s := &p.sources[i]
		g := r.rings[s.Entity]
		if g == nil {
			continue
		}
		if g.dropped > at {
			return false, last, s.Entity
		}
		for k := range g.changes {
			if c := &g.changes[k]; c.n > at && c.n <= last && s.changed(c, p.ids[i], p.page) {
				return false, last, s.Entity
			}
		}
	}
	return true, last, ""
}

// parts is what an answer is made of: its sources with the ids that its
// parameters named, and the page that it is.
type parts struct {
	sources []Source
	ids     []string
	page    *Page
}
