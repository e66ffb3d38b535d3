package live

import (
	"slices"
	"sync"
	"time"

	"rapport/internal/crm/event"
	"rapport/internal/platform/actor"
)

// news is what changed in one workspace: entity by entity.
type news map[string]*change

// change is what is told of one entity. Its fields are those of the wire.
type change struct {
	Entity string     `json:"entity"`
	IDs    []string   `json:"ids"` // null for many
	Kind   event.Kind `json:"kind"`
	Fields []string   `json:"fields"`
}

const mostIDs = 100

func (n news) add(c change) {
	old, ok := n[c.Entity]
	if !ok {
		c.IDs, c.Fields = slices.Clone(c.IDs), slices.Clone(c.Fields)
		n[c.Entity] = &c
		return
	}
	if old.Kind != c.Kind {
		old.Kind = event.Hinted
	}
	old.Fields = union(old.Fields, c.Fields)
	if old.IDs == nil || c.IDs == nil {
		old.IDs = nil
		return
	}
	if old.IDs = union(old.IDs, c.IDs); len(old.IDs) > mostIDs {
		old.IDs = nil
	}
}

// union is a with what of b is not in it, never nil.
func union(a, b []string) []string {
	a = append([]string{}, a...)
	for _, s := range b {
		if !slices.Contains(a, s) {
			a = append(a, s)
		}
	}
	return a
}

// collect sorts a batch by workspace.
func collect(b event.Batch) map[string]news {
	out := map[string]news{}
	for _, c := range b.Changes {
		n := out[c.Workspace]
		if n == nil {
			n = news{}
			out[c.Workspace] = n
		}
		one := change{Entity: c.Entity, IDs: []string{c.EntityID}, Kind: c.Kind, Fields: c.Fields}
		if c.EntityID == event.All {
			one.IDs = nil
		}
		n.add(one)
	}
	return out
}

// subscriber is a stream as the hub sees it: what it has not been told yet,
// which is bounded, and a token that says so.
type subscriber struct {
	workspace, user string
	begun           string // the place where it joined
	wake            chan struct{}

	mu      sync.Mutex
	reads   func(entity string) bool
	pending news
	merged  int // into pending
	cursor  string
	lost    bool
}

func newSubscriber(who actor.Actor, reads func(string) bool) *subscriber {
	return &subscriber{workspace: who.WorkspaceID, user: who.UserID, wake: make(chan struct{}, 1), reads: reads, pending: news{}}
}

// mostPending is how much may come before a stream that is too slow to tell it
// tells to ask for everything again.
const mostPending = 500

// add notes what is new, up to cursor. It never waits for the stream.
func (s *subscriber) add(n news, cursor string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cursor = cursor
	if s.lost {
		return
	}
	for _, c := range n {
		if s.reads(c.Entity) && (!ownOnly(c.Entity) || c.IDs == nil || slices.Contains(c.IDs, s.user)) {
			s.pending.add(s.own(*c))
			s.merged++
		}
	}
	if s.merged > mostPending {
		s.lost, s.pending = true, news{}
	}
	if s.lost || len(s.pending) > 0 {
		s.ring()
	}
}

// own leaves out of a change whose record is a person everybody else.
func (s *subscriber) own(c change) change {
	if ownOnly(c.Entity) && c.IDs != nil {
		c.IDs = []string{s.user}
	}
	return c
}

// lose has the stream tell that something was missed.
func (s *subscriber) lose() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lost, s.pending = true, news{}
	s.ring()
}

func (s *subscriber) ring() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *subscriber) allow(reads func(string) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads = reads
}

// take returns what is to be told, in a steady order, and where that leads.
func (s *subscriber) take() (told []*change, cursor string, lost bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.pending {
		told = append(told, c)
	}
	slices.SortFunc(told, func(a, b *change) int {
		if a.Entity < b.Entity {
			return -1
		}
		return 1
	})
	lost, s.lost, s.pending, s.merged = s.lost, false, news{}, 0
	return told, s.cursor, lost
}

// idle returns the place of a stream that has been told everything.
func (s *subscriber) idle() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lost || len(s.pending) > 0 {
		return ""
	}
	return s.cursor
}

// hub spreads the feed over the streams of this process.
type hub struct {
	mu     sync.Mutex
	rooms  map[string]map[*subscriber]bool
	people map[string]int
	total  int
	cursor string
	recent []moment
	closed chan struct{}
	over   bool
}

// moment is a batch of the last seconds. A page that has just read what it
// shows and joins then is told of them too, or what came in between is missed.
type moment struct {
	at     time.Time
	before string // the cursor
	sorted map[string]news
	lost   bool
}

const recently = 5 * time.Second

func newHub() *hub {
	return &hub{rooms: map[string]map[*subscriber]bool{}, people: map[string]int{}, closed: make(chan struct{})}
}

const (
	mostStreams = 5_000
	mostEach    = 200 // of one person, all tabs and programs together
)

// join lets sub hear of its workspace, unless there are too many already.
func (h *hub) join(sub *subscriber) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.over || h.total >= mostStreams || sub.user != "" && h.people[sub.user] >= mostEach {
		return false
	}
	room := h.rooms[sub.workspace]
	if room == nil {
		room = map[*subscriber]bool{}
		h.rooms[sub.workspace] = room
	}
	room[sub] = true
	h.people[sub.user]++
	h.total++
	h.forget()
	sub.cursor = h.cursor
	if len(h.recent) > 0 {
		sub.begun = h.recent[0].before
	} else {
		sub.begun = h.cursor
	}
	for _, m := range h.recent {
		if m.lost {
			sub.lose()
		}
		sub.add(m.sorted[sub.workspace], h.cursor)
	}
	return true
}

// forget drops the moments that are over.
func (h *hub) forget() {
	h.recent = slices.DeleteFunc(h.recent, func(m moment) bool { return time.Since(m.at) > recently })
}

func (h *hub) leave(sub *subscriber) {
	h.mu.Lock()
	defer h.mu.Unlock()
	room := h.rooms[sub.workspace]
	delete(room, sub)
	if len(room) == 0 {
		delete(h.rooms, sub.workspace)
	}
	if h.people[sub.user]--; h.people[sub.user] == 0 {
		delete(h.people, sub.user)
	}
	h.total--
}

// deliver is what the reader tells.
func (h *hub) deliver(b event.Batch) {
	h.mu.Lock()
	defer h.mu.Unlock()
	sorted := collect(b)
	h.forget()
	h.recent = append(h.recent, moment{time.Now(), h.cursor, sorted, b.Lost && h.cursor != ""})
	h.cursor = b.Cursor.String()
	for workspace, room := range h.rooms {
		for sub := range room {
			if b.Lost {
				sub.lose()
			}
			sub.add(sorted[workspace], h.cursor)
		}
	}
}

func (h *hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.over {
		h.over = true
		close(h.closed)
	}
}
