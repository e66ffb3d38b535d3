package cache

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// AllRecords is the id of a change to an entity as a whole.
const AllRecords = "00000000-0000-0000-0000-000000000000"

// Source is a part of what an answer is made of.
type Source struct {
	Entity string
	// Param names the parameter that holds the id of the one record; "" is all.
	Param string
	// Listed says that the answer is a page of the entity's records.
	Listed bool
	// Field is the only one that is shown of the entity's records, "" for all.
	Field string
	// Counted says that records count by Field, so that new ones matter, too.
	Counted bool
}

// ParseSources reads sources, separated by spaces: "contact" is all contacts
// and all of them, "contact=id" the one that the parameter id names,
// "contact[]" a page of contacts, "company.name" the names of companies,
// "contact+company_id" how many contacts there are of each.
func ParseSources(text string) ([]Source, error) {
	var out []Source
	for word := range strings.FieldsSeq(text) {
		s := Source{Entity: word}
		if entity, ok := strings.CutSuffix(word, "[]"); ok {
			s = Source{Entity: entity, Listed: true}
		} else if entity, param, ok := strings.Cut(word, "="); ok {
			s = Source{Entity: entity, Param: param}
		} else if entity, field, ok := strings.Cut(word, "."); ok {
			s = Source{Entity: entity, Field: field}
		} else if entity, field, ok := strings.Cut(word, "+"); ok {
			s = Source{Entity: entity, Field: field, Counted: true}
		}
		if s.Entity == "" || strings.ContainsAny(s.Entity+s.Param+s.Field, "[]=.+") {
			return nil, fmt.Errorf("cache: %q is no source", word)
		}
		out = append(out, s)
	}
	return out, nil
}

// changed reports whether c may change an answer that shows s; id is the value
// of its parameter.
func (s Source) changed(c *change, id string, page *Page) bool {
	switch {
	case s.Param != "":
		return c.id == id || c.id == AllRecords
	case s.Listed:
		return page.changed(c)
	case s.Field != "":
		if c.kind == created { // whatever shows the new record has changed as well
			return s.Counted
		}
		if c.told() {
			return slices.Contains(c.fields, s.Field)
		}
	}
	return true
}

// told reports whether all that c changed of the record is its fields.
func (c *change) told() bool { return (c.kind == updated || c.kind == hinted) && len(c.fields) > 0 }

// The kinds of change as the log writes them; every other may be anything.
const (
	created = "created"
	updated = "updated"
	deleted = "deleted"
	hinted  = "changed"
)

// Page is what an answer that is a page of a list says of itself, so that it
// outlives changes elsewhere. A zero Page is any list.
type Page struct {
	mu sync.Mutex
	// pages counts those who described themselves: of more than one nothing is
	// known.
	pages int
	// IDs are the records of the page and the one behind it, sorted.
	IDs []string
	// Fields decide which records are on the page, and in which order.
	Fields []string
	// Open says that other fields may decide it, too.
	Open bool
	// By is what the reader wants to know again of an answer that is Hot.
	By any
}

type pageKey struct{}

// Describing returns a context in which the page of a list describes itself.
func Describing(ctx context.Context, p *Page) context.Context {
	return context.WithValue(ctx, pageKey{}, p)
}

// Wanted returns the Page that asks for a description in ctx, or nil.
func Wanted(ctx context.Context) *Page {
	p, _ := ctx.Value(pageKey{}).(*Page)
	return p
}

// Describe fills p: ids are the records shown and the one behind them; fields
// decide what is shown, others too if open.
func (p *Page) Describe(ids, fields []string, open bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pages++
	slices.Sort(ids)
	p.IDs, p.Fields, p.Open = ids, fields, open
}

// changed reports whether c may change the page.
func (p *Page) changed(c *change) bool {
	if p == nil || p.pages != 1 || c.id == AllRecords {
		return true
	}
	if _, shown := slices.BinarySearch(p.IDs, c.id); shown {
		return true
	}
	if c.kind == deleted { // the one behind the page is among IDs: there is more as before
		return p.Open
	}
	return p.Open || !c.told() || slices.ContainsFunc(c.fields, func(f string) bool { return slices.Contains(p.Fields, f) })
}
