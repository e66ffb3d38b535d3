package cache_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"rapport/internal/platform/cache"
)

const here = "workspace"

// desk is a cache that sees the log, over a table of one number.
type desk struct {
	*cache.Cache
	kind  *cache.Kind
	value atomic.Int64
	reads atomic.Int64
	fail  atomic.Bool
}

func newDesk(t *testing.T, sources string, r cache.Rules) *desk {
	t.Helper()
	var err error
	if r.Sources, err = cache.ParseSources(sources); err != nil {
		t.Fatal(err)
	}
	d := &desk{Cache: cache.New(1<<20, nil)}
	d.kind = d.Kind("contact.list", r)
	d.Looked(cache.Look{Began: time.Now()})
	t.Cleanup(d.Close)
	return d
}

func (d *desk) request() cache.Request {
	return cache.Request{Key: cache.Key{Workspace: here, Kind: d.kind.Name, Viewer: "owner", Query: "/contacts"}, Kind: d.kind, IDs: []string{"a", "", "", ""}}
}

// read answers the number as the cache has it.
func (d *desk) read(describe ...func(*cache.Page)) cache.Answer {
	return d.Read(context.Background(), d.request(), func(ctx context.Context) cache.Answer {
		d.reads.Add(1)
		if d.fail.Load() {
			return cache.Answer{Status: 503}
		}
		for _, f := range describe {
			f(cache.Wanted(ctx))
		}
		return cache.Answer{Status: 200, Body: fmt.Append(nil, d.value.Load())}
	}, func(cache.Answer) bool { return true })
}

func (d *desk) write(v int64, c cache.Change) {
	d.value.Store(v)
	d.Wrote(here, []cache.Change{c})
}

func (d *desk) want(t *testing.T, what, value string, reads int64, describe ...func(*cache.Page)) {
	t.Helper()
	if got := string(d.read(describe...).Body); got != value {
		t.Errorf("%s: %s is answered, want %s", what, got, value)
	}
	if got := d.reads.Load(); got != reads {
		t.Errorf("%s: %d reads so far, want %d", what, got, reads)
	}
}

func TestAnAnswerHoldsUntilWhatItShowsChanges(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		sources string
		change  cache.Change
		drops   bool
	}{
		{"contact", cache.Change{Entity: "contact", ID: "b", Kind: "created"}, true},
		{"contact", cache.Change{Entity: "note", ID: "b", Kind: "created"}, false},
		{"contact=id", cache.Change{Entity: "contact", ID: "a", Kind: "updated", Fields: []string{"name"}}, true},
		{"contact=id", cache.Change{Entity: "contact", ID: "b", Kind: "updated", Fields: []string{"name"}}, false},
		{"contact=id", cache.Change{Entity: "contact", ID: cache.AllRecords, Kind: "changed"}, true},
		{"company.name", cache.Change{Entity: "company", ID: "b", Kind: "updated", Fields: []string{"name"}}, true},
		{"company.name", cache.Change{Entity: "company", ID: "b", Kind: "updated", Fields: []string{"size"}}, false},
		{"company.name", cache.Change{Entity: "company", ID: "b", Kind: "created"}, false},
		{"company.name", cache.Change{Entity: "company", ID: "b", Kind: "changed"}, true},
		{"company.name", cache.Change{Entity: "company", ID: "b", Kind: "changed", Fields: []string{"last_interaction_at"}}, false},
		{"contact+company_id", cache.Change{Entity: "contact", ID: "b", Kind: "created"}, true},
		{"contact+company_id", cache.Change{Entity: "contact", ID: "b", Kind: "updated", Fields: []string{"phone"}}, false},
	} {
		d := newDesk(t, c.sources, cache.Rules{})
		d.want(t, "first", "0", 1)
		d.want(t, "again", "0", 1)
		d.write(1, c.change)
		want, reads := "0", int64(1)
		if c.drops {
			want, reads = "1", 2
		}
		d.want(t, fmt.Sprintf("%s after %+v", c.sources, c.change), want, reads)
	}
}

