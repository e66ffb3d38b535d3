package content

import (
	"context"
	"encoding/json"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/crm/content/claim"
	"rapport/internal/crm/content/kind"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/list"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

type example = map[string]any

// sample is a letter that examples show.
var sample = example{"subject_lines": []string{"A short call, Ana?", "Your next step", "Where we stopped"}, "tone": "friendly", "cta": "Shall we talk for 15 minutes this week?",
	"body":               "Hello Ana,\n\nthank you for your time. I would like to hear what matters most to you now.",
	"key_talking_points": []string{"What matters most now"}, "social_proof": []any{}}

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	const path, one, write = "/v1/workspaces/{workspace}/content", "/v1/workspaces/{workspace}/content/{id}", "content:write"
	const voice = "/v1/workspaces/{workspace}/brand-voice"
	e := map[string]string{"id": "content"}
	match := example{"If-Match": `"1"`}
	return []op.Operation{
		op.New(op.Meta{Name: "content.list", Method: "GET", Cached: op.Cached{On: "content[] contact.name company.name"}, Path: path, Scope: "content:read", Summary: "List content, the latest first",
			Example: example{"kind": "followup", "status": "draft"}}, s.list),
		op.New(op.Meta{Name: "content.kinds", Method: "GET", Cached: op.Cached{Never: "The process knows it."}, Path: path + "/kinds", Scope: "content:read",
			Summary: "List the kinds of content, each with the JSON schema of its body"}, s.kinds),
		op.New(op.Meta{Name: "content.metrics", Method: "GET", Cached: op.Cached{Never: "Seldom read."}, Path: path + "/metrics", Scope: "content:read",
			Summary: "Count content by kind and tone: how much was sent, and answered", Doc: "From what happened alone: a letter counts as answered when its contact wrote in its conversation afterwards."}, s.metrics),
		op.New(op.Meta{Name: "content.create", Method: "POST", Path: path, Scope: write, Status: 201, Summary: "Write content by hand, as a draft",
			Doc:     "What the checks find is stored with it and answered as findings.",
			Example: example{"body": example{"kind": "followup", "title": "Follow-up – Ana Duarte", "body": sample, "contact_id": "{contact}"}}}, s.create),
		op.New(op.Meta{Name: "content.get", Method: "GET", Cached: op.Cached{On: "content=id contact.name company.name brand_voice"}, Path: one, Scope: "content:read", Entities: e, Summary: "Read content with what the checks found"}, s.get),
		op.New(op.Meta{Name: "content.update", Method: "PATCH", Path: one, Scope: write, Entities: e, Summary: "Change content; it is a draft again then",
			Example: example{"If-Match": `"1"`, "body": example{"title": "Follow-up after the call"}}}, s.update),
		op.New(op.Meta{Name: "content.delete", Method: "DELETE", Path: one, Scope: "content:delete", Status: 204, Entities: e, Summary: "Delete content; it can be restored"}, s.remove),
		op.New(op.Meta{Name: "content.restore", Method: "POST", Path: one + "/restore", Scope: "content:delete", Entities: e, Summary: "Restore deleted content"}, s.restore),
		op.New(op.Meta{Name: "content.versions", Method: "GET", Cached: op.Cached{On: "content=id"}, Path: one + "/versions", Scope: "content:read", Entities: e, Summary: "List all versions of content, the latest first"}, s.versions),
		op.New(op.Meta{Name: "content.revert", Method: "POST", Path: one + "/revert", Scope: write, Entities: e, Summary: "Bring back the text of an earlier version, as a new one",
			Example: example{"If-Match": `"1"`, "body": example{"version": 1}}}, s.revert),
		op.New(op.Meta{Name: "content.submit", Method: "POST", Path: one + "/submit", Scope: write, Entities: e, Summary: "Give content to review",
			Doc: "Refused while the checks find an error.", Example: match}, s.submit),
		op.New(op.Meta{Name: "content.approve", Method: "POST", Path: one + "/approve", Scope: "content_approval:write", Entities: e, Summary: "Approve content that is in review", Example: match}, s.approve),
		op.New(op.Meta{Name: "content.reject", Method: "POST", Path: one + "/reject", Scope: "content_approval:write", Entities: e, Summary: "Give content back, with the reason: it is a draft again",
			Example: example{"If-Match": `"1"`, "body": example{"reason": "The price is out of date."}}}, s.reject),
		op.New(op.Meta{Name: "content.send", Method: "POST", Path: one + "/send", Scope: "outbox:write", Entities: e, Cost: 5, Summary: "Send a letter that is in review or approved to its contact",
			Doc:     "It goes on with its conversation where the contact wrote one, and can be taken back for as long as undo_seconds say. It is checked once more before.",
			Example: example{"If-Match": `"1"`, "body": example{"subject": 0, "undo_seconds": 60}}}, s.send),
		op.New(op.Meta{Name: "brand_voice.get", Method: "GET", Cached: op.Cached{On: "brand_voice", Shared: true}, Path: voice, Scope: "brand_voice:read", Summary: "Read how the workspace wants to sound, and what it may claim"}, s.voice),
		op.New(op.Meta{Name: "brand_voice.update", Method: "PUT", Path: voice, Scope: "brand_voice:write", Summary: "Say how the workspace wants to sound, and what it may claim",
			Example: example{"If-Match": `"0"`, "body": example{"tone_words": []string{"calm", "precise"}, "dos": []string{"Name the next step"}, "donts": []string{"synergy"},
				"facts": []example{{"id": "setup", "text": "Setting up takes two days."}}, "signature": "Kind regards", "domains": []string{"lumen.example"}}}}, s.setVoice),
	}
}

