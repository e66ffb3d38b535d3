// Package list turns what a caller may ask of a list — filter, sort, cursor —
// into SQL over fields that the feature has registered. Nothing of the caller
// ever becomes SQL text.
package list

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"rapport/internal/platform/cache"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Type is what a field holds; it decides the operators and the cast.
type Type string

// The types of fields. Lookup is a condition of its own, written by the
// feature, that takes a text value.
const (
	Text   Type = "text"
	Int    Type = "bigint"
	Float  Type = "double precision"
	Bool   Type = "boolean"
	Time   Type = "timestamptz"
	Date   Type = "date"
	ID     Type = "uuid"
	Lookup Type = "lookup"
)

// Field is something to filter by. SQL is an expression over the feature's
// query; for a Lookup it is a condition with one ?.
type Field struct {
	SQL    string
	Type   Type
	Values []string // the values that exist, for an enum
	// Fold says that the column holds lower case and values must follow.
	Fold bool
	// Within is a condition around the comparison, which stands at its %s: for
	// a column of another table, that an index may be entered from there.
	Within string
}

// Sort is a column to sort by: never null, and compared by leakproof operators
// so that an index serves it under row-level security. Type is Text, Int,
// Time or ID.
type Sort struct {
	SQL  string
	Type Type
}

// Spec is what one list offers. From holds the tables and joins and ends in a
// WHERE clause that binds the workspace as $1; ID is the tie breaker.
type Spec struct {
	Columns string
	From    string
	ID      string
	Fields  map[string]Field
	Sorts   map[string]Sort
	Default string // the sort when none is asked for
	// Of names, for fields and sorts, the fields of events that change them:
	// none where nothing does. What is not in it may change with any event.
	Of map[string][]string
	// Dynamic finds fields that are data: custom fields.
	Dynamic func(name string) (Field, bool)
	// Parts, if there are any, are the queries that From is a union of, so that
	// none reads more than a page of a long history: From has %s where they go.
	Parts []Part
}

// Part is one query of a union. Where its own conditions end it calls cut with
// its columns of the sort and the tie breaker.
type Part func(cut func(key, id string) string) string

// Query is what a caller asks of a list.
type Query struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Rows a page."`
	Cursor string `query:"cursor" maxLength:"2000" doc:"next_cursor of the page before."`
	Sort   string `query:"sort" maxLength:"100" doc:"A field, with - in front for descending."`
	Filter string `query:"filter" maxLength:"8000" doc:"Conditions as JSON, such as {\"and\":[{\"field\":\"score\",\"op\":\"gte\",\"value\":70}]}; and and or nest three deep."`
}

// Where collects conditions with their arguments. The first argument is the
// workspace.
type Where struct {
	conditions []string
	args       []any
	open       bool     // a condition may change with any event
	over       []string // the fields of events that change the others
}

// NewWhere begins with the workspace as $1, and what else the feature's query
// takes.
func NewWhere(workspace string, more ...any) *Where {
	return &Where{args: append([]any{workspace}, more...)}
}

// Add adds a condition; each ? becomes the next argument.
func (w *Where) Add(condition string, args ...any) {
	w.open = true
	w.conditions = append(w.conditions, w.bind(condition, args...))
}

// AddOver adds a condition that changes with these fields of events alone, or
// when a record comes or goes.
func (w *Where) AddOver(fields []string, condition string, args ...any) {
	w.over = append(w.over, fields...)
	w.conditions = append(w.conditions, w.bind(condition, args...))
}

func (w *Where) bind(condition string, args ...any) string {
	var b strings.Builder
	rest := condition
	for _, a := range args {
		before, after, _ := strings.Cut(rest, "?")
		w.args = append(w.args, a)
		b.WriteString(before + "$" + strconv.Itoa(len(w.args)))
		rest = after
	}
	return b.String() + rest
}

// SQL is the conditions, each behind AND.
func (w *Where) SQL() string {
	if len(w.conditions) == 0 {
		return ""
	}
	return "\n\t\tAND " + strings.Join(w.conditions, "\n\t\tAND ")
}

// Args are the arguments, the workspace first.
func (w *Where) Args() []any { return w.args }

