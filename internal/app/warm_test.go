package app_test

import (
	"context"
	"sync"
	"testing"

	"rapport/internal/platform/cache"
	"rapport/internal/platform/pg/pgtest"
)

// What was hot when a process ended is there when the next one is ready, with
// the rights of those who asked for it, and at nobody's cost.
func TestAProcessReadsAheadWhatWasHot(t *testing.T) {
	t.Parallel()
	url, data := pgtest.URL(t), t.TempDir()
	w := newWorldAt(t, url, true, "RAPPORT_DATA", data)
	n := w.newTenant(t, "ann")
	n.addContact(t, map[string]any{"name": "Ana"})
	n.populate(t)
	narrow := n.key(t, "task:read")
	tasks := request{method: "GET", path: "/v1/workspaces/" + n.slug + "/tasks"}.bearer(narrow)
	for range 4 {
		n.call(t, "GET", "{w}/contacts?sort=name", nil).want(t, 200)
		w.do(t, tasks).want(t, 200)
	}
	n.call(t, "GET", "{w}/companies", nil).want(t, 200) // once is not hot
	w.during(t, func() {})

	next := newWorldAt(t, url, true, "RAPPORT_DATA", data)
	next.app.Warming()
	if got := next.do(t, request{method: "GET", path: "/readyz"}).status; got != 503 {
		t.Errorf("before it is warm, a process says %d, want 503", got)
	}
	next.during(t, func() {
		eventually(t, "ready", func() bool { return next.do(t, request{method: "GET", path: "/readyz"}).status == 200 })
	})
	other := n.at(next)
	var s struct{ Workspaces []struct{ Tokens int } }
	other.call(t, "GET", "/v1/ops/limits", nil).want(t, 200).decode(t, &s)
	if len(s.Workspaces) != 0 {
		t.Errorf("reading ahead cost %+v", s.Workspaces)
	}
	if got := stats(next, "company.list"); got.Entries != 0 {
		t.Errorf("what was not hot is read ahead: %+v", got)
	}
	if kept, fresh := next.do(t, tasks), next.do(t, tasks.with("Cache-Control", "no-store")); !kept.same(fresh) {
		t.Errorf("a key is shown %s, want %s", kept.body, fresh.body)
	}
	other.call(t, "GET", "{w}/contacts?sort=name", nil).want(t, 200)
	for _, kind := range []string{"contact.list", "task.list"} {
		if got := stats(next, kind); got.Misses != 1 || got.Hits != 1 {
			t.Errorf("%s is read %d times and answered from memory %d times, want one each", kind, got.Misses, got.Hits)
		}
	}
}

// during keeps note of what is hot while f runs.
func (w *world) during(t *testing.T, f func()) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	var warms sync.WaitGroup
	warms.Go(func() {
		if err := w.app.Warm(ctx); err != nil {
			t.Error(err)
		}
	})
	f()
	stop()
	warms.Wait()
}

func stats(w *world, kind string) (s cache.Stats) {
	for _, k := range w.app.CacheStats() {
		if k.Kind == kind {
			s = k
		}
	}
	return s
}
