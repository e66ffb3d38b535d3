package cache_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"rapport/internal/platform/cache"
	"rapport/internal/platform/redis"
	"rapport/internal/platform/redis/redistest"
)

// office is an installation: a database that tells what is committed in order
// of snapshots, and processes that remember answers and share them.
type office struct {
	t        *testing.T
	server   string
	next     uint64
	running  map[uint64]*deed
	done     []*deed // committed
	versions map[string]uint64
	nodes    []*process
}

// deed is a transaction that changes one record.
type deed struct {
	xid       uint64
	workspace string
	id        string
	by        *process
	told      bool // to its own process, and acknowledged
}

type process struct {
	*office
	*cache.Cache
	one, list *cache.Kind
	heard     map[uint64]bool
	acked     map[string]uint64
	reads     int
}

func newOffice(t *testing.T, server *redistest.Server, nodes int) *office {
	t.Helper()
	o := &office{t: t, server: "db since 1", next: 100, running: map[uint64]*deed{}, versions: map[string]uint64{}}
	for range nodes {
		o.join(server)
	}
	return o
}

// join starts a process.
func (o *office) join(server *redistest.Server) *process {
	o.t.Helper()
	client, err := redis.Open(o.t.Context(), server.URL, redis.Options{Timeout: time.Second, Slow: time.Second, Pause: 5 * time.Millisecond})
	if err != nil {
		o.t.Fatal(err)
	}
	o.t.Cleanup(client.Close)
	p := &process{office: o, Cache: cache.New(1<<20, cache.NewShared(client, "r1")), heard: map[uint64]bool{}, acked: map[string]uint64{}}
	o.t.Cleanup(p.Close)
	kind := func(name, text string) *cache.Kind {
		sources, err := cache.ParseSources(text)
		if err != nil {
			o.t.Fatal(err)
		}
		return p.Kind(name, cache.Rules{Sources: sources})
	}
	p.one, p.list = kind("contact.get", "contact=id"), kind("contact.list", "contact[]")
	o.nodes = append(o.nodes, p)
	p.look()
	return p
}

func (p *process) begin(workspace, id string) *deed {
	d := &deed{xid: p.next, workspace: workspace, id: id, by: p}
	p.next++
	p.running[d.xid] = d
	return d
}

func (d *deed) commit() {
	delete(d.by.running, d.xid)
	d.by.versions[d.workspace+d.id] = max(d.by.versions[d.workspace+d.id], uint64(len(d.by.done)+1))
	d.by.done = append(d.by.done, d)
}

func (d *deed) change(xid uint64) cache.Change {
	return cache.Change{Entity: "contact", ID: d.id, Kind: "updated", Fields: []string{"title"}, Line: fmt.Sprint("line ", d.xid), XID: xid}
}

// tell has the process of d know, which it does before anybody is answered.
func (d *deed) tell() {
	d.by.Wrote(d.workspace, []cache.Change{d.change(0)})
	d.told = true
	d.by.acked[d.workspace+d.id] = max(d.by.acked[d.workspace+d.id], d.by.versions[d.workspace+d.id])
}

func (p *process) write(workspace, id string) {
	d := p.begin(workspace, id)
	d.commit()
	d.tell()
}

// look reads the log, as event.Reader does.
func (p *process) look() {
	began := time.Now()
	xids := slices.Sorted(maps.Keys(p.running))
	var text []string
	least := p.next
	for _, x := range xids {
		least = min(least, x)
		text = append(text, fmt.Sprint(x))
	}
	for _, d := range p.done {
		if !p.heard[d.xid] {
			p.heard[d.xid] = true
			p.Told(d.workspace, []cache.Change{d.change(d.xid)})
			p.acked[d.workspace+d.id] = max(p.acked[d.workspace+d.id], p.versionAt(d))
		}
	}
	p.Looked(cache.Look{Began: began, Server: p.office.server, Snapshot: fmt.Sprintf("%d:%d:%s", least, p.next, strings.Join(text, ","))})
}

func (o *office) versionAt(d *deed) uint64 { return uint64(slices.Index(o.done, d) + 1) }

// get reads one record; meanwhile happens while the database is asked.
func (p *process) get(workspace, id string, meanwhile func()) {
	p.check(p.request(p.one, workspace, "/contacts/"+id, id), workspace, []string{id}, meanwhile)
}

func (p *process) all(workspace string, ids []string, meanwhile func()) {
	p.check(p.request(p.list, workspace, "/contacts", ""), workspace, ids, meanwhile)
}

func (p *process) request(k *cache.Kind, workspace, path, id string) cache.Request {
	return cache.Request{Key: cache.Key{Workspace: workspace, Kind: k.Name, Viewer: "owner", Query: path}, Kind: k, IDs: []string{id}}
}

// check reads, and wants what the process has been told of at least.
func (p *process) check(r cache.Request, workspace string, ids []string, meanwhile func()) {
	p.t.Helper()
	floor := maps.Clone(p.acked)
	a := p.Read(context.Background(), r, func(ctx context.Context) cache.Answer {
		p.reads++
		meanwhile()
		var body []string
		for _, id := range ids {
			body = append(body, fmt.Sprintf("%s %s %d", workspace, id, p.versions[workspace+id]))
		}
		meanwhile()
		cache.Wanted(ctx).Describe(slices.Clone(ids), []string{"name"}, false)
		return cache.Answer{Status: 200, ContentType: "text/plain", ETag: `"1"`, Body: []byte(strings.Join(body, "\n"))}
	}, func(cache.Answer) bool { return false })
	for i, line := range strings.Split(string(a.Body), "\n") {
		var ws, id string
		var version uint64
		if _, err := fmt.Sscan(line, &ws, &id, &version); err != nil || ws != workspace || id != ids[i] || a.ETag != `"1"` {
			p.t.Fatalf("%s of %s is answered %q", r.Key.Query, workspace, a.Body)
		}
		if version < floor[ws+id] {
			p.t.Fatalf("%s of %s is shown as of %d, but the process was told of %d", id, ws, version, floor[ws+id])
		}
	}
}

