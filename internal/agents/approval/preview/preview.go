// Package preview shows what operations would do before they are called, and
// knows the versions of the records that they are about.
package preview

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"rapport/internal/agents/approval"
	"rapport/internal/crm/content"
	"rapport/internal/crm/draft"
	"rapport/internal/crm/outbox"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Current reads a record's fields as its operations name them; change.Target
// does.
type Current interface {
	Current(tx *pg.Tx, id string) (fields map[string]any, deleted bool, err error)
}

// All are the previews of the operations that there is more to show of than
// their arguments: mail, and changes of records.
func All(records map[string]Current, now func() time.Time) map[string]approval.Previewer {
	out := map[string]approval.Previewer{
		"message.send": func(tx *pg.Tx, args json.RawMessage) (approval.Preview, error) { return letter(tx, args, now()) },
		"content.send": func(tx *pg.Tx, args json.RawMessage) (approval.Preview, error) { return written(tx, args, now()) },
		"draft.create": begun, "draft.update": begun,
	}
	for entity, record := range records {
		show := func(tx *pg.Tx, args json.RawMessage) (approval.Preview, error) {
			return difference(tx, entity, record, args)
		}
		for _, verb := range []string{"update", "tag", "delete"} {
			out[entity+"."+verb] = show
		}
	}
	return out
}

// letter is a mail as its recipients would see it. It relies on the account
// that it leaves by, and on nothing having come since.
func letter(tx *pg.Tx, args json.RawMessage, now time.Time) (approval.Preview, error) {
	m, err := outbox.Show(tx, args, now)
	if err != nil {
		return approval.Preview{}, err
	}
	p := approval.Preview{Kind: "mail", Mail: &approval.Mail{
		From: approval.Party{Name: m.Sender.Name, Address: m.Sender.Address}, To: parties(m.To), Cc: parties(m.Cc), Bcc: parties(m.Bcc),
		Subject: m.Subject, Text: m.Text, HTML: m.HTML, Attachments: []string{}, ThreadID: m.ThreadID,
	}}
	for _, f := range m.Files {
		p.Mail.Attachments = append(p.Mail.Attachments, f.Filename)
	}
	p.Needs, err = needs(tx, approval.Record{Entity: "sender", ID: m.Sender.ID})
	if err == nil && m.ThreadID != "" {
		var more []approval.Record
		more, err = needs(tx, approval.Record{Entity: "thread", ID: m.ThreadID})
		p.Needs = append(p.Needs, more...)
	}
	if err != nil {
		return p, err
	}
	return p, own(tx, p.Mail, m)
}

// written is a letter of content as the mail that it would become. It relies on
// its text and on its reader, besides.
func written(tx *pg.Tx, args json.RawMessage, now time.Time) (approval.Preview, error) {
	shown, err := content.Show(tx, args)
	if err != nil {
		return approval.Preview{}, err
	}
	p, err := letter(tx, shown.Args, now)
	if err != nil {
		return p, err
	}
	p.Mail.ContactID = shown.ContactID
	var named struct{ ID string }
	if err := json.Unmarshal(args, &named); err != nil {
		return p, err
	}
	for _, r := range []approval.Record{{Entity: "content", ID: named.ID}, {Entity: "contact", ID: shown.ContactID}} {
		more, err := needs(tx, r)
		if err != nil {
			return p, err
		}
		p.Needs = append(p.Needs, more...)
	}
	return p, nil
}

// own takes out what a mail repeats, word for word, of the message that it
// answers or forwards: those words are none of ours.
func own(tx *pg.Tx, shown *approval.Mail, m outbox.Shown) error {
	shown.Own, shown.OwnHTML = m.Text, m.HTML
	if m.MessageID == nil || m.Given {
		return nil
	}
	found, err := pg.All[answered](tx, `SELECT body, thread_id::text, '' AS mode, contact_id::text FROM messages WHERE workspace_id = $1 AND id = $2::uuid`, tx.Workspace(), *m.MessageID)
	if err != nil || len(found) == 0 {
		return err
	}
	shown.Correspondent = deref(found[0].ContactID)
	shown.Own, shown.OwnHTML = draft.Render(unsaid(m.Text, found[0].Body, m.Mode == "forward"), "", m.Format)
	return nil
}

