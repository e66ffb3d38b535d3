package cache

import (
	"cmp"
	"slices"
)

// Hot is an answer that was asked for again and again.
type Hot struct {
	Key
	By   any // Page.By of the answer
	Hits uint32
}

// warmth is how often an answer must have been asked for to be hot.
const warmth = 2

// Hot lists the answers that were asked for the most, the hottest first.
func (c *Cache) Hot(most int) []Hot {
	var all []Hot
	for k, e := range c.kept.All() {
		if n := e.hits.Load(); n >= warmth && e.Status == ok && e.page.By != nil {
			all = append(all, Hot{k, e.page.By, n})
		}
	}
	slices.SortFunc(all, func(a, b Hot) int { return cmp.Or(cmp.Compare(b.Hits, a.Hits), cmp.Compare(a.Query, b.Query)) })
	return all[:min(most, len(all))]
}

// inherit has e be as warm as what it replaces, or nearly.
func (c *Cache) inherit(k Key, e *entry) {
	if old, found := c.kept.GetIfPresent(k); found {
		e.hits.Store(old.hits.Load() - old.hits.Load()/4)
		if e.page.By == nil {
			e.page.By = old.page.By
		}
	}
}