func TestAPageOutlivesChangesElsewhere(t *testing.T) {
	t.Parallel()
	page := func(p *cache.Page) { p.Describe([]string{"c", "a", "b"}, []string{"name", "status"}, false) }
	for _, c := range []struct {
		change cache.Change
		drops  bool
	}{
		{cache.Change{ID: "b", Kind: "updated", Fields: []string{"phone"}}, true},
		{cache.Change{ID: "x", Kind: "updated", Fields: []string{"phone"}}, false},
		{cache.Change{ID: "x", Kind: "updated", Fields: []string{"phone", "status"}}, true},
		{cache.Change{ID: "x", Kind: "changed", Fields: []string{"score"}}, false},
		{cache.Change{ID: "x", Kind: "changed"}, true},
		{cache.Change{ID: "x", Kind: "created"}, true},
		{cache.Change{ID: "x", Kind: "restored"}, true},
		{cache.Change{ID: "x", Kind: "deleted"}, false},
		{cache.Change{ID: "c", Kind: "deleted"}, true},
		{cache.Change{ID: cache.AllRecords, Kind: "changed", Fields: []string{"score"}}, true},
	} {
		c.change.Entity = "contact"
		d := newDesk(t, "contact[]", cache.Rules{})
		d.want(t, "first", "0", 1, page)
		d.write(1, c.change)
		want, reads := "0", int64(1)
		if c.drops {
			want, reads = "1", 2
		}
		d.want(t, fmt.Sprintf("after %+v", c.change), want, reads, page)
	}
}

func TestAListThatDoesNotDescribeItselfEndsWithAnyChange(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "contact[]", cache.Rules{})
	d.want(t, "first", "0", 1)
	d.write(1, cache.Change{Entity: "contact", ID: "x", Kind: "deleted"})
	d.want(t, "after", "1", 2)
}

// What changes while an answer is read may or may not be in it.
func TestAChangeDuringTheReadEndsTheAnswer(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "contact", cache.Rules{})
	d.want(t, "while it changes", "0", 1, func(*cache.Page) {
		d.Wrote(here, []cache.Change{{Entity: "contact", ID: "x", Kind: "created"}})
	})
	d.value.Store(1)
	d.want(t, "after", "1", 2)
}

func TestMoreChangesThanAreToldApartEndTheAnswer(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "contact=id", cache.Rules{})
	d.want(t, "first", "0", 1)
	for i := range 1000 {
		d.write(1, cache.Change{Entity: "contact", ID: fmt.Sprint("b", i), Kind: "updated"})
	}
	d.want(t, "after many", "1", 2)
}

func TestOnesOwnChangesCountOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "contact", cache.Rules{})
	d.want(t, "first", "0", 1)
	c := cache.Change{Entity: "contact", ID: "x", Kind: "created", Line: "l1"}
	d.write(1, c)
	d.want(t, "after the write", "1", 2)
	d.Told(here, []cache.Change{c})
	d.want(t, "once the log tells it, too", "1", 2)
	d.value.Store(2)
	c.Line = "of another process"
	d.Told(here, []cache.Change{c})
	d.want(t, "after another's", "2", 3)
	d.Lost()
	d.want(t, "after a gap", "2", 4)
}

func TestNothingIsTakenWithoutALookAtTheLog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, "contact", cache.Rules{})
		d.want(t, "first", "0", 1)
		time.Sleep(cache.Blind + time.Millisecond)
		d.value.Store(1)
		d.want(t, "blind", "1", 2)
		d.Looked(cache.Look{Began: time.Now()})
		d.want(t, "sighted", "0", 2) // nothing was told meanwhile
	})
}

func TestAnAnswerEndsWithItsTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, "contact", cache.Rules{For: 10 * time.Second})
		d.want(t, "first", "0", 1)
		time.Sleep(8 * time.Second)
		d.Looked(cache.Look{Began: time.Now()})
		d.want(t, "in time", "0", 1)
		time.Sleep(4 * time.Second)
		d.Looked(cache.Look{Began: time.Now()})
		d.want(t, "over", "0", 2)
	})
}

