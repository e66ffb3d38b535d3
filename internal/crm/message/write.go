package message

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"rapport/internal/crm/contact"
	"rapport/internal/crm/search"
	"rapport/internal/platform/blob"
	"rapport/internal/platform/id"
	"rapport/internal/platform/mail"
	"rapport/internal/platform/pg"
)

// write queues everything that the drafts leave behind.
func (b *batch) write(tx *pg.Tx) error {
	b.threads(tx)
	b.merges(tx)
	b.refs(tx)
	if err := b.messages(tx); err != nil {
		return err
	}
	b.addresses(tx)
	b.attachments(tx)
	b.summarise(tx)
	b.endMerged(tx)
	search.PutMail(tx, b.letters()...)
	contact.Touch(tx, b.touched())
	return nil
}

// catalogue notes which files are in use. Those of duplicates alone are not;
// the sweep removes them.
func (b *batch) catalogue(tx *pg.Tx) {
	used := map[string]bool{}
	for _, d := range b.drafts {
		used[blob.File(d.Raw)] = true
		for _, a := range d.Mail.Attachments {
			used[blob.File(a.Ref)] = true
		}
	}
	var files []blob.Stored
	for _, f := range b.Files {
		if used[f.Name] {
			files = append(files, f)
		}
	}
	Keep(tx, files...)
}

// Keep queues that files are in use; they must be durable. Whoever refers to
// them must be known to Sweep.
func Keep(tx *pg.Tx, files ...blob.Stored) {
	var names []string
	var sizes []int64
	for _, f := range files {
		names, sizes = append(names, f.Name), append(sizes, f.Size)
	}
	if len(names) == 0 {
		return
	}
	tx.Queue(`
		INSERT INTO blobs (workspace_id, hash, size)
		SELECT $1, t.hash, t.size FROM unnest($2::text[], $3::bigint[]) AS t (hash, size)
		ON CONFLICT (workspace_id, hash) DO UPDATE SET created_at = now()`, tx.Workspace(), names, sizes)
}

// threads inserts the new threads; their summary follows.
func (b *batch) threads(tx *pg.Tx) {
	var ids, subjects, keys, directions, categories []string
	var at []time.Time
	begun := b.weave.begun()
	for _, thread := range slices.Sorted(maps.Keys(begun)) {
		d := begun[thread]
		ids, subjects, keys = append(ids, thread), append(subjects, d.Mail.Subject), append(keys, d.subjectKey)
		directions, categories, at = append(directions, d.direction()), append(categories, string(d.category)), append(at, d.at)
	}
	if len(ids) == 0 {
		return
	}
	tx.Queue(`
		INSERT INTO threads (workspace_id, id, subject, subject_key, last_direction, category, last_message_at)
		SELECT $1, t.* FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[]) AS t`,
		tx.Workspace(), ids, subjects, keys, directions, categories, at)
}

// merges moves the messages of threads that turned out to be one.
func (b *batch) merges(tx *pg.Tx) {
	lose, keep := b.weave.merged()
	if len(lose) == 0 {
		return
	}
	for _, table := range []string{"messages", "thread_refs"} {
		tx.Queue(`
			UPDATE `+table+` x SET thread_id = t.keep
			FROM unnest($2::uuid[], $3::uuid[]) AS t (lose, keep)
			WHERE x.workspace_id = $1 AND x.thread_id = t.lose`, tx.Workspace(), lose, keep)
	}
	search.MoveMail(tx, lose, keep)
	tx.Queue(`
		UPDATE threads k SET has_attachments = k.has_attachments OR l.has_attachments, assignee_id = coalesce(k.assignee_id, l.assignee_id)
		FROM unnest($2::uuid[], $3::uuid[]) AS t (lose, keep)
		JOIN threads l ON l.workspace_id = $1 AND l.id = t.lose
		WHERE k.workspace_id = $1 AND k.id = t.keep`, tx.Workspace(), lose, keep)
}

func (b *batch) endMerged(tx *pg.Tx) {
	lose, _ := b.weave.merged()
	if len(lose) == 0 {
		return
	}
	tx.Queue(`DELETE FROM threads WHERE workspace_id = $1 AND id = ANY ($2::uuid[])`, tx.Workspace(), lose)
}

func (b *batch) refs(tx *pg.Tx) {
	keys := slices.Sorted(maps.Keys(b.weave.learnt))
	threads := make([]string, len(keys))
	for i, key := range keys {
		threads[i] = b.weave.learnt[key]
	}
	if len(keys) == 0 {
		return
	}
	tx.Queue(`
		INSERT INTO thread_refs (workspace_id, rfc822_id, thread_id)
		SELECT $1, t.* FROM unnest($2::text[], $3::uuid[]) AS t
		ON CONFLICT DO NOTHING`, tx.Workspace(), keys, threads)
}

// messageRow is a message as the statement below takes it apart.
type messageRow struct {
	ID             string    `json:"id"`
	ThreadID       string    `json:"thread_id"`
	Direction      string    `json:"direction"`
	Category       string    `json:"category"`
	CategoryReason string    `json:"category_reason"`
	RFC822ID       string    `json:"rfc822_id"`
	InReplyTo      string    `json:"in_reply_to"`
	IdentityKey    string    `json:"identity_key"`
	Subject        string    `json:"subject"`
	SentAt         time.Time `json:"sent_at"`
	DateNote       string    `json:"date_note"`
	FromName       string    `json:"from_name"`
	FromAddress    string    `json:"from_address"`
	FromKey        string    `json:"from_key"`
	ContactID      *string   `json:"contact_id"`
	Raw            string    `json:"raw"`
	Size           int64     `json:"size"`
	Problems       []string  `json:"problems"`
}

