// Package view keeps lists as people want to see them again: filter, order,
// words and columns under a name, for oneself or for everybody.
package view

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"rapport/internal/crm/event"
	"rapport/internal/platform/list"
	"rapport/internal/platform/problem"
)

// View is a list under a name.
type View struct {
	ID        string    `json:"id"`
	Entity    string    `json:"entity" enum:"contact,company,thread,task"`
	Name      string    `json:"name"`
	Shared    bool      `json:"shared" doc:"Everybody in the workspace sees it; else its owner alone."`
	OwnerID   *string   `json:"owner_id"`
	Mine      bool      `json:"mine"`
	Base      bool      `json:"base" doc:"How a person has the columns of the list itself, which is no view among the others."`
	Position  float64   `json:"position" doc:"Views stand in this order."`
	Query     Query     `json:"query"`
	Version   int64     `json:"version"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
	deleted   bool
}

// Query is what a view shows, in the words of the list's parameters.
type Query struct {
	Filter  map[string]any `json:"filter,omitempty" doc:"Conditions as the list takes them."`
	Sort    string         `json:"sort,omitempty" maxLength:"100"`
	Q       string         `json:"q,omitempty" maxLength:"200"`
	Columns []string       `json:"columns,omitempty" maxItems:"50" doc:"Fields in order; the list's own choice if there are none."`
	Widths  map[string]int `json:"widths,omitempty" doc:"Of columns, in pixels; the list's own choice for the others."`
	Folder  string         `json:"folder,omitempty" maxLength:"50" doc:"Of threads."`
}

// Listing is a list that views can be kept of.
type Listing struct {
	Spec    list.Spec
	Fields  bool     // it has the workspace's own fields, too
	Columns []string // that are shown and are no fields to filter by
	Folders []string
}

const (
	maxName            = 60
	minWidth, maxWidth = 60, 1200
)

func checkName(f *problem.Fields, name string) {
	f.Check(strings.TrimSpace(name) != "" && len([]rune(name)) <= maxName && !strings.ContainsRune(name, 0), "/name", "length", "Give the view a name of up to 60 characters.")
}

// check reports everything that the list would not take, with what it would.
// own finds the workspace's own fields.
func (l Listing) check(q Query, own func(string) (list.Field, bool)) (problem.Fields, error) {
	var f problem.Fields
	spec := l.Spec
	spec.Dynamic = own
	try := list.Query{Limit: 1}
	if len(q.Filter) > 0 {
		filter, err := json.Marshal(q.Filter)
		if err != nil {
			return nil, err
		}
		try.Filter = string(filter)
		f.Check(len(filter) <= 8000, "/query/filter", "length", "The filter is too long.")
	}
	for _, try := range []list.Query{{Limit: 1, Filter: try.Filter}, {Limit: 1, Sort: q.Sort}} {
		_, _, err := spec.Build(try, list.NewWhere(""))
		p, ok := errors.AsType[*problem.Error](err)
		if err != nil && !ok {
			return nil, err
		}
		if ok {
			for _, field := range p.Fields {
				field.Pointer = "/query/" + field.Pointer
				f = append(f, field)
			}
		}
	}
	known := append(slices.Sorted(maps.Keys(l.Spec.Fields)), l.Columns...)
	for _, c := range q.Columns {
		_, fields := own(c)
		f.Check(fields || slices.Contains(known, c), "/query/columns", "not_allowed", "The list has no such column.", known...)
	}
	for c, width := range q.Widths {
		_, fields := own(c)
		f.Check(fields || slices.Contains(known, c), "/query/widths", "not_allowed", "The list has no such column.", known...)
		f.Check(width >= minWidth && width <= maxWidth, "/query/widths", "range", "A column is 60 to 1,200 pixels wide.")
	}
	f.Check(q.Folder == "" || slices.Contains(l.Folders, q.Folder), "/query/folder", "not_allowed", "The list has no such folder.", l.Folders...)
	f.Check(!strings.ContainsRune(q.Q, 0), "/query/q", "type", "Text cannot hold NUL.")
	return f, nil
}

func diff(before, after View) event.Changes {
	changes := event.Changes{}
	changes.Set("name", before.Name, after.Name)
	changes.Set("shared", before.Shared, after.Shared)
	changes.Set("position", before.Position, after.Position)
	changes.Set("query", before.Query.plain(), after.Query.plain())
	return changes
}

// plain is a query as it comes out of JSON again.
func (q Query) plain() map[string]any {
	b, _ := json.Marshal(q) // made of plain values alone
	out := map[string]any{}
	_ = json.Unmarshal(b, &out)
	return out
}
