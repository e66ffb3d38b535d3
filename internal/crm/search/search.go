// Package search finds records by words. Its table is out of reach for the
// application: three functions of the database write and read it.
package search

import (
	"context"
	"slices"
	"strings"

	"rapport/internal/api/op"
	"rapport/internal/platform/pg"
)

// Document is what a record can be found by.
type Document struct {
	ID       string
	Title    string // found even when misspelt
	Subtitle string
	Words    string
}

// Put queues the documents of some records of one kind.
func Put(tx *pg.Tx, entity string, docs ...Document) {
	if len(docs) == 0 {
		return
	}
	var ids, titles, subtitles, words []string
	for _, d := range docs {
		ids = append(ids, d.ID)
		titles = append(titles, d.Title)
		subtitles = append(subtitles, d.Subtitle)
		words = append(words, d.Words)
	}
	tx.Queue(`SELECT search.put($1, $2::uuid[], $3, $4, $5)`, entity, ids, titles, subtitles, words)
}

// AddressWords are the words that an email address is found by: itself, its
// domain, and the parts of both.
func AddressWords(address string) string {
	_, domain, _ := strings.Cut(address, "@")
	parts := strings.FieldsFunc(address, func(r rune) bool { return strings.ContainsRune("@.-_+", r) })
	return address + " " + domain + " " + strings.Join(parts, " ") + " "
}

// Remove queues the removal of the documents of some records of one kind.
func Remove(tx *pg.Tx, entity string, ids ...string) {
	tx.Queue(`SELECT search.remove($1, $2::uuid[])`, entity, ids)
}

// Hit is a record that was found.
type Hit struct {
	Entity   string  `json:"entity" enum:"contact,company,thread"`
	ID       string  `json:"id"`
	Title    string  `json:"title"`
	Subtitle string  `json:"subtitle"`
	Rank     float32 `json:"rank"`
}

// Find returns at most most records that match words, best first; kinds nil
// means all.
func Find(tx *pg.Tx, words string, kinds []string, most int) ([]Hit, error) {
	return pg.All[Hit](tx, `SELECT entity, id::text, title, subtitle, rank FROM search.find($1, $2, $3)`, words, kinds, most)
}

// Condition matches the records of a list that words are found in: it takes
// the words as its one argument.
func Condition(idColumn, entity string) string {
	return idColumn + ` IN (SELECT f.id FROM search.find(?, ARRAY['` + entity + `'], 1000) f)`
}

// Service offers search as an operation.
type Service struct{ db *pg.DB }

// New returns the service over db.
func New(db *pg.DB) *Service { return &Service{db: db} }

// Query is what to search for.
type Query struct {
	op.InWorkspace
	Q     string   `query:"q" required:"true" minLength:"1" maxLength:"200" doc:"Words; the last may be unfinished." example:"ana"`
	Kinds []string `query:"kinds" doc:"Only these kinds of record." enum:"contact,company,thread"`
	Limit int      `query:"limit" minimum:"1" maximum:"50" default:"20"`
}

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	return []op.Operation{
		op.New(op.Meta{Name: "search.find", Method: "GET", Path: "/v1/workspaces/{workspace}/search", Scope: "contact:read",
			Summary: "Find contacts, companies and threads by words", Example: map[string]any{"q": "ana"}}, s.Search),
	}
}

// Search finds records by words, of the kinds that the actor may read.
func (s *Service) Search(ctx context.Context, q *Query) (*op.Body[op.List[Hit]], error) {
	kinds := q.Kinds
	if len(kinds) == 0 {
		kinds = []string{"contact", "company", "thread"}
	}
	kinds = slices.DeleteFunc(kinds, func(kind string) bool { return op.Allowed(ctx, kind+":read") != nil })
	var hits []Hit
	err := s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		hits, err = Find(tx, q.Q, kinds, q.Limit)
		return err
	})
	return op.Listed(hits), err
}
