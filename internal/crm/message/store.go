package message

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"rapport/internal/crm/contact"
	"rapport/internal/crm/identity"
	"rapport/internal/platform/mail"
	"rapport/internal/platform/pg"
)

// Store stores mail that is not there yet, in threads, and says of each what
// became of it. Senders of personal mail become contacts; lists, programs and
// we ourselves do not, but whoever is a contact already is recognised. It
// takes a fixed number of round trips. One at a time stores in a workspace, so
// that nothing is stored twice and no thread begins twice.
func (s *Service) Store(ctx context.Context, tx *pg.Tx, d Delivery) ([]Outcome, error) {
	b, err := s.read(tx, d)
	if err != nil {
		return nil, err
	}
	outcomes := b.outcomes()
	if len(b.drafts) == 0 {
		return outcomes, nil
	}
	b.catalogue(tx)
	if err := b.contacts(ctx, tx); err != nil {
		return nil, err
	}
	if err := b.thread(tx); err != nil {
		return nil, err
	}
	if err := b.write(tx); err != nil {
		return nil, err
	}
	return outcomes, s.queue.Add(ctx, tx, arrivals(tx.Workspace(), b.ids())...)
}

// batch is a delivery in work.
type batch struct {
	Delivery
	now    time.Time
	all    []*draft          // one a mail
	known  map[string]string // identity to the message that is there
	drafts []*draft          // the new ones, each identity once
	own    []string          // keys of our addresses
	people map[string]string // address key to contact
	weave  *weave
}

type (
	knownRow struct{ IdentityKey, ID string }
	refRow   struct{ RefID, ThreadID string }
	emailRow struct{ EmailKey, ContactID string }
)

// read asks in one round trip for all that is known about the mails.
func (s *Service) read(tx *pg.Tx, d Delivery) (*batch, error) {
	b := &batch{Delivery: d, now: s.now().UTC(), known: map[string]string{}, people: map[string]string{}}
	var identities []string
	refs, keys := map[string]bool{}, map[string]bool{}
	for _, in := range d.Mails {
		m := newDraft(in, b.now)
		b.all = append(b.all, m)
		identities = append(identities, m.identity)
		for _, ref := range m.refs {
			refs[ref] = true
		}
		for _, p := range m.parties {
			keys[p.key] = true
		}
	}
	var known []knownRow
	var threads []refRow
	var emails []emailRow
	tx.Queue(`SELECT pg_advisory_xact_lock(7203001, hashtext($1::text))`, tx.Workspace())
	pg.Later(tx, &known, `SELECT identity_key, id::text FROM messages WHERE workspace_id = $1 AND identity_key = ANY ($2)`, tx.Workspace(), identities)
	pg.Later(tx, &threads, `SELECT rfc822_id AS ref_id, thread_id::text FROM thread_refs WHERE workspace_id = $1 AND rfc822_id = ANY ($2)`, tx.Workspace(), slices.Collect(maps.Keys(refs)))
	pg.Later(tx, &emails, `SELECT email_key, contact_id::text FROM contact_emails WHERE workspace_id = $1 AND email_key = ANY ($2) AND active`, tx.Workspace(), slices.Collect(maps.Keys(keys)))
	var senders []string
	pg.LaterColumn(tx, &senders, `SELECT address_key FROM senders WHERE workspace_id = $1 AND deleted_at IS NULL`, tx.Workspace())
	workspace, err := identity.Settings(tx)
	if err != nil {
		return nil, fmt.Errorf("read what is known of the mail: %w", err)
	}
	for _, address := range slices.Concat(d.Own, senders, workspace.OwnAddresses) {
		b.own = append(b.own, mail.AddressKey(address))
	}
	b.take(known, threads, emails)
	return b, nil
}

