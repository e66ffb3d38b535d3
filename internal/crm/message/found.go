package message

import (
	"strings"
	"time"

	"rapport/internal/crm/search"
	"rapport/internal/platform/mail"
	"rapport/internal/platform/pg"
)

// letters are what the new messages will be found by.
func (b *batch) letters() []search.Letter {
	out := make([]search.Letter, len(b.drafts))
	for i, d := range b.drafts {
		l := search.Letter{MessageID: d.id, ThreadID: d.thread, At: d.at, Subject: d.Mail.Subject, Attached: d.hasAttachments()}
		for _, p := range d.parties {
			meet(&l, p.kind, search.Party{Name: p.Name, Address: p.Address.Address, Key: p.key})
		}
		for _, a := range d.Mail.Attachments {
			l.Files = append(l.Files, a.Filename)
		}
		l.Said, l.Repeated = divide(d.Mail.Text)
		out[i] = l
	}
	return out
}

func meet(l *search.Letter, kind string, p search.Party) {
	switch kind {
	case "from":
		l.From = append(l.From, p)
	case "to", "cc", "bcc":
		l.To = append(l.To, p)
	}
}

// divide tells what was written for a message, or passed on with it, from what
// was repeated from another.
func divide(text string) (said, repeated string) {
	var own, other strings.Builder
	for _, block := range mail.Segment(text) {
		to := &other
		if block.Kind == mail.Own || block.Kind == mail.Forwarded {
			to = &own
		}
		to.WriteString(text[block.ByteStart:block.ByteEnd] + "\n")
	}
	if strings.TrimSpace(own.String()) == "" {
		return text, ""
	}
	return own.String(), other.String()
}

// storedLetter is a message as its words are read anew.
type storedLetter struct {
	ID, ThreadID, Subject, Body string
	At                          time.Time
	Kinds, Names                []string
	Addresses, Keys             []string
	Files                       []string
	Attached                    bool
}

// Reindex writes the words of up to most messages anew, those behind an id,
// and returns the last id and how many there were.
func (s *Service) Reindex(tx *pg.Tx, after string, most int) (string, int, error) {
	rows, err := pg.All[storedLetter](tx, `
		SELECT m.id::text, m.thread_id::text, m.subject, m.body, least(m.sent_at, m.created_at) AS at,
			p.kinds, p.names, p.addresses, p.keys, f.files, f.attached
		FROM messages m
		CROSS JOIN LATERAL (
			SELECT coalesce(array_agg(a.kind ORDER BY a.position), '{}') AS kinds, coalesce(array_agg(a.name ORDER BY a.position), '{}') AS names,
				coalesce(array_agg(a.address ORDER BY a.position), '{}') AS addresses, coalesce(array_agg(a.address_key ORDER BY a.position), '{}') AS keys
			FROM message_addresses a WHERE a.workspace_id = $1 AND a.message_id = m.id AND a.position < 100
		) p
		CROSS JOIN LATERAL (
			SELECT coalesce(array_agg(a.filename ORDER BY a.position), '{}') AS files, coalesce(bool_or(NOT a.inline), false) AS attached
			FROM attachments a WHERE a.workspace_id = $1 AND a.message_id = m.id
		) f
		WHERE m.workspace_id = $1 AND m.id > $2::uuid
		ORDER BY m.id
		LIMIT $3
		FOR SHARE OF m`, tx.Workspace(), after, most)
	if err != nil || len(rows) == 0 {
		return after, 0, err
	}
	letters := make([]search.Letter, len(rows))
	for i, r := range rows {
		letters[i] = r.letter()
	}
	search.PutMail(tx, letters...)
	return rows[len(rows)-1].ID, len(rows), nil
}

func (r storedLetter) letter() search.Letter {
	l := search.Letter{MessageID: r.ID, ThreadID: r.ThreadID, At: r.At, Subject: r.Subject, Files: r.Files, Attached: r.Attached}
	for i, kind := range r.Kinds {
		meet(&l, kind, search.Party{Name: r.Names[i], Address: r.Addresses[i], Key: r.Keys[i]})
	}
	l.Said, l.Repeated = divide(r.Body)
	return l
}
