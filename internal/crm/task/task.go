// Package task keeps what people have to do: what, until when, whose.
package task

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"rapport/internal/crm/about"
	"rapport/internal/crm/event"
	"rapport/internal/crm/search"
	"rapport/internal/platform/list"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Task is something to do.
type Task struct {
	ID          string     `json:"id"`
	Title       string     `json:"title"`
	Description string     `json:"description"`
	DueAt       *time.Time `json:"due_at"`
	Priority    string     `json:"priority" enum:"low,medium,high,urgent"`
	Status      string     `json:"status" enum:"open,in_progress,done,cancelled"`
	AssigneeID  *string    `json:"assignee_id"`
	Entity      *string    `json:"entity" enum:"contact,company,thread" doc:"What it is about."`
	EntityID    *string    `json:"entity_id"`
	EntityName  *string    `json:"entity_name"`
	MessageID   *string    `json:"message_id" doc:"The message that it was made from."`
	ThreadID    *string    `json:"thread_id"`
	CompletedAt *time.Time `json:"completed_at"`
	CreatedAt   time.Time  `json:"created_at"`
	UpdatedAt   time.Time  `json:"updated_at"`
	Version     int64      `json:"version"`
}

var (
	priorities = []string{"low", "medium", "high", "urgent"}
	statuses   = []string{"open", "in_progress", "done", "cancelled"}
)

// Columns and From are the query behind Task; From ends in the condition on
// the workspace, $1.
const (
	Columns = `x.id, x.title, x.description, x.due_at, x.priority, x.status, x.assignee_id, x.entity, x.entity_id, ` + about.Name + ` AS entity_name,
	x.message_id, x.thread_id, x.completed_at, x.created_at, x.updated_at, x.version`
	From = `FROM tasks x` + about.Joins + `
	WHERE x.workspace_id = $1`
)

// Pending is the condition of what is still to be done.
const Pending = `x.deleted_at IS NULL AND x.status IN ('open', 'in_progress')`

// Listing is what the list of tasks offers.
var Listing = list.Spec{
	Columns: Columns,
	From:    From,
	ID:      "x.id",
	Fields: map[string]list.Field{
		"title":       {SQL: "x.title_key", Type: list.Text, Fold: true},
		"status":      {SQL: "x.status", Type: list.Text, Values: statuses},
		"priority":    {SQL: "x.priority", Type: list.Text, Values: priorities},
		"assignee_id": {SQL: "x.assignee_id", Type: list.ID},
		"entity_id":   {SQL: "x.entity_id", Type: list.ID},
		"thread_id":   {SQL: "x.thread_id", Type: list.ID},
		"due_at":      {SQL: "x.due_at", Type: list.Time},
		"created_at":  {SQL: "x.created_at", Type: list.Time},
	},
	Sorts: map[string]list.Sort{
		"due_at":     {SQL: "x.due_key", Type: list.Time},
		"priority":   {SQL: "x.priority_key", Type: list.Int},
		"created_at": {SQL: "x.created_at", Type: list.Time},
		"title":      {SQL: "x.title_key", Type: list.Text},
	},
	Of: map[string][]string{"title": {"title"}, "status": {"status"}, "priority": {"priority"}, "assignee_id": {"assignee_id"}, "entity_id": {"entity_id"},
		"due_at": {"due_at"}, "created_at": nil},
	Default: "due_at",
}

func (t Task) check() error {
	var f problem.Fields
	f.Check(strings.TrimSpace(t.Title) != "" && utf8.RuneCountInString(t.Title) <= 300, "/title", "length", "Say in up to 300 characters what is to be done.")
	f.Check(utf8.RuneCountInString(t.Description) <= 20_000, "/description", "length", "Use 20,000 characters or fewer.")
	f.Check(!strings.ContainsRune(t.Title+t.Description, 0), "/title", "type", "Text cannot hold NUL.")
	f.Check(slices.Contains(priorities, t.Priority), "/priority", "not_allowed", "There is no such priority.", priorities...)
	f.Check(slices.Contains(statuses, t.Status), "/status", "not_allowed", "There is no such status.", statuses...)
	f.Check(t.DueAt == nil || t.DueAt.Year() >= 1970 && t.DueAt.Year() < 2200, "/due_at", "range", "Give a date of this life.")
	return f.Err()
}