func (d *draft) row() messageRow {
	m := d.Mail
	r := messageRow{
		ID: d.id, ThreadID: d.thread, Direction: d.direction(), Category: string(d.category), CategoryReason: d.reason,
		RFC822ID: clip(m.MessageID, 1000), IdentityKey: d.identity, Subject: m.Subject, SentAt: d.sentAt, DateNote: d.dateNote,
		FromName: m.From.Name, FromAddress: m.From.Address, FromKey: mail.AddressKey(m.From.Address),
		ContactID: optional(d.contact), Raw: d.Raw, Size: m.Size, Problems: m.Problems,
	}
	if len(m.InReplyTo) > 0 {
		r.InReplyTo = clip(m.InReplyTo[0], 1000)
	}
	if r.Problems == nil {
		r.Problems = []string{}
	}
	return r
}

// messages inserts the messages: what is short as JSON, the texts as arrays.
func (b *batch) messages(tx *pg.Tx) error {
	rows := make([]messageRow, len(b.drafts))
	texts, pages := make([]string, len(b.drafts)), make([]string, len(b.drafts))
	for i, d := range b.drafts {
		rows[i], texts[i], pages[i] = d.row(), d.Mail.Text, d.Mail.HTML
	}
	encoded, err := json.Marshal(rows)
	if err != nil {
		return fmt.Errorf("encode messages: %w", err)
	}
	tx.Queue(`
		INSERT INTO messages (workspace_id, id, thread_id, direction, category, category_reason, rfc822_id, in_reply_to, identity_key, subject,
			sent_at, date_note, from_name, from_address, from_key, contact_id, body, html, raw, size, problems, import_id)
		SELECT $1, r.id, r.thread_id, r.direction, r.category, r.category_reason, r.rfc822_id, r.in_reply_to, r.identity_key, r.subject,
			r.sent_at, r.date_note, r.from_name, r.from_address, r.from_key, r.contact_id, r.body, r.html, r.raw, r.size, r.problems, $5
		FROM ROWS FROM (json_to_recordset($2::json) AS (id uuid, thread_id uuid, direction text, category text, category_reason text,
				rfc822_id text, in_reply_to text, identity_key text, subject text, sent_at timestamptz, date_note text, from_name text,
				from_address text, from_key text, contact_id uuid, raw text, size bigint, problems text[]),
			unnest($3::text[]), unnest($4::text[]))
			AS r (id, thread_id, direction, category, category_reason, rfc822_id, in_reply_to, identity_key, subject, sent_at, date_note,
				from_name, from_address, from_key, contact_id, raw, size, problems, body, html)`,
		tx.Workspace(), string(encoded), texts, pages, optional(b.ImportID))
	return nil
}

func (b *batch) addresses(tx *pg.Tx) {
	var messages, kinds, names, addresses, keys []string
	var contacts []*string
	var positions []int32
	var at []time.Time
	for _, d := range b.drafts {
		for i, p := range d.parties {
			messages, kinds, names = append(messages, d.id), append(kinds, p.kind), append(names, p.Name)
			addresses, keys, contacts = append(addresses, p.Address.Address), append(keys, p.key), append(contacts, optional(p.contact))
			positions, at = append(positions, int32(i)), append(at, d.sentAt)
		}
	}
	if len(messages) == 0 {
		return
	}
	tx.Queue(`
		INSERT INTO message_addresses (workspace_id, message_id, position, kind, name, address, address_key, contact_id, sent_at)
		SELECT $1, t.*
		FROM unnest($2::uuid[], $3::integer[], $4::text[], $5::text[], $6::text[], $7::text[], $8::uuid[], $9::timestamptz[]) AS t`,
		tx.Workspace(), messages, positions, kinds, names, addresses, keys, contacts, at)
}

func (b *batch) attachments(tx *pg.Tx) {
	var ids, messages, names, types, cids, blobs, notes []string
	var inline []bool
	var positions []int32
	var sizes []int64
	for _, d := range b.drafts {
		for i, a := range d.Mail.Attachments {
			ids, messages, names = append(ids, id.New()), append(messages, d.id), append(names, a.Filename)
			types, cids, blobs = append(types, clip(a.ContentType, 200)), append(cids, clip(a.ContentID, 500)), append(blobs, a.Ref)
			notes, inline, positions, sizes = append(notes, a.Note), append(inline, a.Inline), append(positions, int32(i)), append(sizes, a.Size)
		}
	}
	if len(ids) == 0 {
		return
	}
	tx.Queue(`
		INSERT INTO attachments (workspace_id, id, message_id, position, filename, content_type, content_id, inline, size, blob, note)
		SELECT $1, t.*
		FROM unnest($2::uuid[], $3::uuid[], $4::integer[], $5::text[], $6::text[], $7::text[], $8::boolean[], $9::bigint[], $10::text[], $11::text[]) AS t`,
		tx.Workspace(), ids, messages, positions, names, types, cids, inline, sizes, blobs, notes)
}

// touched says when contacts were last in touch with us: lists and programs do
// not count.
func (b *batch) touched() map[string]time.Time {
	out := map[string]time.Time{}
	for _, d := range b.drafts {
		if d.category != mail.Personal && d.category != mail.Self {
			continue
		}
		for _, p := range d.parties {
			met := p.kind == "from" || d.outbound() && p.kind != "reply_to"
			if met && p.contact != "" && out[p.contact].Before(d.at) {
				out[p.contact] = d.at
			}
		}
	}
	return out
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
