package contact

import (
	"time"

	"rapport/internal/crm/company"
	"rapport/internal/crm/field"
	"rapport/internal/crm/search"
	"rapport/internal/crm/tag"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

type emailRow struct {
	ID, Address, Label, EmailKey string
}

// load reads a contact with everything, in one round trip; lock keeps others
// from changing it until the transaction ends.
func load(tx *pg.Tx, contactID string, lock bool) (Contact, error) {
	suffix := ""
	if lock {
		suffix = " FOR UPDATE OF c"
	}
	var rows []Contact
	var emails []emailRow
	var tags []tag.Mark
	pg.Later(tx, &rows, `SELECT `+columns+`, c.deleted_at`+tables+` WHERE c.workspace_id = $1 AND c.id = $2`+suffix, tx.Workspace(), contactID)
	pg.Later(tx, &emails, `SELECT id::text, address, label, email_key FROM contact_emails WHERE workspace_id = $1 AND contact_id = $2 ORDER BY position, id`, tx.Workspace(), contactID)
	tag.Later(tx, &tags, contactID)
	values := field.Later(tx, contactID)
	if err := tx.Flush(); err != nil {
		return Contact{}, err
	}
	if len(rows) == 0 {
		return Contact{}, problem.Missing("contact")
	}
	c := rows[0]
	c.Emails = []Email{}
	for i, e := range emails {
		c.Emails = append(c.Emails, Email{ID: e.ID, Address: e.Address, Label: e.Label, Primary: i == 0, key: e.EmailKey})
	}
	c.Tags, c.Fields = append([]tag.Mark{}, tags...), values.Values()
	return c, nil
}

func insert(tx *pg.Tx, c Contact) {
	tx.Queue(`
		INSERT INTO contacts (workspace_id, id, name, email, title, phone, status, owner_id, company_id, source, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)`,
		tx.Workspace(), c.ID, c.Name, c.Email, c.Title, c.Phone, c.Status, c.OwnerID, c.CompanyID, c.Source, c.CreatedAt)
}

func update(tx *pg.Tx, c Contact) {
	tx.Queue(`
		UPDATE contacts SET name = $3, email = $4, title = $5, phone = $6, status = $7, owner_id = $8, company_id = $9,
			version = $10, updated_at = $11, deleted_at = $12
		WHERE workspace_id = $1 AND id = $2`,
		tx.Workspace(), c.ID, c.Name, c.Email, c.Title, c.Phone, c.Status, c.OwnerID, c.CompanyID, c.Version, c.UpdatedAt, c.DeletedAt)
}

// putEmails replaces the addresses of a contact.
func putEmails(tx *pg.Tx, contactID string, emails []Email) {
	var ids, addresses, keys, labels []string
	for _, e := range emails {
		ids, addresses, keys, labels = append(ids, e.ID), append(addresses, e.Address), append(keys, e.key), append(labels, e.Label)
	}
	tx.Queue(`DELETE FROM contact_emails WHERE workspace_id = $1 AND contact_id = $2`, tx.Workspace(), contactID)
	tx.Queue(`
		INSERT INTO contact_emails (workspace_id, id, contact_id, address, email_key, label, position)
		SELECT $1, i, $2, a, k, l, n FROM unnest($3::uuid[], $4::text[], $5::text[], $6::text[]) WITH ORDINALITY AS t (i, a, k, l, n)`,
		tx.Workspace(), contactID, ids, addresses, keys, labels)
}

// activate makes the addresses of a contact count, or not, for uniqueness.
func activate(tx *pg.Tx, contactID string, active bool) {
	tx.Queue(`UPDATE contact_emails SET active = $3 WHERE workspace_id = $1 AND contact_id = $2`, tx.Workspace(), contactID, active)
}

// holders returns who else holds any of these address keys.
func holders(tx *pg.Tx, contactID string, emails []Email) ([]string, error) {
	keys := make([]string, len(emails))
	for i, e := range emails {
		keys[i] = e.key
	}
	return pg.Column[string](tx, `
		SELECT contact_id::text FROM contact_emails
		WHERE workspace_id = $1 AND email_key = ANY ($2) AND contact_id <> $3 AND active LIMIT 1`, tx.Workspace(), keys, contactID)
}

func document(c Contact) search.Document {
	d := search.Document{ID: c.ID, Title: c.Name}
	if c.Email != nil {
		d.Subtitle = *c.Email
	}
	for _, v := range []*string{c.Title, c.CompanyName, c.Phone} {
		if v != nil {
			d.Words += *v + " "
		}
	}
	for _, e := range c.Emails {
		d.Words += search.AddressWords(e.Address)
	}
	return d
}

func index(tx *pg.Tx, c Contact) {
	if c.DeletedAt != nil {
		search.Remove(tx, "contact", c.ID)
		return
	}
	search.Put(tx, "contact", document(c))
}

// SetScores queues the scores of contacts; nil says that nothing is known.
func SetScores(tx *pg.Tx, scores map[string]*int) {
	var ids []string
	var values []*int32
	for contactID, score := range scores {
		ids = append(ids, contactID)
		var v *int32
		if score != nil {
			v = new(int32(*score))
		}
		values = append(values, v)
	}
	tx.Queue(`
		UPDATE contacts c SET score = t.score FROM unnest($2::uuid[], $3::integer[]) AS t (id, score)
		WHERE c.workspace_id = $1 AND c.id = t.id AND c.score IS DISTINCT FROM t.score`, tx.Workspace(), ids, values)
}

// Touch queues the raising of the last interaction of contacts and of their
// companies. It never lowers one.
func Touch(tx *pg.Tx, touched map[string]time.Time) {
	if len(touched) == 0 {
		return
	}
	var ids []string
	var at []time.Time
	for contactID, t := range touched {
		ids, at = append(ids, contactID), append(at, t)
	}
	tx.Queue(`
		UPDATE contacts c SET last_interaction_at = t.at FROM unnest($2::uuid[], $3::timestamptz[]) AS t (id, at)
		WHERE c.workspace_id = $1 AND c.id = t.id AND (c.last_interaction_at IS NULL OR c.last_interaction_at < t.at)`, tx.Workspace(), ids, at)
	company.Touch(tx, ids, at)
}
