// Package note keeps what people write down about contacts, companies and
// conversations.
package note

import (
	"strings"
	"time"
	"unicode/utf8"

	"rapport/internal/crm/about"
	"rapport/internal/crm/event"
	"rapport/internal/crm/search"
	"rapport/internal/platform/list"
	"rapport/internal/platform/markdown"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Note is a text about a record. Its HTML is made by the server and harmless.
type Note struct {
	ID         string    `json:"id"`
	Entity     string    `json:"entity" enum:"contact,company,thread"`
	EntityID   string    `json:"entity_id"`
	EntityName *string   `json:"entity_name"`
	Body       string    `json:"body" doc:"As it was written, in Markdown."`
	HTML       string    `json:"html" doc:"As it is shown: no scripts, no pictures, links to the web and mail alone."`
	Pinned     bool      `json:"pinned"`
	Author     Author    `json:"author"`
	CreatedAt  time.Time `json:"created_at"`
	UpdatedAt  time.Time `json:"updated_at"`
	Version    int64     `json:"version"`
}

// Author is who wrote it.
type Author struct {
	ID   *string `json:"id" doc:"Null for a key or the system."`
	Name string  `json:"name"`
}

const maxBody = 50_000 // characters

const columns = `x.id, x.entity, x.entity_id, ` + about.Name + ` AS entity_name, x.body, x.html, x.pinned,
	jsonb_build_object('id', x.author_id, 'name', x.author_name) AS author, x.created_at, x.updated_at, x.version`

const from = `FROM notes x` + about.Joins + `
	WHERE x.workspace_id = $1`

// Listing is what the list of notes offers.
var Listing = list.Spec{
	Columns: columns,
	From:    from,
	ID:      "x.id",
	Fields: map[string]list.Field{
		"entity":     {SQL: "x.entity", Type: list.Text, Values: []string{"contact", "company", "thread"}},
		"entity_id":  {SQL: "x.entity_id", Type: list.ID},
		"author_id":  {SQL: "x.author_id", Type: list.ID},
		"pinned":     {SQL: "x.pinned", Type: list.Bool},
		"created_at": {SQL: "x.created_at", Type: list.Time},
		"updated_at": {SQL: "x.updated_at", Type: list.Time},
	},
	Sorts: map[string]list.Sort{
		"created_at": {SQL: "x.created_at", Type: list.Time},
		"updated_at": {SQL: "x.updated_at", Type: list.Time},
	},
	Default: "-created_at",
}

func check(body string) error {
	var f problem.Fields
	f.Check(strings.TrimSpace(body) != "", "/body", "required", "Write something.")
	f.Check(utf8.RuneCountInString(body) <= maxBody, "/body", "length", "A note has up to 50,000 characters.")
	f.Check(!strings.ContainsRune(body, 0), "/body", "type", "Text cannot hold NUL.")
	return f.Err()
}

// stored is a note with what only the store knows.
type stored struct {
	Note
	DeletedAt *time.Time
}

func load(tx *pg.Tx, noteID string) (stored, error) {
	n, err := pg.One[stored](tx, `SELECT `+columns+`, x.deleted_at `+from+` AND x.id = $2 FOR UPDATE OF x`, tx.Workspace(), noteID)
	if err == pg.ErrNone {
		err = problem.Missing("note")
	}
	return n, err
}

func insert(tx *pg.Tx, n Note) {
	tx.Queue(`
		INSERT INTO notes (workspace_id, id, entity, entity_id, body, html, pinned, author_id, author_name, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)`,
		tx.Workspace(), n.ID, n.Entity, n.EntityID, n.Body, n.HTML, n.Pinned, n.Author.ID, n.Author.Name, n.CreatedAt)
}

func update(tx *pg.Tx, n stored) {
	tx.Queue(`
		UPDATE notes SET body = $3, html = $4, pinned = $5, version = $6, updated_at = $7, deleted_at = $8
		WHERE workspace_id = $1 AND id = $2`,
		tx.Workspace(), n.ID, n.Body, n.HTML, n.Pinned, n.Version, n.UpdatedAt, n.DeletedAt)
}

func document(n Note) search.Document {
	d := search.Document{ID: n.ID, Title: markdown.Text(n.Body, 120), Words: n.Body, At: n.CreatedAt,
		About: search.Ref{Entity: n.Entity, ID: n.EntityID}}
	if n.EntityName != nil {
		d.Subtitle = *n.EntityName
	}
	return d
}

func index(tx *pg.Tx, n Note) { search.Put(tx, "note", document(n)) }

// Reindex writes the words of up to most notes anew, those behind an id, and
// returns the last id and how many there were.
func (s *Service) Reindex(tx *pg.Tx, after string, most int) (string, int, error) {
	rows, err := pg.All[Note](tx, `SELECT `+columns+` `+from+` AND x.id > $2::uuid AND x.deleted_at IS NULL
		ORDER BY x.id LIMIT $3 FOR SHARE OF x`, tx.Workspace(), after, most)
	if err != nil || len(rows) == 0 {
		return after, 0, err
	}
	docs := make([]search.Document, len(rows))
	for i, n := range rows {
		docs[i] = document(n)
	}
	search.Put(tx, "note", docs...)
	return rows[len(rows)-1].ID, len(rows), nil
}

func diff(before, after Note) event.Changes {
	c := event.Changes{}
	c.Set("body", before.Body, after.Body)
	c.Set("pinned", before.Pinned, after.Pinned)
	return c
}