// While the database is away, an old answer stands in, with its age; one that
// is known to be wrong does not, nor one that is too old.
func TestAnOldAnswerStandsInForTheDatabase(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, "contact", cache.Rules{})
		d.read()
		d.fail.Store(true)
		time.Sleep(cache.Life + 10*time.Second)
		if a := d.read(); a.Status != 200 || a.Age < cache.Life {
			t.Errorf("while the database is away: %d of age %s, want the old answer with its age", a.Status, a.Age)
		}
		d.Wrote(here, []cache.Change{{Entity: "contact", ID: "x", Kind: "created"}})
		if a := d.read(); a.Status != 503 {
			t.Errorf("after a change: %d, want 503", a.Status)
		}
		d.fail.Store(false)
		d.Looked(cache.Look{Began: time.Now()})
		d.read()
		d.fail.Store(true)
		time.Sleep(cache.Life + cache.AfterLife + 10*time.Second)
		if a := d.read(); a.Status != 503 {
			t.Errorf("much later: %d, want 503", a.Status)
		}
	})
}

func TestAThousandWhoMissAtOnceAskOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, "contact", cache.Rules{})
		slow := func(*cache.Page) { time.Sleep(100 * time.Millisecond) }
		var all sync.WaitGroup
		for range 1000 {
			all.Go(func() { d.read(slow) })
		}
		all.Wait()
		if got := d.reads.Load(); got != 1 {
			t.Errorf("%d reads, want 1", got)
		}
		// Whoever asks after a change does not join the read of before it.
		d.Lost()
		all.Go(func() { d.read(slow) })
		synctest.Wait()
		d.write(1, cache.Change{Entity: "contact", ID: "x", Kind: "created"})
		if got := string(d.read(slow).Body); got != "1" {
			t.Errorf("after the change: %s, want 1", got)
		}
		all.Wait()
	})
}

func TestAnAnswerThatIsTooLargeIsNotKept(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "contact", cache.Rules{})
	for range 2 {
		a := d.Read(context.Background(), d.request(), func(context.Context) cache.Answer {
			d.reads.Add(1)
			return cache.Answer{Status: 200, Body: make([]byte, 10<<20)}
		}, func(cache.Answer) bool { return false })
		if len(a.Body) != 10<<20 {
			t.Fatalf("%d bytes are answered", len(a.Body))
		}
	}
	if got := d.reads.Load(); got != 2 {
		t.Errorf("%d reads, want 2", got)
	}
}

func TestKeysOfOthersAreOthers(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "contact", cache.Rules{})
	load := func(s string) func(context.Context) cache.Answer {
		return func(context.Context) cache.Answer { return cache.Answer{Status: 200, Body: []byte(s)} }
	}
	r := d.request()
	for _, k := range []cache.Key{{Workspace: "w1", Viewer: "owner"}, {Workspace: "w2", Viewer: "owner"}, {Workspace: "w1", Viewer: "viewer"}, {Workspace: "w1", Viewer: "owner", Query: "?q=a"}} {
		r.Key = k
		for range 2 {
			if got := string(d.Read(context.Background(), r, load(fmt.Sprint(k)), nil).Body); got != fmt.Sprint(k) {
				t.Errorf("%v is answered %s", k, got)
			}
		}
	}
	if got := d.Purge(t.Context(), "w1", ""); got != 3 {
		t.Errorf("%d are purged of w1, want 3", got)
	}
}

func BenchmarkHit(b *testing.B) {
	sources, _ := cache.ParseSources("contact[] company.name tag.name custom_field")
	c := cache.New(1<<20, nil)
	c.Looked(cache.Look{Began: time.Now().Add(time.Hour)})
	r := cache.Request{Key: cache.Key{Workspace: here, Viewer: "owner", Query: "/contacts"}, Kind: c.Kind("contact.list", cache.Rules{Sources: sources}), IDs: make([]string, 4)}
	load := func(context.Context) cache.Answer { return cache.Answer{Status: 200, Body: make([]byte, 20_000)} }
	b.ReportAllocs()
	for b.Loop() {
		c.Read(b.Context(), r, load, nil)
	}
}
