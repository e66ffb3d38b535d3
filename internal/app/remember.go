package app

import (
	"rapport/internal/crm/event"
	"rapport/internal/ops/caches"
	"rapport/internal/platform/cache"
	"rapport/internal/platform/pg"
)

// remember builds the cache and has it hear what happens: from this process's
// own transactions at once, of all others when the log tells.
func (a *App) remember(p *parts) {
	var shared *cache.Shared
	if a.redis != nil {
		shared = cache.NewShared(a.redis, Version)
	}
	p.cache = cache.New(max(a.Config.CacheMB, 1)<<20, shared)
	p.caches = caches.New(p.cache)
	if a.DB == nil {
		return
	}
	a.DB.News().Tell(func(workspace string, told []pg.Change) {
		changes := make([]cache.Change, len(told))
		for i, c := range told {
			changes[i] = cache.Change{Entity: c.Entity, ID: c.ID, Kind: c.Kind, Fields: c.Fields, Line: c.Line}
		}
		p.cache.Wrote(workspace, changes)
		p.meters.Contacts(told)
	})
	p.live.Also(func(b event.Batch) {
		if b.Lost {
			p.cache.Lost()
			return
		}
		sorted := map[string][]cache.Change{}
		for _, c := range b.Changes {
			sorted[c.Workspace] = append(sorted[c.Workspace], cache.Change{Entity: c.Entity, ID: c.EntityID, Kind: string(c.Kind), Fields: c.Fields, Line: c.Line, XID: c.XID})
		}
		for workspace, changes := range sorted {
			p.cache.Told(workspace, changes)
		}
	}, func(l event.Look) { p.cache.Looked(cache.Look(l)) })
}

// CacheStats is how well answers are remembered, by operation.
func (a *App) CacheStats() []cache.Stats { return a.parts.cache.Stats() }