// over reports whether nothing is left to be done.
func (t Task) over() bool { return t.Status == "done" || t.Status == "cancelled" }

func diff(before, after Task) event.Changes {
	c := event.Changes{}
	c.Set("title", before.Title, after.Title)
	c.Set("description", before.Description, after.Description)
	c.Set("due_at", before.DueAt, after.DueAt)
	c.Set("priority", before.Priority, after.Priority)
	c.Set("status", before.Status, after.Status)
	c.Set("assignee_id", before.AssigneeID, after.AssigneeID)
	c.Set("entity", before.Entity, after.Entity)
	c.Set("entity_id", before.EntityID, after.EntityID)
	return c
}

// stored is a task with what only the store knows.
type stored struct {
	Task
	RemindedAt *time.Time
	DeletedAt  *time.Time
}

func load(tx *pg.Tx, taskID string) (stored, error) {
	t, err := pg.One[stored](tx, `SELECT `+Columns+`, x.reminded_at, x.deleted_at `+From+` AND x.id = $2 FOR UPDATE OF x`, tx.Workspace(), taskID)
	if err == pg.ErrNone {
		err = problem.Missing("task")
	}
	return t, err
}

func insert(tx *pg.Tx, t Task) {
	tx.Queue(`
		INSERT INTO tasks (workspace_id, id, title, description, due_at, priority, status, assignee_id, entity, entity_id,
			message_id, thread_id, completed_at, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14)`,
		tx.Workspace(), t.ID, t.Title, t.Description, t.DueAt, t.Priority, t.Status, t.AssigneeID, t.Entity, t.EntityID,
		t.MessageID, t.ThreadID, t.CompletedAt, t.CreatedAt)
}

func update(tx *pg.Tx, t stored) {
	tx.Queue(`
		UPDATE tasks SET title = $3, description = $4, due_at = $5, priority = $6, status = $7, assignee_id = $8, entity = $9, entity_id = $10,
			completed_at = $11, version = $12, updated_at = $13, reminded_at = $14, deleted_at = $15
		WHERE workspace_id = $1 AND id = $2`,
		tx.Workspace(), t.ID, t.Title, t.Description, t.DueAt, t.Priority, t.Status, t.AssigneeID, t.Entity, t.EntityID,
		t.CompletedAt, t.Version, t.UpdatedAt, t.RemindedAt, t.DeletedAt)
}

func document(t Task) search.Document {
	d := search.Document{ID: t.ID, Title: t.Title, Words: t.Description, Marks: []string{"is:open"}, At: t.CreatedAt}
	if t.over() {
		d.Marks = []string{"is:done"}
	}
	if t.EntityID != nil {
		d.About = search.Ref{Entity: *t.Entity, ID: *t.EntityID}
	}
	if t.EntityName != nil {
		d.Subtitle = *t.EntityName
	}
	return d
}

func index(tx *pg.Tx, t Task) { search.Put(tx, "task", document(t)) }

// Reindex writes the words of up to most tasks anew, those behind an id, and
// returns the last id and how many there were.
func (s *Service) Reindex(tx *pg.Tx, after string, most int) (string, int, error) {
	rows, err := pg.All[Task](tx, `SELECT `+Columns+` `+From+` AND x.id > $2::uuid AND x.deleted_at IS NULL
		ORDER BY x.id LIMIT $3 FOR SHARE OF x`, tx.Workspace(), after, most)
	if err != nil || len(rows) == 0 {
		return after, 0, err
	}
	docs := make([]search.Document, len(rows))
	for i, t := range rows {
		docs[i] = document(t)
	}
	search.Put(tx, "task", docs...)
	return rows[len(rows)-1].ID, len(rows), nil
}
