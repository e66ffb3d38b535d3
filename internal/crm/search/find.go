package search

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/crm/search/query"
	"rapport/internal/platform/id"
	"rapport/internal/platform/list"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Hit is something that was found.
type Hit struct {
	Entity      string    `json:"entity" enum:"contact,company,thread,task,note"`
	ID          string    `json:"id"`
	Title       string    `json:"title"`
	Subtitle    string    `json:"subtitle"`
	Snippet     string    `json:"snippet" db:"-" doc:"A part of the text; U+0002 and U+0003 stand around what matched."`
	At          time.Time `json:"at" doc:"When it was of interest: the message sent, the last interaction."`
	Rank        float64   `json:"rank" doc:"Higher is better, and newer; comparable within one answer."`
	ThreadID    *string   `json:"thread_id" db:"-"`
	MessageID   *string   `json:"message_id" doc:"The message of a thread that matched."`
	AboutEntity *string   `json:"about_entity" doc:"The record that a note or task belongs to."`
	AboutID     *string   `json:"about_id"`
	Words       string    `json:"-"`
}

// Found is an answer to a search.
type Found struct {
	op.List[Hit]
	Understood query.Query `json:"understood" doc:"What the search was taken for."`
	Notes      []string    `json:"notes" doc:"What was not understood, for the person who typed it."`
}

// Everything lists the kinds of record that can be found, in no order.
func everything() []string { return []string{"contact", "company", "thread", "task", "note"} }

// page is which hits are wanted.
type page struct {
	kinds []string
	most  int
	below *float64
	past  *string
}

// find runs a query: one round trip.
func find(tx *pg.Tx, q query.Query, p page) ([]Hit, error) {
	hits, err := pg.All[Hit](tx, `
		SELECT f.entity, f.id::text, f.message_id::text, f.at, f.rank, f.about_entity, f.about_id::text,
			coalesce(f.title, (SELECT t.subject FROM threads t WHERE t.workspace_id = $1 AND t.id = f.id), '') AS title,
			coalesce(f.subtitle, (
				SELECT CASE WHEN m.from_name = '' THEN m.from_address ELSE m.from_name END
				FROM messages m WHERE m.workspace_id = $1 AND m.id = f.message_id), '') AS subtitle,
			coalesce(f.words, (SELECT left(m.body, 20000) FROM messages m WHERE m.workspace_id = $1 AND m.id = f.message_id), '') AS words
		FROM search.look($2::jsonb, $3, $4, $5, $6::uuid) f
		ORDER BY f.rank DESC, f.id DESC`, tx.Workspace(), newAsk(q).json(), p.kinds, p.most, p.below, p.past)
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	m := newMarker(q)
	for i := range hits {
		h := &hits[i]
		line, marked := m.snippet(h.Words)
		if h.Entity == "thread" {
			h.ThreadID = &h.ID
		}
		if marked || h.Entity != "contact" && h.Entity != "company" {
			h.Snippet = line
		}
	}
	return hits, nil
}

// maxListed bounds how many records of a list words can select: the best.
const maxListed = 5000

// Filter adds to a list of records of one kind that they match what somebody
// typed, operators included.
func Filter(w *list.Where, idColumn, entity, typed string) {
	q := query.Parse(typed)
	if q.Empty() || len(kinds(q, []string{entity})) == 0 {
		w.Add("false")
		return
	}
	w.Add(idColumn+fmt.Sprintf(" IN (SELECT f.id FROM search.look(?::jsonb, ARRAY['%s'], %d) f)", entity, maxListed), newAsk(q).json())
}

// Service offers search as an operation.
type Service struct{ db *pg.DB }

// New returns the service over db.
func New(db *pg.DB) *Service { return &Service{db: db} }

// Query is what to search for.
type Query struct {
	op.InWorkspace
	Q      string   `query:"q" required:"true" minLength:"1" maxLength:"1000" example:"ana" doc:"Words, of which the last may be unfinished; \"a phrase\"; -word; and from: to: company: subject: is: has: in: after: before: with a value."`
	Kinds  []string `query:"kinds" doc:"Only these kinds of record." enum:"contact,company,thread,task,note"`
	Limit  int      `query:"limit" minimum:"1" maximum:"50" default:"20"`
	Cursor string   `query:"cursor" maxLength:"500" doc:"next_cursor of the page before."`
}

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	return []op.Operation{
		op.New(op.Meta{Name: "search.find", Method: "GET", Cached: op.Cached{Never: "Words are indexed by jobs that the log does not tell of."}, Path: "/v1/workspaces/{workspace}/search", Scope: "contact:read",
			Summary: "Find contacts, companies, mail, tasks and notes by words",
			Doc:     "All words must occur. Names may be misspelt. What was not understood is said in notes, never refused.",
			Example: map[string]any{"q": "ana"}}, s.Search),
	}
}

// Search finds what matches, of the kinds that the actor may read.
func (s *Service) Search(ctx context.Context, in *Query) (*op.Body[Found], error) {
	q := query.Parse(in.Q)
	wanted := in.Kinds
	if len(wanted) == 0 {
		wanted = everything()
	}
	p := page{most: in.Limit + 1, kinds: slices.DeleteFunc(kinds(q, wanted), func(kind string) bool { return op.Allowed(ctx, kind+":read") != nil })}
	at := place{Of: fingerprint(in.Q, p.kinds)}
	if err := at.read(in.Cursor, &p); err != nil {
		return nil, err
	}
	out := Found{List: op.List[Hit]{Data: []Hit{}}, Understood: q, Notes: notes(q)}
	if q.Empty() || len(p.kinds) == 0 {
		return &op.Body[Found]{Body: out}, nil
	}
	err := s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		out.Data, err = find(tx, q, p)
		return err
	})
	if err != nil {
		return nil, err
	}
	if out.HasMore = len(out.Data) > in.Limit; out.HasMore {
		out.Data = out.Data[:in.Limit]
		last := out.Data[in.Limit-1]
		out.NextCursor = new(at.after(last))
	}
	return &op.Body[Found]{Body: out}, nil
}

// notes are what to tell the person, never nil.
func notes(q query.Query) []string {
	if q.Empty() {
		return append(slices.Clone(q.Notes), "Say what to look for: a word, a phrase or an operator with its value.")
	}
	return append([]string{}, q.Notes...)
}

// place is where a page ended, in the list that Of stands for.
type place struct {
	Of   string  `json:"of"`
	Rank float64 `json:"r"`
	ID   string  `json:"i"`
}

func fingerprint(q string, kinds []string) string {
	sum := sha256.Sum256(fmt.Append(nil, q, kinds))
	return hex.EncodeToString(sum[:6])
}

func (at place) after(h Hit) string {
	at.Rank, at.ID = h.Rank, h.ID
	b, _ := json.Marshal(at) // a number and texts
	return base64.RawURLEncoding.EncodeToString(b)
}

var errCursor = problem.New(problem.BadRequest, "bad_cursor", "The cursor is damaged, or belongs to another search. Begin again without one.")

func (at *place) read(cursor string, p *page) error {
	if cursor == "" {
		return nil
	}
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return errCursor
	}
	var got place
	if json.Unmarshal(b, &got) != nil || got.Of != at.Of || !id.Valid(got.ID) || math.IsNaN(got.Rank) {
		return errCursor
	}
	p.below, p.past = &got.Rank, &got.ID
	return nil
}
