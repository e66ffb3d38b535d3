package understanding

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"rapport/internal/agents"
	"rapport/internal/agents/email"
	"rapport/internal/crm/identity"
	"rapport/internal/platform/pg"
)

// mail is a message as understanding needs it.
type mail struct {
	ID             string
	ThreadID       string
	ContactID      *string
	Direction      string
	Category       string
	CategoryReason string
	Subject        string
	Body           string
	FromName       string
	FromAddress    string
	To             []string
	Recipients     []string // contacts that a message of ours went to
	SentAt         time.Time
	zone           string
	now            time.Time
}

// readAtMost is how much of a message is read, in code points; offsets into
// the rest never occur.
const readAtMost = 100_000

// load reads messages in order of id; those that are not there are left out.
func (s *Service) load(ctx context.Context, ids []string) ([]mail, error) {
	var out []mail
	err := s.db.Read(ctx, func(tx *pg.Tx) error {
		pg.Later(tx, &out, `
			SELECT m.id::text, m.thread_id::text, m.contact_id::text, m.direction, m.category, m.category_reason, m.subject, m.from_name, m.from_address, m.sent_at,
				CASE WHEN m.category = 'personal' AND m.direction = 'inbound' THEN left(m.body, $3) ELSE '' END AS body,
				ARRAY(SELECT a.address FROM message_addresses a
					WHERE a.workspace_id = $1 AND a.message_id = m.id AND a.kind = 'to' ORDER BY a.position LIMIT 20) AS to,
				ARRAY(SELECT DISTINCT a.contact_id::text FROM message_addresses a
					WHERE a.workspace_id = $1 AND a.message_id = m.id AND m.direction = 'outbound' AND a.kind IN ('to', 'cc') AND a.contact_id IS NOT NULL LIMIT 50) AS recipients
			FROM messages m
			WHERE m.workspace_id = $1 AND m.id = ANY ($2::uuid[])
			ORDER BY m.id`, tx.Workspace(), ids, readAtMost)
		settings, err := identity.Settings(tx)
		for i := range out {
			out[i].zone, out[i].now = settings.TimeZone, s.now()
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("load messages: %w", err)
	}
	return out, nil
}

// impersonal is why nobody needs to read the message closely; "" if a person
// wrote it to the workspace.
func (m *mail) impersonal() string {
	switch {
	case m.Category != "personal":
		return strings.TrimSuffix(m.Category+": "+m.CategoryReason, ": ")
	case m.Direction != "inbound":
		return "own: written by the workspace"
	}
	return ""
}

// shallow is why a personal message gets no intelligence.
func (m *mail) shallow() string {
	switch {
	case m.ContactID == nil:
		return "no contact: the sender is not a contact of the workspace"
	case strings.TrimSpace(m.Body) == "":
		return "empty: the message has no text"
	}
	return ""
}

// touched are the contacts whose score the message may change.
func (m *mail) touched() []string {
	if m.impersonal() == "" && m.ContactID != nil {
		return []string{*m.ContactID}
	}
	return m.Recipients
}

// recent is how old a mail may be that is still waiting for its answer.
const recent = 30 * 24 * time.Hour

// mayBeDue reports whether the message is new enough to be owed an answer. A
// day of grace is for clocks and zones that are wrong.
func (m *mail) mayBeDue() bool {
	age := m.now.Sub(m.SentAt)
	return age <= recent && age >= -24*time.Hour
}

// sent is when the message was sent, as far as JSON can say it.
func (m *mail) sent() time.Time {
	t := m.SentAt.UTC()
	if y := t.Year(); y < 0 || y > 9999 {
		return time.Time{}
	}
	return t
}

// work is the message for an agent. The hour of reading is not what makes it
// another input.
func (m *mail) work(skip string) agents.Work {
	w := agents.Work{Entity: "message", SubjectID: m.ID, Skip: skip, At: m.sent()}
	in := email.TriageInput{
		Subject: m.Subject, Text: m.Body, From: sender(m.FromName, m.FromAddress), To: m.To, SentAt: m.sent(),
		TimeZone: m.zone, Category: m.Category, CategoryReason: m.CategoryReason,
	}
	w.Key = encode(in)
	in.Now = m.now.UTC()
	w.Input = encode(in)
	return w
}

func encode(in email.TriageInput) json.RawMessage {
	b, err := json.Marshal(in)
	if err != nil {
		panic(err) // text and times that sent has bounded
	}
	return b
}

func sender(name, address string) string {
	if name == "" {
		return address
	}
	return name + " <" + address + ">"
}

// byID finds messages by their id.
func byID(mails []mail) map[string]*mail {
	out := make(map[string]*mail, len(mails))
	for i := range mails {
		out[mails[i].ID] = &mails[i]
	}
	return out
}
