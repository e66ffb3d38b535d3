package subject

import (
	"rapport/internal/crm/sender"
	"rapport/internal/platform/id"
	"rapport/internal/platform/mail"
	"rapport/internal/platform/pg"
)

// People are how those do whom an action is about.
type People struct {
	scores   []int
	warnings []int64
}

// people are the contacts that an action is about: whatever its arguments name,
// not what it says of itself. The workspace is $1; $2 are ids of records of any
// kind, $3 the keys of addresses.
const people = `
	SELECT id FROM contacts WHERE workspace_id = $1 AND id = ANY ($2::uuid[])
	UNION SELECT contact_id FROM threads WHERE workspace_id = $1 AND id = ANY ($2::uuid[])
	UNION SELECT contact_id FROM messages WHERE workspace_id = $1 AND id = ANY ($2::uuid[])
	UNION SELECT contact_id FROM content_drafts WHERE workspace_id = $1 AND id = ANY ($2::uuid[])
	UNION SELECT contact_id FROM activity_contacts WHERE workspace_id = $1 AND activity_id = ANY ($2::uuid[])
	UNION SELECT entity_id FROM notes WHERE workspace_id = $1 AND id = ANY ($2::uuid[]) AND entity = 'contact'
	UNION SELECT entity_id FROM tasks WHERE workspace_id = $1 AND id = ANY ($2::uuid[]) AND entity = 'contact'
	UNION SELECT t.contact_id FROM tasks k JOIN threads t ON t.workspace_id = k.workspace_id AND t.id = k.thread_id WHERE k.workspace_id = $1 AND k.id = ANY ($2::uuid[])
	UNION SELECT m.contact_id FROM drafts d JOIN messages m ON m.workspace_id = d.workspace_id AND m.id = d.message_id WHERE d.workspace_id = $1 AND d.id = ANY ($2::uuid[])
	UNION SELECT contact_id FROM contact_emails WHERE workspace_id = $1 AND email_key = ANY ($3::text[]) AND active`

// most bounds how many records of one action are looked at.
const most = 500

// Later reads, with the next query of tx, how the contacts do that records are
// about, of any kind, and those to whom the addresses belong.
func (p *People) Later(tx *pg.Tx, records, addresses []string) {
	ids := []string{}
	for _, s := range records {
		if id.Valid(s) && len(ids) < most {
			ids = append(ids, s)
		}
	}
	pg.LaterColumn(tx, &p.scores, `
		SELECT coalesce(max(c.score), -1)::bigint FROM contacts c
		WHERE c.workspace_id = $1 AND c.id IN (`+people+`)`, tx.Workspace(), ids, addresses)
	pg.LaterColumn(tx, &p.warnings, `
		SELECT count(*) FROM threads w
		WHERE w.workspace_id = $1 AND w.contact_id IN (`+people+`)
			AND w.status <> 'done' AND (w.urgency = 'critical' OR w.sentiment = 'negative')`, tx.Workspace(), ids, addresses)
}

// Score is the highest lead score among them, -1 if there is none.
func (p *People) Score() int {
	if len(p.scores) == 0 {
		return -1
	}
	return p.scores[0]
}

// Warnings count what is badly wrong with them just now.
func (p *People) Warnings() int {
	if len(p.warnings) == 0 {
		return 0
	}
	return int(p.warnings[0])
}

// Own are the workspace's own addresses.
type Own struct{ addresses []string }

// Later reads them with the next query of tx.
func (o *Own) Later(tx *pg.Tx) { sender.OwnLater(tx, &o.addresses) }

// Keys are those of the addresses, and the domains that are nobody else's.
func (o *Own) Keys() (keys, domains []string) {
	for _, a := range o.addresses {
		keys = append(keys, mail.AddressKey(a))
		if d := mail.Domain(a); !mail.FreeMail(d) {
			domains = append(domains, d)
		}
	}
	return keys, domains
}