func (b *batch) take(known []knownRow, threads []refRow, emails []emailRow) {
	for _, r := range known {
		b.known[r.IdentityKey] = r.ID
	}
	for _, r := range emails {
		b.people[r.EmailKey] = r.ContactID
	}
	b.weave = newWeave(b.own)
	for _, r := range threads {
		b.weave.byRef[r.RefID] = r.ThreadID
	}
	seen := map[string]bool{}
	for _, d := range b.all {
		if b.known[d.identity] == "" && !seen[d.identity] {
			seen[d.identity] = true
			d.sort(b.own)
			b.drafts = append(b.drafts, d)
		}
	}
}

func (b *batch) outcomes() []Outcome {
	first := maps.Clone(b.known)
	out := make([]Outcome, len(b.all))
	for i, d := range b.all {
		there, ok := first[d.identity]
		if ok {
			out[i] = Outcome{MessageID: there, Duplicate: true}
			continue
		}
		first[d.identity] = d.id
		out[i] = Outcome{MessageID: d.id}
	}
	return out
}

func (b *batch) ids() []string {
	out := make([]string, len(b.drafts))
	for i, d := range b.drafts {
		out[i] = d.id
	}
	return out
}

// contacts makes those who wrote personally known, and matches everybody.
func (b *batch) contacts(ctx context.Context, tx *pg.Tx) error {
	var people []contact.Person
	for _, d := range b.drafts {
		key := mail.AddressKey(d.Mail.From.Address)
		if d.category == mail.Personal && key != "" && b.people[key] == "" {
			people = append(people, contact.Person{Address: d.Mail.From.Address, Key: key, Name: d.Mail.From.Name, SeenAt: d.at, Source: b.Source})
		}
	}
	if len(people) > 0 {
		made, err := contact.Ensure(ctx, tx, people)
		if err != nil {
			return fmt.Errorf("make contacts of senders: %w", err)
		}
		maps.Copy(b.people, made)
	}
	for _, d := range b.drafts {
		d.match(b.people)
	}
	return nil
}

// thread finds the thread of each draft.
func (b *batch) thread(tx *pg.Tx) error {
	if err := b.topics(tx); err != nil {
		return err
	}
	for _, d := range b.drafts {
		b.weave.place(d)
	}
	b.weave.settle(b.drafts)
	return nil
}

type topicRow struct {
	SubjectKey, ThreadID string
	At                   time.Time
	Parties              []string
}

// topics asks for the threads that replies without known references may
// belong to.
func (b *batch) topics(tx *pg.Tx) error {
	var subjects []string
	var at []time.Time
	keys := map[string]bool{}
	for _, d := range b.drafts {
		if !d.reply || d.subjectKey == "" || b.weave.byRefs(d) != "" {
			continue
		}
		subjects, at = append(subjects, d.subjectKey), append(at, d.at)
		for _, p := range d.parties {
			keys[p.key] = true
		}
	}
	if len(subjects) == 0 {
		return nil
	}
	rows, err := pg.All[topicRow](tx, `
		SELECT w.subject_key, t.id::text AS thread_id, t.last_message_at AS at, ARRAY(
			SELECT DISTINCT a.address_key
			FROM messages m
			JOIN message_addresses a ON a.workspace_id = m.workspace_id AND a.message_id = m.id
			WHERE m.workspace_id = $1 AND m.thread_id = t.id AND a.address_key = ANY ($4)
		) AS parties
		FROM unnest($2::text[], $3::timestamptz[]) AS w (subject_key, at)
		CROSS JOIN LATERAL (
			SELECT id, last_message_at
			FROM threads
			WHERE workspace_id = $1 AND subject_key = w.subject_key
				AND last_message_at BETWEEN w.at - interval '30 days' AND w.at + interval '30 days'
			ORDER BY last_message_at DESC
			LIMIT 5
		) t`, tx.Workspace(), subjects, at, slices.Collect(maps.Keys(keys)))
	if err != nil {
		return fmt.Errorf("find threads by subject: %w", err)
	}
	for _, r := range rows {
		t := &topic{thread: r.ThreadID, at: r.At, parties: map[string]bool{}}
		for _, key := range r.Parties {
			t.parties[key] = true
		}
		b.weave.topics[r.SubjectKey] = append(b.weave.topics[r.SubjectKey], t)
	}
	return nil
}