func nothing() {}

// warm has everybody know the log, and one of them share what it reads.
func (o *office) warm(id string) (one, two *process) {
	one, two = o.nodes[0], o.nodes[1]
	for _, p := range o.nodes { // each begins a room, which the next look gives a base
		p.get(here, id, nothing)
		p.look()
	}
	return one, two
}

func TestAProcessTakesWhatAnotherHasRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		then  func(o *office, one, two *process)
		reads int
	}{
		"nothing happened":            {func(*office, *process, *process) {}, 0},
		"another record changed":      {func(_ *office, one, two *process) { one.write(here, "b"); two.look() }, 0},
		"the other changed it":        {func(_ *office, one, two *process) { one.write(here, "x"); two.look() }, 1},
		"it changed it itself":        {func(_ *office, _, two *process) { two.write(here, "x") }, 1},
		"the same, and the log tells": {func(_ *office, _, two *process) { two.write(here, "x"); two.look() }, 1},
		"the database is another's": {func(o *office, _, two *process) {
			o.server = "db since 2"
			two.look()
			two.get(here, "a", nothing)
			two.look()
		}, 1},
		"the log was lost":             {func(_ *office, _, two *process) { two.Lost(); two.look() }, 1},
		"many others changed":          {func(_ *office, one, two *process) { fill(one); two.look() }, 1},
		"many others changed, quietly": {func(_ *office, _, two *process) { fill(two) }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, redistest.New(t), 2)
			one, two := o.warm("a")
			one.get(here, "x", nothing)
			one.look()
			one.ShareNow(t.Context())
			two.look()
			c.then(o, one, two)
			before := two.reads
			two.get(here, "x", nothing)
			if got := two.reads - before; got != c.reads {
				t.Errorf("the database is asked %d times, want %d", got, c.reads)
			}
		})
	}
}

// fill changes more records than are told apart.
func fill(p *process) {
	for i := range 300 {
		p.write(here, fmt.Sprint("other-", i))
	}
}

// What one wrote and read at once is good for others as soon as the log tells
// of it, and so is what the log told before the writer was answered.
func TestWhatWasJustWrittenIsSharedToo(t *testing.T) {
	t.Parallel()
	o := newOffice(t, redistest.New(t), 2)
	one, two := o.warm("a")
	d := one.begin(here, "x")
	d.commit()
	two.look()
	one.look()
	d.tell()
	one.write(here, "x")
	one.get(here, "x", nothing)
	one.ShareNow(t.Context()) // not yet: the log has not told of it
	one.look()
	one.ShareNow(t.Context())
	two.look()
	before := two.reads
	two.get(here, "x", nothing)
	if two.reads != before {
		t.Error("the database is asked, want the answer of the other process")
	}
}

// Random histories of two processes, long transactions, and a Redis that
// forgets, dies, stands still and comes back as it was some time ago: nobody is
// shown less than their process was told of, nor what is another tenant's.
func TestNoHistoryTakesAStaleAnswerFromRedis(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			server := redistest.New(t)
			o := newOffice(t, server, 2)
			rnd := rand.New(rand.NewPCG(seed, 7))
			for i := range 6000 {
				switch i % 1500 {
				case 300:
					server.Do(t, "SAVE")
				case 600:
					server.Do(t, "FLUSHALL")
				case 900:
					server.Kill(t)
				case 1000:
					server.Start(t) // as saved
				case 1200:
					o.join(server) // a new process, in place of an old one
					o.nodes = o.nodes[1:]
				}
				o.step(t.Context(), rnd)
			}
			shared := int64(0)
			for _, p := range o.nodes {
				for _, k := range p.Stats() {
					shared += k.Shared
				}
			}
			if shared == 0 {
				t.Error("nothing was taken from Redis: the history proves nothing")
			}
			t.Logf("%d answers from Redis", shared)
		})
	}
}

// step does one thing that may happen.
func (o *office) step(ctx context.Context, rnd *rand.Rand) {
	p := o.nodes[rnd.IntN(len(o.nodes))]
	ids := []string{"a", "b", "c", "d"}
	workspace, id := []string{"w1", "w2"}[rnd.IntN(2)], ids[rnd.IntN(4)]
	meanwhile := func() {
		if rnd.IntN(20) == 0 {
			o.finish(rnd)
		}
	}
	switch n := rnd.IntN(100); {
	case n < 4:
		if len(o.running) < 3 && !slices.ContainsFunc(slices.Collect(maps.Values(o.running)), func(d *deed) bool { return d.id == id && d.workspace == workspace }) {
			p.begin(workspace, id)
		}
	case n < 10:
		o.finish(rnd)
	case n < 25:
		p.look()
	case n < 40:
		p.ShareNow(ctx)
	case n < 75:
		p.get(workspace, id, meanwhile)
	default:
		p.all(workspace, ids, meanwhile)
	}
}

// finish commits a transaction, or has its process know of a commit.
func (o *office) finish(rnd *rand.Rand) {
	for _, d := range o.done {
		if !d.told && slices.Contains(o.nodes, d.by) {
			d.tell()
			return
		}
	}
	xids := slices.Sorted(maps.Keys(o.running))
	if len(xids) > 0 {
		o.running[xids[rnd.IntN(len(xids))]].commit()
	}
}
