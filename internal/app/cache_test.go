package app_test

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rapport/internal/platform/pg/pgtest"
	"rapport/internal/platform/redis/redistest"
)

// pair is one installation with two processes.
type pair [2]*world

func newPair(t *testing.T, env ...string) pair {
	t.Helper()
	url := pgtest.URL(t)
	p := pair{newWorldAt(t, url, true, env...), newWorldAt(t, url, true, env...)}
	ctx, stop := context.WithCancel(t.Context())
	var shared sync.WaitGroup
	for _, w := range p {
		shared.Go(func() { _ = w.app.DB.ShareNews(ctx, slog.New(slog.DiscardHandler)) })
	}
	t.Cleanup(func() { stop(); shared.Wait() })
	return p
}

// history is what was acknowledged of one contact: its version, by the process
// that said so, and when.
type history struct {
	mu    sync.Mutex
	acked [2]int64
	at    map[int64]time.Time
}

func (h *history) ack(node int, version int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.acked[node], h.at[version] = version, time.Now()
}

func (h *history) floor(node int) int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.acked[node]
}

// behind is how long the version after this one was known when a read began.
func (h *history) behind(version int64, began time.Time) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	if next, ok := h.at[version+1]; ok && next.Before(began) {
		return began.Sub(next)
	}
	return 0
}

// Random histories of writes and reads through two processes: nobody reads less
// than the process has acknowledged, to anyone; nobody reads what is another
// tenant's; and what the other process has acknowledged is read soon.
func TestNoHistoryReadsOlderThanWasAcknowledged(t *testing.T) {
	t.Parallel()
	live(t, newPair(t))
}

// The same with a second layer in Redis, which is emptied, stands still, dies
// and comes back meanwhile.
func TestNoHistoryReadsOlderThanWasAcknowledgedFromRedis(t *testing.T) {
	t.Parallel()
	server := redistest.New(t)
	p := newPair(t, "REDIS_URL", server.URL)
	ctx, stop := context.WithCancel(t.Context())
	var trouble sync.WaitGroup
	trouble.Go(func() {
		tick := time.NewTicker(150 * time.Millisecond)
		defer tick.Stop()
		for i := 0; ctx.Err() == nil; i++ {
			<-tick.C
			switch i % 12 {
			case 3:
				server.Do(t, "SAVE")
			case 5:
				server.Do(t, "FLUSHALL")
			case 7:
				server.Pause(t)
			case 8:
				server.Resume(t)
			case 10:
				server.Kill(t)
			case 11:
				server.Start(t) // as it was saved
			}
		}
	})
	live(t, p)
	stop()
	trouble.Wait()
	t.Logf("%d answers from Redis", taken(p[0])+taken(p[1]))
}

func TestAProcessTakesFromRedisWhatAnotherHasRead(t *testing.T) {
	t.Parallel()
	p := newPair(t, "REDIS_URL", redistest.New(t).URL)
	n := p[0].newTenant(t, "ann")
	other := n.at(p[1])
	c := n.addContact(t, map[string]any{"name": "Ana"})
	eventually(t, "the second process has an answer of the first", func() bool {
		n.call(t, "GET", "{w}/contacts/"+c.ID, nil, "Cache-Control", "no-cache").want(t, 200) // read, and shared after the next look
		other.call(t, "GET", "{w}/contacts/"+c.ID, nil).want(t, 200)
		p[1].app.Forget()
		return taken(p[1]) > 0
	})
}

// taken counts the answers that a process took from Redis.
func taken(w *world) (n int64) {
	for _, k := range w.app.CacheStats() {
		n += k.Shared
	}
	return n
}

// live has people write and read through both processes, and checks what they
// are shown.
func live(t *testing.T, p pair) {
	var worst atomic.Int64
	var all sync.WaitGroup
	for _, name := range []string{"ann", "ben"} {
		n := p[0].newTenant(t, name)
		histories, ids := map[string]*history{}, []string{}
		for range 4 {
			c := n.addContact(t, map[string]any{"name": "Somebody", "email": n.slug + "-" + string(rune('a'+len(ids))) + "@x.example"})
			ids, histories[c.ID] = append(ids, c.ID), &history{acked: [2]int64{1, 0}, at: map[int64]time.Time{1: time.Now()}}
		}
		nodes := nodesOf{n, n.at(p[1])}
		done := make(chan struct{})
		var writers sync.WaitGroup
		for _, id := range ids {
			writers.Go(func() { nodes.write(t, id, histories[id]) })
		}
		for range 3 {
			all.Go(func() {
				for {
					select {
					case <-done:
						return
					default:
						node := rand.IntN(2)
						worst.Store(max(worst.Load(), int64(look(t, nodes[node], node, ids[rand.IntN(len(ids))], histories))))
					}
				}
			})
		}
		all.Go(func() {
			writers.Wait()
			close(done)
			for _, id := range ids {
				eventually(t, "both processes show the last version", func() bool { return nodes[0].version(t, id) == last && nodes[1].version(t, id) == last })
			}
		})
	}
	all.Wait()
	hits := int64(0)
	for _, w := range p {
		for _, k := range w.app.CacheStats() {
			hits += k.Hits
		}
	}
	if hits == 0 {
		t.Error("nothing was taken from a cache: the histories prove nothing")
	}
	t.Logf("%d answers from caches; across processes a read was behind by %s at most", hits, time.Duration(worst.Load()))
}

