package content

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/crm/content/claim"
	"rapport/internal/crm/event"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Post hands a mail over to be sent, within the transaction of ctx, and returns
// its id in the outbox. Args are those of message.send.
type Post func(ctx context.Context, args json.RawMessage) (outgoingID string, err error)

// Service keeps content.
type Service struct {
	db   *pg.DB
	post Post
	now  func() time.Time
}

// New returns the service over db; what is sent goes to post.
func New(db *pg.DB, post Post, now func() time.Time) *Service {
	return &Service{db: db, post: post, now: now}
}

type createInput struct {
	op.InWorkspace
	Body struct {
		Kind      string          `json:"kind" maxLength:"40" doc:"As content.kinds lists them."`
		Title     string          `json:"title" minLength:"1" maxLength:"300"`
		Body      json.RawMessage `json:"body" doc:"As the schema of the kind says."`
		ContactID string          `json:"contact_id,omitempty" format:"uuid" doc:"Whom it is for."`
		ThreadID  string          `json:"thread_id,omitempty" format:"uuid" doc:"The conversation that it goes on with."`
		Brief     string          `json:"brief,omitempty" maxLength:"4000" doc:"What it shall say, in the words of whoever asks for it."`
		Facts     []claim.Fact    `json:"facts,omitempty" maxItems:"100" doc:"What it may claim, besides the facts of the brand voice."`
		Origin
	}
}

// Origin says what wrote a version. Agents alone say so; what people write is
// their own.
type Origin struct {
	Engine   string `json:"engine,omitempty" maxLength:"60" doc:"What wrote it; heard of agents alone."`
	Degraded bool   `json:"degraded,omitempty" doc:"Rules stood in for a model; heard of agents alone."`
	Reason   string `json:"reason,omitempty" maxLength:"500" doc:"Why there is this version, for the list of versions."`
}

// by is the origin as it is to be believed of an actor.
func (o Origin) by(who actor.Actor) Origin {
	if who.Kind != actor.Agent {
		o.Engine, o.Degraded = "", false
	}
	return o
}

func (s *Service) create(ctx context.Context, in *createInput) (*op.Record[Draft], error) {
	b, who := in.Body, actorOf(ctx)
	o := b.Origin.by(who)
	d := stored{AuthorID: op.Given(who.UserID)}
	d.Draft = Draft{Body: b.Body, Brief: strings.TrimSpace(b.Brief), Facts: b.Facts}
	d.Summary = Summary{ID: id.New(), Kind: b.Kind, Title: strings.TrimSpace(b.Title), ContactID: op.Given(b.ContactID), ThreadID: op.Given(b.ThreadID), Status: "draft",
		Engine: o.Engine, Degraded: o.Degraded, RunID: op.Given(who.RunID), AuthorName: nameOf(who), CreatedAt: s.now().UTC(), Version: 1}
	d.UpdatedAt = d.CreatedAt
	if d.Facts == nil {
		d.Facts = []claim.Fact{}
	}
	if err := d.check(); err != nil {
		return nil, err
	}
	err := s.db.Write(ctx, func(tx *pg.Tx) error {
		var around surroundings
		around.later(tx, d.ContactID, d.ThreadID)
		if err := tx.Flush(); err != nil {
			return err
		}
		if err := around.check(&d.Draft); err != nil {
			return err
		}
		if len(around.readers) > 0 {
			d.ContactName = &around.readers[0].Name
		}
		d.inspect(&around, d.AuthorName)
		if err := insert(tx, d); err != nil {
			return err
		}
		if err := keep(tx, d.Draft, who, o.Reason); err != nil {
			return err
		}
		return event.Record(ctx, tx, event.Happened{Entity: Entity, EntityID: d.ID, Kind: event.Created})
	})
	return op.NewRecord(d.Draft, d.Version), err
}

func actorOf(ctx context.Context) actor.Actor {
	who, _ := actor.From(ctx)
	return who
}

// nameOf is who is named as the author: the person behind an agent.
func nameOf(who actor.Actor) string {
	if who.OnBehalfOf != "" {
		return who.OnBehalfOf
	}
	return who.Name
}

func encode(v any) (string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("encode content: %w", err)
	}
	return string(b), nil
}

func insert(tx *pg.Tx, d stored) error {
	facts, err := encode(d.Facts)
	if err != nil {
		return err
	}
	findings, err := encode(d.Findings)
	if err != nil {
		return err
	}
	tx.Queue(`
		INSERT INTO content_drafts (workspace_id, id, kind, title, body, plain, contact_id, thread_id, status, tone, score, brief, facts, findings, engine, degraded, run_id,
			author_id, author_name, version, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5::jsonb, $6, $7, $8, $9, $10, $11, $12, $13::jsonb, $14::jsonb, $15, $16, $17, $18, $19, $20, $21, $21)`,
		tx.Workspace(), d.ID, d.Kind, d.Title, string(d.Body), d.Plain, d.ContactID, d.ThreadID, d.Status, d.Tone, d.Score, d.Brief, facts, findings, d.Engine, d.Degraded, d.RunID,
		d.AuthorID, d.AuthorName, d.Version, d.CreatedAt)
	return nil
}

// keep stores a version whole.
func keep(tx *pg.Tx, d Draft, who actor.Actor, reason string) error {
	author, err := encode(who)
	if err != nil {
		return err
	}
	findings, err := encode(d.Findings)
	if err != nil {
		return err
	}
	tx.Queue(`
		INSERT INTO content_versions (workspace_id, draft_id, version, title, body, plain, findings, engine, degraded, run_id, author, reason, at)
		VALUES ($1, $2, $3, $4, $5::jsonb, $6, $7::jsonb, $8, $9, $10, $11::jsonb, $12, $13)`,
		tx.Workspace(), d.ID, d.Version, d.Title, string(d.Body), d.Plain, findings, d.Engine, d.Degraded, op.Given(who.RunID), author, reason, d.UpdatedAt)
	return nil
}

func (s *Service) get(ctx context.Context, in *op.ByID) (*op.Record[Draft], error) {
	var rows []Draft
	err := s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		rows, err = pg.All[Draft](tx, `SELECT `+columns+` `+from+` AND x.id = $2`, tx.Workspace(), in.ID)
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, problem.Missing("content")
	}
	return op.NewRecord(rows[0], rows[0].Version), nil
}
