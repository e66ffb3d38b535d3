package contact

import (
	"context"
	"slices"
	"strings"
	"time"

	"rapport/internal/crm/company"
	"rapport/internal/crm/event"
	"rapport/internal/crm/search"
	"rapport/internal/platform/id"
	"rapport/internal/platform/mail"
	"rapport/internal/platform/pg"
)

// Person is somebody who wrote or was written to.
type Person struct {
	Address string
	Key     string // mail.AddressKey(Address)
	Name    string
	SeenAt  time.Time
	Source  string
}

type match struct{ EmailKey, ContactID string }

// Match returns the living contacts that hold these address keys.
func Match(tx *pg.Tx, keys []string) (map[string]string, error) {
	rows, err := pg.All[match](tx, `SELECT email_key, contact_id::text FROM contact_emails WHERE workspace_id = $1 AND email_key = ANY ($2) AND active`, tx.Workspace(), keys)
	out := make(map[string]string, len(rows))
	for _, r := range rows {
		out[r.EmailKey] = r.ContactID
	}
	return out, err
}

// Ensure returns the contact of each person by address key. Those that are not
// there are made, with the company of their domain unless it is a free-mail
// one. Two transactions that meet the same person wait for each other.
func Ensure(ctx context.Context, tx *pg.Tx, people []Person) (map[string]string, error) {
	people = unique(people)
	keys := make([]string, len(people))
	for i, p := range people {
		keys[i] = p.Key
	}
	found, err := Match(tx, keys)
	if err != nil {
		return nil, err
	}
	missing := slices.DeleteFunc(people, func(p Person) bool { return found[p.Key] != "" })
	if len(missing) == 0 {
		return found, nil
	}
	// One at a time makes people in a workspace, so that nobody is made twice.
	tx.Queue(`SELECT pg_advisory_xact_lock(7203002, hashtext($1::text))`, tx.Workspace())
	again, err := Match(tx, keys)
	if err != nil {
		return nil, err
	}
	missing = slices.DeleteFunc(missing, func(p Person) bool { return again[p.Key] != "" })
	return again, create(ctx, tx, missing, again)
}

// unique keeps one person a key: the one with the best name.
func unique(people []Person) []Person {
	at := map[string]int{}
	var out []Person
	for _, p := range people {
		if p.Key == "" {
			continue
		}
		i, seen := at[p.Key]
		if !seen {
			at[p.Key] = len(out)
			out = append(out, p)
			continue
		}
		if len(p.Name) > len(out[i].Name) {
			out[i].Name = p.Name
		}
	}
	return out
}

func create(ctx context.Context, tx *pg.Tx, people []Person, into map[string]string) error {
	if len(people) == 0 {
		return nil
	}
	var domains []string
	for _, p := range people {
		if d := companyDomain(p); d != "" && !slices.Contains(domains, d) {
			domains = append(domains, d)
		}
	}
	companies, err := company.Ensure(ctx, tx, domains, people[0].Source, people[0].SeenAt)
	if err != nil {
		return err
	}
	var b batch
	for _, p := range people {
		b.add(p, companies[companyDomain(p)])
		into[p.Key] = b.ids[len(b.ids)-1]
	}
	b.queue(tx)
	search.Put(tx, "contact", b.docs...)
	return event.Record(ctx, tx, b.events...)
}

func companyDomain(p Person) string {
	d := mail.Domain(p.Address)
	if mail.FreeMail(d) {
		return ""
	}
	return company.NormalDomain(d)
}

// batch holds the columns of the contacts to make.
type batch struct {
	ids, names, emails, sources, emailIDs, keys []string
	companies                                   []*string
	docs                                        []search.Document
	events                                      []event.Happened
}

func (b *batch) add(p Person, companyID string) {
	name := displayName(p)
	b.ids = append(b.ids, id.New())
	b.names = append(b.names, name)
	b.emails = append(b.emails, p.Address)
	b.sources = append(b.sources, p.Source)
	b.emailIDs = append(b.emailIDs, id.New())
	b.keys = append(b.keys, p.Key)
	var co *string
	if companyID != "" {
		co = &companyID
	}
	b.companies = append(b.companies, co)
	last := b.ids[len(b.ids)-1]
	b.docs = append(b.docs, search.Document{ID: last, Title: name, Subtitle: p.Address})
	b.events = append(b.events, event.Happened{Entity: "contact", EntityID: last, Kind: event.Created})
}

func (b *batch) queue(tx *pg.Tx) {
	tx.Queue(`
		INSERT INTO contacts (workspace_id, id, name, email, company_id, source)
		SELECT $1, i, n, e, c, s FROM unnest($2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::text[]) AS t (i, n, e, c, s)`,
		tx.Workspace(), b.ids, b.names, b.emails, b.companies, b.sources)
	tx.Queue(`
		INSERT INTO contact_emails (workspace_id, id, contact_id, address, email_key)
		SELECT $1, i, c, a, k FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[]) AS t (i, c, a, k)`,
		tx.Workspace(), b.emailIDs, b.ids, b.emails, b.keys)
}

// displayName is the name that they write under, else the local part of the
// address.
func displayName(p Person) string {
	name := strings.TrimSpace(p.Name)
	if name == "" || strings.Contains(name, "@") {
		name, _, _ = strings.Cut(p.Address, "@")
	}
	if r := []rune(name); len(r) > 200 {
		name = string(r[:200])
	}
	if name == "" {
		return p.Address
	}
	return name
}
