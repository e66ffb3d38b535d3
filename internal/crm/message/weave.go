package message

import (
	"maps"
	"slices"
	"time"

	"rapport/internal/platform/id"
)

// near is how far apart a reply and its thread may be when only the subject
// joins them.
const near = 30 * 24 * time.Hour

// weave finds the thread of each message. It knows the threads that the
// database has for their references, and those that it begins itself.
type weave struct {
	byRef  map[string]string // Message-ID key to thread
	into   map[string]string // thread to the one that it was merged into
	fresh  map[string]*draft // begun here, by the message that began it
	topics map[string][]*topic
	own    map[string]bool // keys of our addresses
	learnt map[string]string
}

// topic is a thread as a reply by subject finds it.
type topic struct {
	thread  string
	at      time.Time
	parties map[string]bool
}

func newWeave(own []string) *weave {
	w := &weave{byRef: map[string]string{}, into: map[string]string{}, fresh: map[string]*draft{},
		topics: map[string][]*topic{}, own: map[string]bool{}, learnt: map[string]string{}}
	for _, key := range own {
		w.own[key] = true
	}
	return w
}

// place gives d its thread: the one that any of its references belongs to;
// else, for a reply, one of the same subject with a common correspondent; else
// a new one. Where references belong to several threads, these are one.
func (w *weave) place(d *draft) {
	d.thread = w.byRefs(d)
	if d.thread == "" && d.reply && d.subjectKey != "" {
		d.thread = w.bySubject(d)
	}
	if d.thread == "" {
		d.thread = id.New()
		w.fresh[d.thread] = d
	}
	for _, ref := range d.refs {
		if _, ok := w.byRef[ref]; !ok {
			w.byRef[ref] = d.thread
			w.learnt[ref] = d.thread
		}
	}
	w.remember(d)
}

func (w *weave) byRefs(d *draft) string {
	found := ""
	for _, ref := range d.refs {
		thread, ok := w.byRef[ref]
		if !ok {
			continue
		}
		found = w.join(found, thread)
	}
	return found
}

// join makes two threads one and returns it: the elder.
func (w *weave) join(a, b string) string {
	b = w.root(b)
	if a == "" {
		return b
	}
	if a = w.root(a); a == b {
		return a
	}
	keep, lose := min(a, b), max(a, b)
	w.into[lose] = keep
	return keep
}

// root is what became of a thread.
func (w *weave) root(thread string) string {
	for w.into[thread] != "" {
		thread = w.into[thread]
	}
	return thread
}

func (w *weave) bySubject(d *draft) string {
	var best *topic
	for _, t := range w.topics[d.subjectKey] {
		if apart(t.at, d.at) > near || !w.shared(t, d) {
			continue
		}
		if best == nil || apart(t.at, d.at) < apart(best.at, d.at) {
			best = t
		}
	}
	if best == nil {
		return ""
	}
	return w.root(best.thread)
}

// shared reports whether a correspondent takes part in both. We ourselves do
// not count: we take part in everything.
func (w *weave) shared(t *topic, d *draft) bool {
	for _, p := range d.parties {
		if p.key != "" && !w.own[p.key] && t.parties[p.key] {
			return true
		}
	}
	return false
}

func (w *weave) remember(d *draft) {
	if d.subjectKey == "" {
		return
	}
	t := &topic{thread: d.thread, at: d.at, parties: map[string]bool{}}
	for _, p := range d.parties {
		t.parties[p.key] = true
	}
	w.topics[d.subjectKey] = append(w.topics[d.subjectKey], t)
}

// settle follows all merges: afterwards every draft has its final thread.
func (w *weave) settle(drafts []*draft) {
	for _, d := range drafts {
		d.thread = w.root(d.thread)
	}
	for ref, thread := range w.learnt {
		w.learnt[ref] = w.root(thread)
	}
}

// begun lists the threads to insert, with the message that begins each.
func (w *weave) begun() map[string]*draft {
	out := maps.Clone(w.fresh)
	maps.DeleteFunc(out, func(thread string, _ *draft) bool { return w.into[thread] != "" })
	return out
}

// merged lists threads of the database that end, and where their messages go.
func (w *weave) merged() (lose, keep []string) {
	lose, keep = []string{}, []string{}
	for _, thread := range slices.Sorted(maps.Keys(w.into)) {
		if w.fresh[thread] == nil {
			lose, keep = append(lose, thread), append(keep, w.root(thread))
		}
	}
	return lose, keep
}

func apart(a, b time.Time) time.Duration { return a.Sub(b).Abs() }
