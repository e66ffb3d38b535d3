package cache

import (
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// change is what happened to one record, as a room counts it.
type change struct {
	n        uint64
	id, kind string
	fields   []string
	xid      uint64 // 0 until the log tells
	line     string // by which it will tell
	at       time.Time
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
	born  time.Time
	mu    sync.Mutex
	rings map[string]*ring
	base  *position // what it sees has happened before the room was begun, or is in it; nil: not known yet
}

// ring holds the last changes of one entity.
type ring struct {
	changes []change
	next    int    // where the oldest is, once it is full
	dropped uint64 // the count of the last one that is forgotten
	// latest is the greatest xid of those that are forgotten; of so many others
	// it is not known yet, for the longest since then.
	latest  uint64
	unknown int
	since   time.Time
}

func (r *ring) add(c change) {
	if len(r.changes) < mostKept {
		r.changes = append(r.changes, c)
		return
	}
	old := &r.changes[r.next]
	r.dropped, r.latest = old.n, max(r.latest, old.xid)
	if old.xid == 0 {
		if r.unknown == 0 {
			r.since = old.at
		}
		r.unknown++
	}
	*old, r.next = c, (r.next+1)%mostKept
}

// journal knows what changed lately, in every workspace that is read.
type journal struct {
	mu    sync.RWMutex
	rooms map[string]*room
	lines map[string]bool // of this process, not heard of yet
	// early are lines that the log told lately, with their xids: it may be ahead
	// of who made them. The older half is forgotten where there are too many.
	early, earlier map[string]uint64
	begun          []*room // that have no base yet
	server         string  // whose log it is
}

func newJournal() *journal {
	return &journal{rooms: map[string]*room{}, lines: map[string]bool{}, early: map[string]uint64{}}
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
	r = &room{rings: map[string]*ring{}, born: time.Now()}
	j.rooms[workspace] = r
	j.begun = append(j.begun, r)
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
	j.empty()
}

// empty closes all rooms. The journal is locked.
func (j *journal) empty() {
	for _, r := range j.rooms {
		r.close()
	}
	j.rooms, j.begun = map[string]*room{}, nil
}

// renew has a workspace begin a room anew, in place of one that has been waiting
// for the log in vain.
func (j *journal) renew(workspace string, r *room) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.rooms[workspace] == r {
		delete(j.rooms, workspace)
	}
	r.close()
}

// ground gives rooms that were begun before the look at p their base: what was
// committed before them has been told of by now. The log of another server may
// not have all that this one's had.
func (j *journal) ground(p *position) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.server != p.Server {
		j.server = p.Server
		j.empty()
		return
	}
	later := j.begun[:0]
	for _, r := range j.begun {
		if !r.born.Before(p.Began) {
			later = append(later, r)
			continue
		}
		r.mu.Lock()
		r.base = p
		r.mu.Unlock()
	}
	clear(j.begun[len(later):])
	j.begun = later
}

func (r *room) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last.Store(closed)
}

// mostEarly lines are kept in either half.
const mostEarly = 5_000

// expect notes lines of this process that the log will tell again, or takes
// note of what it has told already.
func (j *journal) expect(changes []Change) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.lines)+len(changes) > mostLines {
		clear(j.lines) // their second telling drops what it need not
		j.empty()
	}
	for i, c := range changes {
		switch xid := max(j.early[c.Line], j.earlier[c.Line]); {
		case c.Line == "":
		case xid != 0:
			changes[i].XID = xid
		default:
			j.lines[c.Line] = true
		}
	}
}

// recognise reports whether a line was told before, which ends that.
func (j *journal) recognise(c Change) bool {
	if c.Line == "" {
		return false
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.lines[c.Line] {
		delete(j.lines, c.Line)
		return true
	}
	if len(j.early) >= mostEarly {
		j.earlier, j.early = j.early, map[string]uint64{}
	}
	j.early[c.Line] = c.XID
	return false
}

// Change is what happened to one record.
type Change struct {
	Entity, ID, Kind string
	Fields           []string
	Line             string // by which it is known when it is told twice
	XID              uint64 // of its transaction; 0 until the log tells
}

// add counts changes; they are seen all together.
func (r *room) add(changes []Change) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.last.Load()
	if n == closed {
		return
	}
	now := time.Now()
	for _, c := range changes {
		n++
		g := r.rings[c.Entity]
		if g == nil {
			g = &ring{}
			r.rings[c.Entity] = g
		}
		g.add(change{n: n, id: c.ID, kind: c.Kind, fields: c.Fields, xid: c.XID, line: c.Line, at: now})
	}
	r.last.Store(n)
}

// settle notes the transaction of a change of this process.
func (r *room) settle(c Change) {
	r.mu.Lock()
	defer r.mu.Unlock()
	g := r.rings[c.Entity]
	if g == nil {
		return
	}
	for i := range g.changes {
		if g.changes[i].line == c.Line {
			g.changes[i].xid = c.XID
			return
		}
	}
	if g.unknown > 0 {
		g.latest, g.unknown = max(g.latest, c.XID), g.unknown-1
	}
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

// grounded reports whether the room has a base.
func (r *room) grounded() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.base != nil && r.last.Load() != closed
}

// holds reports whether an answer that shows all that p sees still holds here,
// and up to which count: no change that is known and matters to it lies beyond
// p. A position that is ahead of the last look, now, is of another time. stuck
// says that the log should have told of a change long ago.
func (r *room) holds(a *parts, p, now *position) (upTo uint64, holds, stuck bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	last := r.last.Load()
	if last == closed || r.base == nil || !p.includes(r.base) || p.max > now.max {
		return last, false, false
	}
	holds = true
	for i := range a.sources {
		s := &a.sources[i]
		g := r.rings[s.Entity]
		if g == nil {
			continue
		}
		holds = holds && g.unknown == 0 && (g.latest == 0 || g.latest < p.min)
		stuck = stuck || g.unknown > 0 && time.Since(g.since) > settling
		for k := range g.changes {
			c := &g.changes[k]
			stuck = stuck || c.xid == 0 && time.Since(c.at) > settling
			if (c.xid == 0 || !p.sees(c.xid)) && s.changed(c, a.ids[i], a.page) {
				holds = false
			}
		}
	}
	return last, holds, stuck
}

// parts is what an answer is made of: its sources with the ids that its
// parameters named, and the page that it is.
type parts struct {
	sources []Source
	ids     []string
	page    *Page
}
