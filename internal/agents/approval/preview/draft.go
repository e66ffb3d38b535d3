package preview

import (
	"encoding/json"

	"rapport/internal/agents/approval"
	"rapport/internal/crm/draft"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// answered is the message that a draft answers.
type answered struct {
	Body, ThreadID, Mode string
	ContactID            *string
}

// begun is a draft as it would be kept. What it quotes of the message that it
// answers are none of our words.
func begun(tx *pg.Tx, args json.RawMessage) (approval.Preview, error) {
	p := approval.Plain(args)
	var in struct {
		ID        string            `json:"id"`
		Mode      string            `json:"mode"`
		MessageID string            `json:"message_id"`
		Subject   string            `json:"subject"`
		Text      string            `json:"text"`
		To        []draft.Recipient `json:"to"`
		Cc        []draft.Recipient `json:"cc"`
		Bcc       []draft.Recipient `json:"bcc"`
	}
	if err := json.Unmarshal(args, &in); err != nil {
		return p, problem.New(problem.Invalid, "bad_arguments", "These are not the arguments of a draft.").Because(err)
	}
	p.Draft = &approval.Mail{To: parties(in.To), Cc: parties(in.Cc), Bcc: parties(in.Bcc), Subject: in.Subject, Text: in.Text, Own: in.Text}
	found, err := pg.All[answered](tx, `
		SELECT m.body, m.thread_id::text, coalesce(d.mode, '') AS mode, m.contact_id::text FROM messages m
		LEFT JOIN drafts d ON d.workspace_id = $1 AND d.id = $2::uuid
		WHERE m.workspace_id = $1 AND m.id = coalesce($3::uuid, (SELECT o.message_id FROM drafts o WHERE o.workspace_id = $1 AND o.id = $2::uuid))`,
		tx.Workspace(), valid(in.ID), valid(in.MessageID))
	if err != nil || len(found) == 0 {
		return p, err
	}
	a := found[0]
	p.Draft.ThreadID, p.Draft.Correspondent = a.ThreadID, deref(a.ContactID)
	p.Draft.Own = unsaid(in.Text, a.Body, in.Mode == "forward" || in.Mode == "" && a.Mode == "forward")
	return p, nil
}

// valid is nil for what is no id.
func valid(s string) *string {
	if !id.Valid(s) {
		return nil
	}
	return &s
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
