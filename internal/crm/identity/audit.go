package identity

import (
	"context"
	"encoding/json"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Noted is something for the security log: what was done, to whom. With an
// organization it is that organization's; without one it is the person's own,
// and shown wherever they are a member.
type Noted struct {
	Organization, User string
	Action             string
	Subject, Detail    string
}

// Note adds an entry in the name of the actor of ctx. It travels with the next
// query or the commit of what it tells about.
func Note(ctx context.Context, tx *pg.Tx, n Noted) {
	who, known := actor.From(ctx)
	if !known {
		who = actor.Actor{Kind: actor.User, ID: n.User}
	}
	ip, _, _ := op.Client(ctx)
	entry, _ := json.Marshal(map[string]any{ // of texts: it cannot fail
		"id": id.New(), "organization_id": op.Given(n.Organization), "user_id": op.Given(n.User), "actor": who,
		"action": n.Action, "subject": n.Subject, "detail": n.Detail, "ip": ip,
	})
	tx.Queue(`SELECT identity.audit_add($1)`, entry)
}

// Entry is one line of the security log.
type Entry struct {
	ID      string      `json:"id"`
	At      time.Time   `json:"at"`
	Actor   actor.Actor `json:"actor"`
	Action  string      `json:"action" doc:"Such as member.removed or password.changed."`
	Subject string      `json:"subject" doc:"Whom or what it concerns; an address or a name."`
	Detail  string      `json:"detail"`
	IP      string      `json:"ip" doc:"From where; empty for what people do with their own account."`
}

type auditInput struct {
	InOrganization
	Cursor string `query:"cursor" doc:"Where the page begins; from the page before."`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

func (s *Service) audit(ctx context.Context, in *auditInput) (*op.Body[op.List[Entry]], error) {
	if in.Cursor != "" && !id.Valid(in.Cursor) {
		return nil, problem.New(problem.BadRequest, "bad_cursor", "The cursor is damaged. Begin again without one.")
	}
	found, err := global[Entry](ctx, s.db, `
		SELECT id::text, at, actor, action, subject, detail, ip FROM identity.audit_of($1::uuid, $2::uuid, $3)`,
		in.Organization, op.Given(in.Cursor), in.Limit+1)
	page := op.Listed(found)
	if len(found) > in.Limit {
		page.Body.Data = found[:in.Limit]
		page.Body.NextCursor, page.Body.HasMore = &found[in.Limit-1].ID, true
	}
	return page, err
}