// unsaid is a text without what it repeats of a message.
func unsaid(text, message string, forward bool) string {
	said := map[string]bool{}
	for line := range strings.SplitSeq(message, "\n") {
		said[bare(line)] = true
	}
	var kept []string
	for line := range strings.SplitSeq(text, "\n") {
		if quoted := strings.HasPrefix(line, ">") || forward; !quoted || !said[bare(line)] {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n")
}

// bare is a line without the marks of quoting.
func bare(line string) string {
	return strings.TrimSpace(strings.TrimLeft(line, "> "))
}

func parties(list []draft.Recipient) []approval.Party {
	out := []approval.Party{}
	for _, r := range list {
		out = append(out, approval.Party{Name: r.Name, Address: r.Address})
	}
	return out
}

// difference is what a change would make of a record.
func difference(tx *pg.Tx, entity string, record Current, args json.RawMessage) (approval.Preview, error) {
	p := approval.Preview{Kind: "diff", Fields: []approval.Field{}}
	all := map[string]any{}
	if err := json.Unmarshal(args, &all); err != nil {
		return p, problem.New(problem.Invalid, "bad_arguments", "The arguments of an operation are a JSON object.").Because(err)
	}
	recordID, _ := all["id"].(string)
	if !id.Valid(recordID) {
		return p, problem.Missing(entity)
	}
	now, deleted, err := record.Current(tx, recordID)
	if err == nil && deleted {
		err = problem.Missing(entity)
	}
	if err != nil {
		return p, err
	}
	if custom, ok := all["fields"].(map[string]any); ok {
		delete(all, "fields")
		for key, v := range custom {
			all["fields."+key] = v
		}
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if name != "id" && name != "If-Match" {
			p.Fields = append(p.Fields, approval.Field{Name: name, Before: now[name], After: all[name]})
		}
	}
	p.Needs, err = needs(tx, approval.Record{Entity: entity, ID: recordID})
	return p, err
}

// needs is a record at the version that it has now.
func needs(tx *pg.Tx, r approval.Record) ([]approval.Record, error) {
	version, err := Versions()[r.Entity](tx, r.ID, false)
	r.Version = version
	return []approval.Record{r}, err
}

// Versions are of all records that have one. That of a conversation is its
// latest message.
func Versions() map[string]approval.Version {
	out := map[string]approval.Version{}
	for entity, sql := range map[string]string{
		"contact":  `SELECT version::text FROM contacts WHERE workspace_id = $1 AND id = $2::uuid AND deleted_at IS NULL`,
		"company":  `SELECT version::text FROM companies WHERE workspace_id = $1 AND id = $2::uuid AND deleted_at IS NULL`,
		"task":     `SELECT version::text FROM tasks WHERE workspace_id = $1 AND id = $2::uuid AND deleted_at IS NULL`,
		"note":     `SELECT version::text FROM notes WHERE workspace_id = $1 AND id = $2::uuid AND deleted_at IS NULL`,
		"activity": `SELECT version::text FROM activities WHERE workspace_id = $1 AND id = $2::uuid AND deleted_at IS NULL`,
		"view":     `SELECT version::text FROM views WHERE workspace_id = $1 AND id = $2::uuid AND deleted_at IS NULL`,
		"content":  `SELECT version::text FROM content_drafts WHERE workspace_id = $1 AND id = $2::uuid AND deleted_at IS NULL`,
		"draft":    `SELECT version::text FROM drafts WHERE workspace_id = $1 AND id = $2::uuid`,
		"thread":   `SELECT coalesce(last_message_id::text, '') FROM threads WHERE workspace_id = $1 AND id = $2::uuid`,
		"sender":   `SELECT address || CASE WHEN is_default THEN ' (default)' ELSE '' END FROM senders WHERE workspace_id = $1 AND id = $2::uuid AND deleted_at IS NULL`,
	} {
		out[entity] = func(tx *pg.Tx, recordID string, lock bool) (string, error) {
			query := sql
			if lock {
				query += " FOR NO KEY UPDATE"
			}
			version, err := pg.Value[string](tx, query, tx.Workspace(), recordID)
			if err == pg.ErrNone {
				err = problem.Missing(entity)
			}
			return version, err
		}
	}
	return out
}
