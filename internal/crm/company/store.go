package company

import (
	"context"
	"slices"
	"time"

	"rapport/internal/crm/event"
	"rapport/internal/crm/field"
	"rapport/internal/crm/search"
	"rapport/internal/crm/tag"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// loading is a queued read of a company with everything.
type loading struct {
	rows   []Company
	tags   []tag.Mark
	values *field.Stored
}

// later queues the read for the next flush; lock keeps others from changing
// the company until the transaction ends.
func later(tx *pg.Tx, companyID string, lock bool) *loading {
	suffix := ""
	if lock {
		suffix = " FOR UPDATE OF c"
	}
	l := &loading{}
	pg.Later(tx, &l.rows, `SELECT `+columns+`, c.deleted_at FROM companies c WHERE c.workspace_id = $1 AND c.id = $2`+suffix, tx.Workspace(), companyID)
	tag.Later(tx, &l.tags, companyID)
	l.values = field.Later(tx, companyID)
	return l
}

func (l *loading) company() (Company, error) {
	if len(l.rows) == 0 {
		return Company{}, problem.Missing("company")
	}
	c := l.rows[0]
	c.Tags, c.Fields = l.tags, l.values.Values()
	return c, nil
}

// load reads a company in one round trip.
func load(tx *pg.Tx, companyID string, lock bool) (Company, error) {
	l := later(tx, companyID, lock)
	if err := tx.Flush(); err != nil {
		return Company{}, err
	}
	return l.company()
}

func insert(tx *pg.Tx, c Company) {
	tx.Queue(`
		INSERT INTO companies (workspace_id, id, name, domain, industry, size, owner_id, source, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)`,
		tx.Workspace(), c.ID, c.Name, c.Domain, c.Industry, c.Size, c.OwnerID, c.Source, c.CreatedAt)
}

func update(tx *pg.Tx, c Company) {
	tx.Queue(`
		UPDATE companies SET name = $3, domain = $4, industry = $5, size = $6, owner_id = $7, version = $8, updated_at = $9, deleted_at = $10
		WHERE workspace_id = $1 AND id = $2`,
		tx.Workspace(), c.ID, c.Name, c.Domain, c.Industry, c.Size, c.OwnerID, c.Version, c.UpdatedAt, c.DeletedAt)
}

type known struct {
	ID, Domain string
}

// Ensure returns the company of each domain, making those that are not there.
func Ensure(ctx context.Context, tx *pg.Tx, domains []string, source string, now time.Time) (map[string]string, error) {
	out := map[string]string{}
	if len(domains) == 0 {
		return out, nil
	}
	if err := read(tx, domains, out); err != nil {
		return nil, err
	}
	var ids, names, missing []string
	for _, d := range domains {
		if out[d] == "" && !slices.Contains(missing, d) {
			ids, names, missing = append(ids, id.New()), append(names, nameOf(d)), append(missing, d)
		}
	}
	if len(missing) == 0 {
		return out, nil
	}
	made, err := pg.All[known](tx, `
		INSERT INTO companies (workspace_id, id, name, domain, source, created_at, updated_at)
		SELECT $1, i, n, d, $5, $6, $6 FROM unnest($2::uuid[], $3::text[], $4::text[]) AS t (i, n, d)
		ON CONFLICT (workspace_id, domain) WHERE deleted_at IS NULL AND domain IS NOT NULL DO NOTHING
		RETURNING id::text, domain`, tx.Workspace(), ids, names, missing, source, now)
	if err != nil {
		return nil, err
	}
	var events []event.Happened
	var docs []search.Document
	for _, k := range made {
		out[k.Domain] = k.ID
		events = append(events, event.Happened{Entity: "company", EntityID: k.ID, Kind: event.Created})
		docs = append(docs, search.Document{ID: k.ID, Title: nameOf(k.Domain), Subtitle: k.Domain})
	}
	search.Put(tx, "company", docs...)
	if err := event.Record(ctx, tx, events...); err != nil {
		return nil, err
	}
	if len(made) < len(missing) { // made by another transaction meanwhile
		return out, read(tx, missing, out)
	}
	return out, nil
}

func read(tx *pg.Tx, domains []string, into map[string]string) error {
	rows, err := pg.All[known](tx, `SELECT id::text, domain FROM companies WHERE workspace_id = $1 AND domain = ANY ($2) AND deleted_at IS NULL`, tx.Workspace(), domains)
	for _, k := range rows {
		into[k.Domain] = k.ID
	}
	return err
}

// Touch queues the raising of the last interaction of the companies of some
// contacts.
func Touch(tx *pg.Tx, contactIDs []string, at []time.Time) {
	tx.Queue(`
		UPDATE companies co SET last_interaction_at = t.at
		FROM (SELECT c.company_id, max(u.at) AS at FROM unnest($2::uuid[], $3::timestamptz[]) AS u (id, at)
			JOIN contacts c ON c.workspace_id = $1 AND c.id = u.id WHERE c.company_id IS NOT NULL GROUP BY c.company_id) t
		WHERE co.workspace_id = $1 AND co.id = t.company_id AND (co.last_interaction_at IS NULL OR co.last_interaction_at < t.at)`,
		tx.Workspace(), contactIDs, at)
	event.HintFields(tx, "company", []string{"last_interaction_at"})
}
