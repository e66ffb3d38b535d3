// Package activity keeps the calls and meetings that a team had with people.
package activity

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"rapport/internal/crm/event"
	"rapport/internal/platform/list"
	"rapport/internal/platform/markdown"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Activity is a call or a meeting.
type Activity struct {
	ID              string        `json:"id"`
	Kind            string        `json:"kind" enum:"call,meeting"`
	Subject         string        `json:"subject"`
	Body            string        `json:"body" doc:"What was said, in Markdown."`
	HTML            string        `json:"html" doc:"The same as harmless HTML."`
	At              time.Time     `json:"at"`
	DurationMinutes *int32        `json:"duration_minutes"`
	Outcome         string        `json:"outcome"`
	CompanyID       *string       `json:"company_id"`
	CompanyName     *string       `json:"company_name"`
	Contacts        []Participant `json:"contacts"`
	Author          Author        `json:"author"`
	CreatedAt       time.Time     `json:"created_at"`
	UpdatedAt       time.Time     `json:"updated_at"`
	Version         int64         `json:"version"`
}

// Participant is a contact that took part.
type Participant struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Author is who logged it.
type Author struct {
	ID   *string `json:"id" doc:"Null for a key or the system."`
	Name string  `json:"name"`
}

const (
	maxContacts = 50
	columns     = `x.id, x.kind, x.subject, x.body, x.html, x.at, x.duration_minutes, x.outcome, x.company_id, co.name AS company_name,
	(SELECT coalesce(jsonb_agg(jsonb_build_object('id', p.contact_id, 'name', c.name) ORDER BY p.position), '[]')
		FROM activity_contacts p JOIN contacts c ON c.workspace_id = p.workspace_id AND c.id = p.contact_id
		WHERE p.workspace_id = $1 AND p.activity_id = x.id) AS contacts,
	jsonb_build_object('id', x.author_id, 'name', x.author_name) AS author, x.created_at, x.updated_at, x.version`
	from = `FROM activities x LEFT JOIN companies co ON co.workspace_id = x.workspace_id AND co.id = x.company_id
	WHERE x.workspace_id = $1`
)

// Listing is what the list of activities offers.
var Listing = list.Spec{
	Columns: columns,
	From:    from,
	ID:      "x.id",
	Fields: map[string]list.Field{
		"kind":       {SQL: "x.kind", Type: list.Text, Values: []string{"call", "meeting"}},
		"company_id": {SQL: "x.company_id", Type: list.ID},
		"at":         {SQL: "x.at", Type: list.Time},
		"created_at": {SQL: "x.created_at", Type: list.Time},
	},
	Sorts: map[string]list.Sort{
		"at":         {SQL: "x.at", Type: list.Time},
		"created_at": {SQL: "x.created_at", Type: list.Time},
	},
	Default: "-at",
}

func (a *Activity) ids() []string {
	out := make([]string, len(a.Contacts))
	for i, c := range a.Contacts {
		out[i] = c.ID
	}
	return out
}

// check reports what is wrong; ahead is how far in the future something that
// was logged may lie, for clocks that differ.
func (a *Activity) check(now time.Time) error {
	const ahead = 24 * time.Hour
	var f problem.Fields
	f.Check(strings.TrimSpace(a.Subject) != "" && utf8.RuneCountInString(a.Subject) <= 300, "/subject", "length", "Say in up to 300 characters what it was about.")
	f.Check(utf8.RuneCountInString(a.Body) <= 50_000, "/body", "length", "Use 50,000 characters or fewer.")
	f.Check(utf8.RuneCountInString(a.Outcome) <= 300, "/outcome", "length", "Use 300 characters or fewer.")
	f.Check(!strings.ContainsRune(a.Subject+a.Body+a.Outcome, 0), "/body", "type", "Text cannot hold NUL.")
	f.Check(slices.Contains([]string{"call", "meeting"}, a.Kind), "/kind", "not_allowed", "There is no such kind.", "call", "meeting")
	f.Check(a.At.Year() >= 1970 && a.At.Before(now.Add(ahead)), "/at", "range", "Say when it was; what is yet to come is a task.")
	f.Check(a.DurationMinutes == nil || *a.DurationMinutes >= 0 && *a.DurationMinutes <= 10080, "/duration_minutes", "range", "Give minutes, at most a week of them.")
	f.Check(len(a.Contacts) <= maxContacts, "/contact_ids", "length", "At most 50 people take part.")
	f.Check(len(a.Contacts) > 0 || a.CompanyID != nil, "/contact_ids", "required", "Say with whom it was.")
	return f.Err()
}

func diff(before, after Activity) event.Changes {
	c := event.Changes{}
	c.Set("kind", before.Kind, after.Kind)
	c.Set("subject", before.Subject, after.Subject)
	c.Set("body", before.Body, after.Body)
	c.Set("at", before.At, after.At)
	c.Set("duration_minutes", before.DurationMinutes, after.DurationMinutes)
	c.Set("outcome", before.Outcome, after.Outcome)
	c.Set("company_id", before.CompanyID, after.CompanyID)
	c.Set("contact_ids", before.ids(), after.ids())
	return c
}

// stored is an activity with what only the store knows.
type stored struct {
	Activity
	DeletedAt *time.Time
}

func load(tx *pg.Tx, activityID string) (stored, error) {
	a, err := pg.One[stored](tx, `SELECT `+columns+`, x.deleted_at `+from+` AND x.id = $2 FOR UPDATE OF x`, tx.Workspace(), activityID)
	if err == pg.ErrNone {
		err = problem.Missing("activity")
	}
	return a, err
}

func insert(tx *pg.Tx, a Activity) {
	tx.Queue(`
		INSERT INTO activities (workspace_id, id, kind, subject, body, html, at, duration_minutes, outcome, company_id, author_id, author_name, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)`,
		tx.Workspace(), a.ID, a.Kind, a.Subject, a.Body, markdown.HTML(a.Body), a.At, a.DurationMinutes, a.Outcome, a.CompanyID,
		a.Author.ID, a.Author.Name, a.CreatedAt)
	participate(tx, a, true)
}

func update(tx *pg.Tx, a stored) {
	tx.Queue(`
		UPDATE activities SET kind = $3, subject = $4, body = $5, html = $6, at = $7, duration_minutes = $8, outcome = $9, company_id = $10,
			version = $11, updated_at = $12, deleted_at = $13
		WHERE workspace_id = $1 AND id = $2`,
		tx.Workspace(), a.ID, a.Kind, a.Subject, a.Body, a.HTML, a.At, a.DurationMinutes, a.Outcome, a.CompanyID,
		a.Version, a.UpdatedAt, a.DeletedAt)
	tx.Queue(`DELETE FROM activity_contacts WHERE workspace_id = $1 AND activity_id = $2`, tx.Workspace(), a.ID)
	participate(tx, a.Activity, a.DeletedAt == nil)
}

func participate(tx *pg.Tx, a Activity, active bool) {
	tx.Queue(`
		INSERT INTO activity_contacts (workspace_id, activity_id, contact_id, position, at, active)
		SELECT $1, $2, c, n, $4, $5 FROM unnest($3::uuid[]) WITH ORDINALITY AS t (c, n)`,
		tx.Workspace(), a.ID, a.ids(), a.At, active)
}
