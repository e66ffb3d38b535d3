package contact

import (
	"maps"
	"slices"
	"strings"
	"time"

	"rapport/internal/crm/company"
	"rapport/internal/crm/event"
	"rapport/internal/crm/field"
	"rapport/internal/crm/search"
	"rapport/internal/crm/tag"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

type emailRow struct {
	ID, Address, Label, EmailKey string
}

// loading is a queued read of a contact with everything.
type loading struct {
	rows   []Contact
	emails []emailRow
	tags   []tag.Mark
	values *field.Stored
}

// later queues the read for the next flush; lock keeps others from changing
// the contact until the transaction ends.
func later(tx *pg.Tx, contactID string, lock bool) *loading {
	suffix := ""
	if lock {
		suffix = " FOR UPDATE OF c"
	}
	l := &loading{}
	pg.Later(tx, &l.rows, `SELECT `+columns+`, c.deleted_at`+tables+` WHERE c.workspace_id = $1 AND c.id = $2`+suffix, tx.Workspace(), contactID)
	pg.Later(tx, &l.emails, `SELECT id::text, address, label, email_key FROM contact_emails WHERE workspace_id = $1 AND contact_id = $2 ORDER BY position, id`, tx.Workspace(), contactID)
	tag.Later(tx, &l.tags, contactID)
	l.values = field.Later(tx, contactID)
	return l
}

func (l *loading) contact() (Contact, error) {
	if len(l.rows) == 0 {
		return Contact{}, problem.Missing("contact")
	}
	c := l.rows[0]
	c.Emails = []Email{}
	for i, e := range l.emails {
		c.Emails = append(c.Emails, Email{ID: e.ID, Address: e.Address, Label: e.Label, Primary: i == 0, key: e.EmailKey})
	}
	c.Tags, c.Fields = l.tags, l.values.Values()
	return c, nil
}

// load reads a contact in one round trip.
func load(tx *pg.Tx, contactID string, lock bool) (Contact, error) {
	l := later(tx, contactID, lock)
	if err := tx.Flush(); err != nil {
		return Contact{}, err
	}
	return l.contact()
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

// references is a queued question for what a contact points to.
type references struct {
	owner   *event.Member
	company []string // its name
	asked   bool
	holders []string // other contacts that hold one of the addresses
}

// referencesLater queues the question for the next flush.
func referencesLater(tx *pg.Tx, c Contact) *references {
	r := &references{owner: event.MemberLater(tx, "/owner_id", c.OwnerID)}
	if c.CompanyID != nil {
		r.asked = true
		if id.Valid(*c.CompanyID) {
			pg.LaterColumn(tx, &r.company, `SELECT name FROM companies WHERE workspace_id = $1 AND id = $2 AND deleted_at IS NULL`, tx.Workspace(), *c.CompanyID)
		}
	}
	if len(c.Emails) > 0 {
		keys := make([]string, len(c.Emails))
		for i, e := range c.Emails {
			keys[i] = e.key
		}
		pg.LaterColumn(tx, &r.holders, `
			SELECT contact_id::text FROM contact_emails
			WHERE workspace_id = $1 AND email_key = ANY ($2) AND contact_id <> $3 AND active LIMIT 1`, tx.Workspace(), keys, c.ID)
	}
	return r
}

// check reports an owner or company that is not there, and an address that
// somebody else has; else it names the company.
func (r *references) check(c *Contact) error {
	var f problem.Fields
	r.owner.Check(&f)
	f.Check(!r.asked || len(r.company) == 1, "/company_id", "not_allowed", "There is no such company in this workspace.")
	if err := f.Err(); err != nil {
		return err
	}
	if len(r.holders) > 0 {
		return duplicate(r.holders[0])
	}
	c.CompanyName = nil
	if r.asked {
		c.CompanyName = &r.company[0]
	}
	return nil
}

func document(c Contact) search.Document {
	d := search.Document{ID: c.ID, Title: c.Name}
	if c.Email != nil {
		d.Subtitle = *c.Email
	}
	var words []string
	for _, v := range []*string{c.Title, c.CompanyName, c.Phone} {
		if v != nil {
			words = append(words, *v)
		}
	}
	for _, e := range c.Emails[min(1, len(c.Emails)):] {
		words = append(words, e.Address)
	}
	d.Words = strings.Join(words, " · ")
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
	for _, contactID := range slices.Sorted(maps.Keys(touched)) {
		ids, at = append(ids, contactID), append(at, touched[contactID])
	}
	// In the order in which scoring locks them, so that neither waits for the other in a ring.
	tx.Queue(`SELECT 1 FROM contacts WHERE workspace_id = $1 AND id = ANY ($2::uuid[]) ORDER BY id FOR NO KEY UPDATE`, tx.Workspace(), ids)
	tx.Queue(`
		UPDATE contacts c SET last_interaction_at = t.at FROM unnest($2::uuid[], $3::timestamptz[]) AS t (id, at)
		WHERE c.workspace_id = $1 AND c.id = t.id AND (c.last_interaction_at IS NULL OR c.last_interaction_at < t.at)`, tx.Workspace(), ids, at)
	event.HintFields(tx, "contact", []string{"last_interaction_at"}, ids...)
	company.Touch(tx, ids, at)
}