// Query asks for a page of content.
type Query struct {
	op.InWorkspace
	list.Query
	Kind      string `query:"kind" maxLength:"40" doc:"Only content of this kind."`
	Status    string `query:"status" enum:"draft,in_review,approved,sent,archived" doc:"Only content that is this far; else all but what was put away."`
	ContactID string `query:"contact_id" maxLength:"36" doc:"Only content for this contact."`
	RunID     string `query:"run_id" maxLength:"36" doc:"Only what this run has written."`
	Deleted   bool   `query:"deleted" doc:"What was deleted, instead of the rest."`
}

func (s *Service) list(ctx context.Context, q *Query) (*op.Raw[op.List[Summary]], error) {
	var body []byte
	err := s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		w := list.NewWhere(tx.Workspace())
		if q.Deleted {
			w.Add("x.deleted_at IS NOT NULL")
		} else {
			w.AddOver(nil, "x.deleted_at IS NULL")
		}
		if q.Kind != "" {
			w.Add("x.kind = ?", q.Kind)
		}
		if q.Status != "" {
			w.Add("x.status = ?", q.Status)
		} else {
			w.Add("x.status <> 'archived'")
		}
		for _, c := range []struct{ column, is string }{{"x.contact_id", q.ContactID}, {"x.run_id", q.RunID}} {
			switch {
			case c.is == "":
			case id.Valid(c.is):
				w.Add(c.column+" = ?::uuid", c.is)
			default:
				w.Add("false")
			}
		}
		body, err = Listing.Page(tx, q.Query, w)
		return err
	})
	return op.NewRaw[op.List[Summary]](body), err
}

// Kind is a kind of content with the schema of its body.
type Kind struct {
	kind.Kind
	Schema json.RawMessage `json:"schema"`
}

func (s *Service) kinds(_ context.Context, _ *op.InWorkspace) (*op.Body[op.List[Kind]], error) {
	var out []Kind
	for _, k := range kind.All() {
		out = append(out, Kind{k, k.Schema().Text})
	}
	return op.Listed(out), nil
}

// Version is content as it was.
type Version struct {
	Version  int64           `json:"version"`
	Title    string          `json:"title"`
	Body     json.RawMessage `json:"body"`
	Plain    string          `json:"plain"`
	Findings []claim.Finding `json:"findings"`
	Engine   string          `json:"engine"`
	Degraded bool            `json:"degraded"`
	RunID    *string         `json:"run_id"`
	Author   actor.Actor     `json:"author"`
	Reason   string          `json:"reason"`
	At       time.Time       `json:"at"`
}

const versionColumns = `v.version, v.title, v.body, v.plain, v.findings, v.engine, v.degraded, v.run_id, v.author, v.reason, v.at`

const maxVersions = 100

func (s *Service) versions(ctx context.Context, in *op.ByID) (*op.Body[op.List[Version]], error) {
	var out []Version
	var there []string
	err := s.db.Read(ctx, func(tx *pg.Tx) error {
		pg.LaterColumn(tx, &there, `SELECT id::text FROM content_drafts WHERE workspace_id = $1 AND id = $2::uuid`, tx.Workspace(), in.ID)
		pg.Later(tx, &out, `SELECT `+versionColumns+` FROM content_versions v WHERE v.workspace_id = $1 AND v.draft_id = $2::uuid ORDER BY v.version DESC LIMIT $3`, tx.Workspace(), in.ID, maxVersions)
		return tx.Flush()
	})
	if err == nil && len(there) == 0 {
		err = problem.Missing("content")
	}
	if err != nil {
		return nil, err
	}
	return op.Listed(out), nil
}

// Metric is what became of content of one kind and tone.
type Metric struct {
	Kind      string   `json:"kind"`
	Tone      string   `json:"tone"`
	Count     int      `json:"count"`
	Sent      int      `json:"sent"`
	Answered  int      `json:"answered" doc:"Of those sent: the contact wrote in the conversation afterwards."`
	MeanScore *float64 `json:"mean_score" doc:"How personal letters are, on average; null where nobody is addressed."`
}

func (s *Service) metrics(ctx context.Context, _ *op.InWorkspace) (*op.Body[op.List[Metric]], error) {
	var out []Metric
	err := s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		out, err = pg.All[Metric](tx, `
			SELECT d.kind, d.tone, count(*)::integer AS count, count(*) FILTER (WHERE d.status = 'sent')::integer AS sent,
				count(*) FILTER (WHERE d.status = 'sent' AND EXISTS (
					SELECT 1 FROM outgoing o
					JOIN messages own ON own.workspace_id = o.workspace_id AND own.id = o.message_id
					JOIN messages m ON m.workspace_id = own.workspace_id AND m.thread_id = own.thread_id AND m.direction = 'inbound' AND m.sent_at > own.sent_at
					WHERE o.workspace_id = d.workspace_id AND o.id = d.outgoing_id AND m.contact_id = d.contact_id))::integer AS answered,
				avg(d.score)::double precision AS mean_score
			FROM content_drafts d
			WHERE d.workspace_id = $1 AND d.deleted_at IS NULL
			GROUP BY d.kind, d.tone ORDER BY d.kind, d.tone`, tx.Workspace())
		return err
	})
	return op.Listed(out), err
}