// Page runs the list and returns its body: {"data": […], "next_cursor", …}. It
// is the caller's, who may give it to pg.Recycle.
func (s *Spec) Page(tx *pg.Tx, q Query, w *Where) ([]byte, error) {
	sql, at, err := s.Build(q, w)
	if err != nil {
		return nil, err
	}
	wanted := cache.Wanted(tx.Context())
	p := pg.Page{Limit: q.Limit, Rows: append(pg.Buffer(), `{"data":[`...), Note: wanted != nil}
	pg.LaterPage(tx, &p, sql, w.Args()...)
	if err := tx.Flush(); err != nil {
		return nil, err
	}
	if wanted != nil {
		wanted.Describe(p.IDs, w.over, w.open)
	}
	p.Rows = append(p.Rows, `],"next_cursor":`...)
	if p.More {
		p.Rows = pg.AppendString(p.Rows, []byte(at.next(p.Keys)))
	} else {
		p.Rows = append(p.Rows, "null"...)
	}
	return append(append(append(p.Rows, `,"has_more":`...), strconv.FormatBool(p.More)...), '}'), nil
}

// PageWith is Page for a list with fields that are data. They are only looked
// up when a filter is asked for.
func PageWith(tx *pg.Tx, s Spec, q Query, w *Where, dynamic func() (func(string) (Field, bool), error)) ([]byte, error) {
	if q.Filter != "" {
		var err error
		if s.Dynamic, err = dynamic(); err != nil {
			return nil, err
		}
	}
	return s.Page(tx, q, w)
}

// Build returns the SQL of a page and the position that its cursor holds.
func (s *Spec) Build(q Query, w *Where) (string, position, error) {
	sort, desc, err := s.sort(q.Sort)
	if err != nil {
		return "", position{}, err
	}
	s.depend(w, strings.TrimPrefix(cmp.Or(q.Sort, s.Default), "-"))
	if q.Filter != "" {
		condition, err := s.filter(q.Filter, w)
		if err != nil {
			return "", position{}, err
		}
		w.conditions = append(w.conditions, condition)
	}
	at := position{list: described{sort.SQL, desc, q.Filter, w.conditions, w.args}}
	order, than := "", " > "
	if desc {
		order, than = " DESC", " < "
	}
	after := ""
	if q.Cursor != "" {
		if err := at.read(q.Cursor, sort.Type); err != nil {
			return "", position{}, err
		}
		after = than + w.bind("(?::text::"+string(sort.Type)+", ?::text::uuid)", at.Keys[0], at.Keys[1])
		w.conditions = append(w.conditions, "("+sort.SQL+", "+s.ID+")"+after)
	}
	most := strconv.Itoa(q.Limit + 1)
	cut := func(key, id string) string {
		limit := "\n\t\tORDER BY " + key + order + ", " + id + order + " LIMIT " + most
		if after == "" {
			return limit
		}
		return "\n\t\tAND (" + key + ", " + id + ")" + after + limit
	}
	return "SELECT " + s.Columns + ", (" + sort.SQL + ")::text AS _k1, " + s.ID + " AS _k2\n" + s.from(cut) + w.SQL() +
		"\nORDER BY " + sort.SQL + order + ", " + s.ID + order + "\nLIMIT " + most, at, nil
}

// depend notes what a field or sort changes with.
func (s *Spec) depend(w *Where, name string) {
	fields, known := s.Of[name]
	w.open = w.open || !known
	w.over = append(w.over, fields...)
}

// Matching returns SQL for the ids of all rows that a filter finds, in order,
// but no more than most.
func (s *Spec) Matching(filter string, w *Where, most int) (string, error) {
	if filter != "" {
		condition, err := s.filter(filter, w)
		if err != nil {
			return "", err
		}
		w.conditions = append(w.conditions, condition)
	}
	return fmt.Sprintf("SELECT (%s)::text\n%s%s\nORDER BY %s\nLIMIT %d", s.ID, s.From, w.SQL(), s.ID, most), nil
}

func (s *Spec) from(cut func(key, id string) string) string {
	if len(s.Parts) == 0 {
		return s.From
	}
	parts := make([]string, len(s.Parts))
	for i, part := range s.Parts {
		parts[i] = "(" + part(cut) + ")"
	}
	return fmt.Sprintf(s.From, strings.Join(parts, "\n\tUNION ALL\n\t"))
}

func (s *Spec) sort(name string) (Sort, bool, error) {
	if name == "" {
		name = s.Default
	}
	key, desc := strings.CutPrefix(name, "-")
	sort, ok := s.Sorts[key]
	if !ok {
		return Sort{}, false, &problem.Error{Kind: problem.BadRequest, Code: "bad_sort", Detail: "The list cannot be sorted by this.",
			Fields: []problem.Field{{Pointer: "sort", Code: "not_allowed", Message: "Use one of the fields that are allowed, with - for descending.", Allowed: slices.Sorted(maps.Keys(s.Sorts))}}}
	}
	return sort, desc, nil
}
