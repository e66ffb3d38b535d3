// Package content keeps what is written for others: drafts of every kind, each
// version of them whole, what was found in them, and how the workspace wants to
// sound. Nothing leaves it that claims what nobody supplied.
package content

import (
	"encoding/json"
	"time"

	"rapport/internal/crm/content/claim"
	"rapport/internal/crm/content/kind"
	"rapport/internal/platform/list"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Entity names drafts in events.
const Entity = "content"

// Draft is a text with everything that is known of it.
type Draft struct {
	Summary
	Body     json.RawMessage `json:"body" doc:"As the schema of the kind says."`
	Plain    string          `json:"plain" doc:"The same as text."`
	Brief    string          `json:"brief" doc:"What the person who asked for it has said."`
	Facts    []claim.Fact    `json:"facts" doc:"What the text may claim, besides the facts of the brand voice."`
	Findings []claim.Finding `json:"findings" doc:"What the checks found. With an error it can neither be submitted nor sent."`
}

// Summary is a draft as lists show it.
type Summary struct {
	ID          string     `json:"id"`
	Kind        string     `json:"kind"`
	Title       string     `json:"title"`
	ContactID   *string    `json:"contact_id"`
	ContactName *string    `json:"contact_name"`
	ThreadID    *string    `json:"thread_id"`
	Status      string     `json:"status" enum:"draft,in_review,approved,sent,archived"`
	Tone        string     `json:"tone"`
	Score       *int       `json:"score" doc:"How much of it is about its reader, 0 to 100, as the checks count; null where nobody is addressed."`
	Errors      int        `json:"errors" doc:"How many findings stand in the way of sending."`
	Engine      string     `json:"engine" doc:"What wrote the last version: rules, a provider, or nothing for a person."`
	Degraded    bool       `json:"degraded" doc:"Rules stood in for a model that was away."`
	RunID       *string    `json:"run_id"`
	OutgoingID  *string    `json:"outgoing_id" doc:"The mail that it became."`
	AuthorName  string     `json:"author_name"`
	SentAt      *time.Time `json:"sent_at"`
	CreatedAt   time.Time  `json:"created_at"`
	UpdatedAt   time.Time  `json:"updated_at"`
	Version     int64      `json:"version"`
}

const summary = `x.id, x.kind, x.title, x.contact_id, c.name AS contact_name, x.thread_id, x.status, x.tone, x.score,
	(SELECT count(*) FROM jsonb_array_elements(x.findings) f WHERE f->>'level' = 'error')::integer AS errors,
	x.engine, x.degraded, x.run_id, x.outgoing_id, x.author_name, x.sent_at, x.created_at, x.updated_at, x.version`

const columns = summary + `, x.body, x.plain, x.brief, x.facts, x.findings`

const from = `FROM content_drafts x
	LEFT JOIN contacts c ON c.workspace_id = x.workspace_id AND c.id = x.contact_id
	WHERE x.workspace_id = $1`

var statuses = []string{"draft", "in_review", "approved", "sent", "archived"}

// Listing is what the list of drafts offers.
var Listing = list.Spec{
	Columns: summary,
	From:    from,
	ID:      "x.id",
	Fields: map[string]list.Field{
		"kind":       {SQL: "x.kind", Type: list.Text, Values: kinds()},
		"status":     {SQL: "x.status", Type: list.Text, Values: statuses},
		"contact_id": {SQL: "x.contact_id", Type: list.ID},
		"created_at": {SQL: "x.created_at", Type: list.Time},
		"updated_at": {SQL: "x.updated_at", Type: list.Time},
	},
	Sorts: map[string]list.Sort{
		"created_at": {SQL: "x.created_at", Type: list.Time},
		"updated_at": {SQL: "x.updated_at", Type: list.Time},
	},
	Default: "-updated_at",
}

func kinds() []string {
	var out []string
	for _, k := range kind.All() {
		out = append(out, k.Name)
	}
	return out
}

const (
	maxTitle = 300
	maxBody  = 200_000 // bytes
	maxBrief = 4000
	maxFacts = 100
)

// check collects what a draft cannot be, whatever it claims.
func (d *Draft) check() error {
	var f problem.Fields
	k, known := kind.Find(d.Kind)
	f.Check(known, "/kind", "not_allowed", "There is no such kind of content.", kinds()...)
	f.Check(d.Title != "" && len([]rune(d.Title)) <= maxTitle, "/title", "length", "Give it a title of up to 300 characters.")
	f.Check(len(d.Body) <= maxBody, "/body", "length", "This is longer than content may be.")
	f.Check(len([]rune(d.Brief)) <= maxBrief, "/brief", "length", "Instructions have up to 4,000 characters.")
	f.Check(len(d.Facts) <= maxFacts, "/facts", "length", "Up to 100 facts go with a draft.")
	seen := map[string]bool{}
	for _, x := range d.Facts {
		f.Check(x.ID != "" && !seen[x.ID], "/facts", "not_allowed", "Each fact has a name of its own.")
		seen[x.ID] = true
	}
	if err := f.Err(); err != nil {
		return err
	}
	for _, v := range k.Schema().Check(d.Body) {
		f.Check(false, "/body"+v.Pointer, "not_allowed", "This is not what this kind is made of: "+v.Rule+".")
	}
	return f.Err()
}

// stored is a draft with what only the store knows.
type stored struct {
	Draft
	AuthorID  *string
	DeletedAt *time.Time
}

func load(tx *pg.Tx, draftID string) (stored, error) {
	d, err := pg.One[stored](tx, `SELECT `+columns+`, x.author_id, x.deleted_at `+from+` AND x.id = $2 FOR UPDATE OF x`, tx.Workspace(), draftID)
	if err == pg.ErrNone {
		err = problem.Missing("content")
	}
	return d, err
}

// fields are what events name and undo sets back.
func (d *Draft) fields() map[string]any {
	var body any
	_ = json.Unmarshal(d.Body, &body) // it was JSON when it was stored
	facts := []any{}
	for _, f := range d.Facts {
		facts = append(facts, map[string]any{"id": f.ID, "text": f.Text})
	}
	return map[string]any{"title": d.Title, "body": body, "facts": facts, "brief": d.Brief, "status": d.Status}
}