// at is the tenant, calling another process of the same installation.
func (n *tenant) at(w *world) *tenant {
	other := *n
	other.w = w
	return &other
}

// write changes one contact again and again, through either process.
func (nodes nodesOf) write(t *testing.T, id string, h *history) {
	for v := int64(1); v < last; v++ {
		node := rand.IntN(2)
		var c contact
		res := nodes[node].call(t, "PATCH", "{w}/contacts/"+id, map[string]any{"title": text(rand.Int64())}, "If-Match", `"`+text(v)+`"`)
		if res.status != http.StatusOK {
			t.Errorf("write %d: %d %s", v, res.status, res.body)
			return
		}
		res.decode(t, &c)
		h.ack(node, c.Version)
	}
}

type nodesOf [2]*tenant

// last is the version that every contact ends at.
const last = 26

func (n *tenant) version(t *testing.T, id string) int64 {
	var c contact
	n.call(t, "GET", "{w}/contacts/"+id, nil).decode(t, &c)
	return c.Version
}

// look reads one contact, or all of them, and answers how far behind that was.
func look(t *testing.T, n *tenant, node int, id string, histories map[string]*history) time.Duration {
	floors := map[string]int64{}
	for known, h := range histories {
		floors[known] = h.floor(node)
	}
	began := time.Now()
	var page struct{ Data []contact }
	if rand.IntN(2) == 0 {
		page.Data = make([]contact, 1)
		n.call(t, "GET", "{w}/contacts/"+id, nil).decode(t, &page.Data[0])
	} else {
		n.call(t, "GET", "{w}/contacts?sort=name&limit=3", nil).decode(t, &page)
	}
	var worst time.Duration
	for _, c := range page.Data {
		h := histories[c.ID]
		if h == nil {
			t.Errorf("a contact of another tenant is read: %s", c.ID)
			continue
		}
		if c.Version < floors[c.ID] {
			t.Errorf("version %d is read where %d was acknowledged before", c.Version, floors[c.ID])
		}
		worst = max(worst, h.behind(c.Version, began))
	}
	return worst
}

// What the caller has already is not sent again, and an ETag changes with
// whatever the answer shows; its version alone is what If-Match takes.
func TestAnAnswerThatIsKnownIsNotSentAgain(t *testing.T) {
	t.Parallel()
	n := newWorld(t).newTenant(t, "ann")
	n.make(t, "company", "/companies", map[string]any{"name": "Fjord"})
	c := n.addContact(t, map[string]any{"name": "Ana", "company_id": n.ids["company"]})
	path := "{w}/contacts/" + c.ID
	first := n.call(t, "GET", path, nil).want(t, 200)
	etag := first.header.Get("ETag")
	if !strings.HasPrefix(etag, `"1.`) || first.header.Get("Cache-Control") != "private, no-cache" {
		t.Errorf("the ETag is %s and Cache-Control %s, want one of version 1 that is asked about", etag, first.header.Get("Cache-Control"))
	}
	if res := n.call(t, "GET", path, nil, "If-None-Match", etag); res.status != 304 || len(res.body) > 0 {
		t.Errorf("what is known is answered %d with %d bytes, want 304 and none", res.status, len(res.body))
	}
	n.call(t, "PATCH", "{w}/companies/"+n.ids["company"], map[string]any{"name": "Fjell"}, "If-Match", `"1"`).want(t, 200)
	n.call(t, "GET", path, nil, "If-None-Match", etag).want(t, 200).decode(t, &c)
	if c.Company == nil || *c.Company != "Fjell" {
		t.Errorf("the company is %v, want Fjell", c.Company)
	}
	n.call(t, "PATCH", path, map[string]any{"title": "CTO"}, "If-Match", n.call(t, "GET", path, nil).header.Get("ETag")).want(t, 200)
}

// Two people of one workspace are shown what each may see, whoever asked first.
func TestWhatOneMaySeeIsNotShownToAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.newTenant(t, "ann")
	n.populate(t)
	narrow := n.key(t, "task:read")
	for _, o := range w.app.Ops() {
		if o.Cached.On == "" {
			continue
		}
		r := n.example(t, o, n)
		w.do(t, r).want(t, 200) // for the owner
		mia := r.with("Cookie", "rapport_session="+n.signIn(t, "m-"+n.email))
		if kept, fresh := w.do(t, mia), w.do(t, mia.with("Cache-Control", "no-store")); !kept.same(fresh) {
			t.Errorf("%s shows a member %d %s after the owner, but %s of their own", o.Name, kept.status, kept.body, fresh.body)
		}
		if kept, fresh := w.do(t, r.bearer(narrow)), w.do(t, r.bearer(narrow).with("Cache-Control", "no-store")); !kept.same(fresh) {
			t.Errorf("%s shows a key %d %s, but %d %s of its own", o.Name, kept.status, kept.body, fresh.status, fresh.body)
		}
	}
}

// signIn opens a session of somebody with the password of all in these tests.
func (n *tenant) signIn(t *testing.T, email string) string {
	t.Helper()
	if s := n.ids["session of "+email]; s != "" {
		return s
	}
	for _, c := range n.w.do(t, request{method: "POST", path: "/v1/auth/login", body: map[string]any{"email": email, "password": "correct horse battery"}}).want(t, 200).cookies {
		if c.Name == "rapport_session" {
			n.ids["session of "+email] = c.Value
		}
	}
	return n.ids["session of "+email]
}
