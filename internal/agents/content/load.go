package content

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"rapport/internal/agents/approval"
	"rapport/internal/agents/content/brief"
	"rapport/internal/agents/memory"
	"rapport/internal/crm/content"
	"rapport/internal/crm/content/claim"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Seen is what a run has looked at: the question, and of which draft at which
// version it is, if of one.
type Seen struct {
	Brief    brief.Brief         `json:"brief"`
	Version  int64               `json:"version,omitempty"`
	Evidence []approval.Evidence `json:"evidence,omitempty"`
}

// How much is looked at.
const (
	recentMails = 3
	saidBytes   = 20_000
)

// loader looks at everything that a wish needs, in one round trip after the
// draft that it may be about.
func (s *Service) loader(w brief.Wish, _ time.Time) func(context.Context) (Seen, error) {
	return func(ctx context.Context) (Seen, error) {
		var out Seen
		who, _ := actor.From(ctx)
		err := s.db.Read(ctx, func(tx *pg.Tx) (err error) {
			if w.ContentID != "" {
				if out.Version, out.Brief.Previous, err = again(tx, &w); err != nil {
					return err
				}
			}
			out.Brief.Wish, out.Brief.Author = w, who.OnBehalfOf
			return out.look(tx)
		})
		if err != nil {
			return out, err
		}
		return out, ready(out.Brief)
	}
}

// ready refuses a brief with which nothing can be written.
func ready(b brief.Brief) error {
	switch {
	case b.Of().Name == "":
		return problem.Missing("kind of content")
	case b.Of().Mail && b.ContactID == "":
		return errNoReader
	case (b.Kind == "improve" || b.Kind == "social_variations") && b.Text == "" && b.Previous == "":
		return errNoText
	}
	return nil
}

type earlier struct {
	Kind, Plain, Brief, Status string
	ContactID, ThreadID        *string
	Facts                      []claim.Fact
	Body                       json.RawMessage
	Version                    int64
}

// again makes a wish of one for the draft that it names.
func again(tx *pg.Tx, w *brief.Wish) (version int64, previous string, err error) {
	rows, err := pg.All[earlier](tx, `
		SELECT kind, plain, brief, status, contact_id::text, thread_id::text, facts, body, version FROM content_drafts
		WHERE workspace_id = $1 AND id = $2::uuid AND deleted_at IS NULL`, tx.Workspace(), w.ContentID)
	if err != nil {
		return 0, "", err
	}
	if len(rows) == 0 {
		return 0, "", problem.Missing("content")
	}
	d := rows[0]
	w.Kind, w.Instructions, w.Facts = d.Kind, d.Brief, d.Facts
	for into, from := range map[*string]*string{&w.ContactID: d.ContactID, &w.ThreadID: d.ThreadID} {
		if from != nil {
			*into = *from
		}
	}
	var set struct {
		Platform string
		PageType string `json:"page_type"`
		Improved string
		Budget   struct {
			Total    int
			Currency string
		}
		Variations []struct{ Text string }
	}
	_ = json.Unmarshal(d.Body, &set) // what its kind has not stays empty
	w.Platform, w.PageType, w.Budget, w.Currency = set.Platform, set.PageType, set.Budget.Total, set.Budget.Currency
	if w.Text == "" {
		w.Text = set.Improved
		if len(set.Variations) > 0 {
			w.Text = set.Variations[0].Text
		}
	}
	return d.Version, d.Plain, nil
}

// look reads what is known of the reader and of the voice.
func (s *Seen) look(tx *pg.Tx) error {
	w := s.Brief.Wish
	var readers []brief.Reader
	var mails []brief.Mail
	var words []struct{ ID, Body string }
	var voices []content.Voice
	var known []memory.Memory
	content.VoiceLater(tx, &voices)
	memory.RecallLater(tx, &known, memory.Subject{ContactID: w.ContactID, ThreadID: w.ThreadID})
	if w.ContactID != "" {
		pg.Later(tx, &readers, `
			SELECT c.name, coalesce(c.title, '') AS title, coalesce(o.name, '') AS company, coalesce(o.industry, '') AS industry, coalesce(c.email, '') AS email, c.status, c.score
			FROM contacts c LEFT JOIN companies o ON o.workspace_id = c.workspace_id AND o.id = c.company_id
			WHERE c.workspace_id = $1 AND c.id = $2::uuid AND c.deleted_at IS NULL`, tx.Workspace(), w.ContactID)
	}
	if w.ContactID != "" || w.ThreadID != "" {
		pg.Later(tx, &mails, `
			SELECT to_char(m.sent_at, 'YYYY-MM-DD') AS day, m.direction = 'outbound' AS ours, m.subject FROM messages m
			WHERE m.workspace_id = $1 AND ($3 <> '' AND m.thread_id = nullif($3, '')::uuid OR $3 = '' AND m.contact_id = nullif($2, '')::uuid)
			ORDER BY m.sent_at DESC, m.id DESC LIMIT $4`, tx.Workspace(), w.ContactID, w.ThreadID, recentMails)
		pg.Later(tx, &words, `
			SELECT m.id::text, left(m.body, $4) AS body FROM messages m
			WHERE m.workspace_id = $1 AND m.direction = 'inbound' AND ($3 <> '' AND m.thread_id = nullif($3, '')::uuid OR $3 = '' AND m.contact_id = nullif($2, '')::uuid)
			ORDER BY m.sent_at DESC, m.id DESC LIMIT 1`, tx.Workspace(), w.ContactID, w.ThreadID, saidBytes)
		pg.LaterColumn(tx, &s.Brief.Signals, `
			SELECT i.kind || ': ' || left(i.body, 200) FROM intelligence_items i
			JOIN messages m ON m.workspace_id = i.workspace_id AND m.id = i.message_id
			WHERE i.workspace_id = $1 AND m.contact_id = nullif($2, '')::uuid AND i.kind IN ('pain_point', 'goal', 'requirement', 'question')
			ORDER BY m.sent_at DESC, i.id LIMIT 5`, tx.Workspace(), w.ContactID)
	}
	if err := tx.Flush(); err != nil {
		return fmt.Errorf("look at what is known: %w", err)
	}
	if w.ContactID != "" && len(readers) == 0 {
		return problem.Missing("contact")
	}
	if len(readers) > 0 {
		s.Brief.Reader = readers[0]
	}
	if len(voices) > 0 {
		s.Brief.Voice = voices[0]
	}
	s.Brief.Recent = mails
	s.Brief.Remember(memory.Notes(known))
	for _, m := range words {
		s.Brief.Said = m.Body
		s.Evidence = append(s.Evidence, approval.Evidence{Entity: "message", ID: m.ID, Quote: clip(m.Body)})
	}
	return nil
}
